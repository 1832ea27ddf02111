"""Fixtures and helpers of the tests with real processes. Every test here is marked `integration`.

`running`   listener and websockify of one installation, shared; each test finds it without sessions and calls
`install`   makes an installation of a test's own, with settings of its choice; nothing runs yet
`measured`  notes a figure, in seconds unless it says otherwise; all are listed at the end of the run
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sessions.views import NewSession
from tests.fakes.fake_viewer import ASK, FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.processes import Installation, installed, wait_until

Measured = Callable[..., None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.integration)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    figures = [
        (name, value)
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if report.when == "call"
    ]
    if figures:
        terminalreporter.section("measured")
    for name, value in figures:
        terminalreporter.write_line(f"{value:>12}  {name}")


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    def note(name: str, value: float, unit: str = "s") -> None:
        record_property(name, f"{value:.3f} {unit}" if unit == "s" else f"{value:.1f} {unit}")

    return note


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


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("shared"), REACHBACK_MAX_CALLS_PER_ADDRESS="100") as installation:
        installation.start_all("listener", "websockify")
        yield installation


@pytest.fixture
def running(shared: Installation) -> Iterator[Installation]:
    yield shared
    for view in shared.sessions.list():
        shared.sessions.end(view.id, shared.admin)
    wait_until(lambda: not shared.open_calls(), what="the test's calls are over")


@contextmanager
def joined(installation: Installation, **given: Any) -> Iterator[tuple[NewSession, FakeVncServer, FakeViewer]]:
    """A session, a customer's server of the given kind and a technician's viewer, both greeted."""
    with held(installation, **given) as (new, server), FakeViewer(installation.websocket_url(new)) as viewer:
        yield new, server, viewer.greet()


@contextmanager
def held(installation: Installation, **given: Any) -> Iterator[tuple[NewSession, FakeVncServer]]:
    """A session and a customer's server that is held for it."""
    new = installation.waiting()
    with FakeVncServer(installation.call_address, code=new.code, **given) as server:
        server.greet()
        wait_until(lambda: installation.is_held(new))
        yield new, server


KEY = b"\x04\x01\x00\x00\x00\x00\x00\x61"
PICTURE = struct.pack(">BxHHHHHi", 0, 1, 1, 2, 1, 1, 0) + b"pict"


def exchange(server: FakeVncServer, viewer: FakeViewer) -> None:
    """A key one way, a picture the other."""
    viewer.send(KEY)
    server.hear(KEY)
    server.send(PICTURE)
    viewer.seek(PICTURE)
    viewer.send(ASK)


def raw_picture(pixels: bytes, width: int) -> bytes:
    """An update of one rectangle that is not compressed, as wide as told."""
    assert len(pixels) % (4 * width) == 0
    return struct.pack(">BxHHHHHi", 0, 1, 0, 0, width, len(pixels) // 4 // width, 0) + pixels
