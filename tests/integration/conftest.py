"""Fixtures: `install` (makes an installation with settings of a test's choice), `running` (one with listener and
websockify), `listening` (one with the listener alone). Every test here is marked `integration`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes import Installation


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Callable[..., Installation]]:
    made: list[Installation] = []

    def make(**environ: str) -> Installation:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Installation.make(folder, **environ))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def listening(install: Callable[..., Installation]) -> Installation:
    installation = install()
    installation.start_listener()
    return installation


@pytest.fixture
def running(listening: Installation) -> Installation:
    listening.start_websockify()
    return listening
