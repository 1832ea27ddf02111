"""Fixtures: `house` (an installation, up), `technician` (signed in), `customer` (a browser without scripts) and
`programs` (what runs on customers' computers). Every test here is marked `journey`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journey.browsers import WINDOW, launched
from tests.journey.house import House, house_in
from tests.journey.people import Customer, Technician
from tests.journey.programs import Programs, programs_in


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_in(tmp_path_factory.mktemp("house")) as house:
        yield house


# Not for the whole run: while it is open, this thread has an event loop, and no other test could start one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as browser:
        yield browser


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with programs_in(tmp_path) as programs:
        yield programs


@pytest.fixture
def technician(house: House, browser: Browser) -> Iterator[Technician]:
    context = browser.new_context(viewport=WINDOW)
    technician = Technician(context, house)
    yield technician
    context.close()
    house.end_all()
    assert technician.complaints() == []


@pytest.fixture
def customer(browser: Browser) -> Iterator[Customer]:
    context = browser.new_context(java_script_enabled=False)
    yield Customer(context)
    context.close()
