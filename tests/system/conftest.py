"""A fresh Debian with systemd, and the package. Every test here is marked `integration`.

`machine`    booted, in a network of its own in which the tests live too; nothing is installed yet
`office`     the same with the package installed, and one admin
`programs`   what runs on customers' computers
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journey.programs import Programs, programs_in
from tests.system import debian, package
from tests.system.machine import DoesNotBoot, Machine, booted
from tests.system.network import NoNetwork, network_of_its_own
from tests.system.office import Office


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.integration)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="module")
def root() -> Path:
    """The file system of a fresh Debian."""
    if os.geteuid() != 0:
        pytest.skip("only root can boot a machine with systemd-nspawn: run these tests as root")
    try:
        return debian.root()
    except debian.NoDebian as why:
        pytest.skip(str(why))


@pytest.fixture(scope="module")
def deb(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of this checkout, in a folder that the machine can read. Building it needs the world's network."""
    return Path(shutil.copy(package.built(), tmp_path_factory.mktemp("packages") / "reachback.deb"))


@pytest.fixture(scope="module")
def machine(root: Path, deb: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    try:
        with network_of_its_own(), booted(root, deb.parent, tmp_path_factory.mktemp("machine")) as machine:
            yield machine
    except (NoNetwork, DoesNotBoot) as why:
        pytest.skip(str(why))


@pytest.fixture(scope="module")
def office(machine: Machine, deb: Path) -> Office:
    return Office.on(machine, deb)


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with programs_in(tmp_path) as programs:
        yield programs
