"""The picture comes back by itself: after a cut line, after a reload, and without hammering anybody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Request, expect

from tests.fakes.cuttable_line import CuttableLine, cuttable_line
from tests.journey.computers import ON_GROUND, Redialling
from tests.journey.house import House, house_in
from tests.journey.people import Technician, Viewer
from tests.processes import free_ports

COLOUR = "#3b6e8f"
CUT = 20.0
PER_MINUTE = 10
# What a browser says of a network that is cut, and of a ticket asked for while no call is held.
LOUD = (
    r"ERR_(CONNECTION|EMPTY|SOCKET|NETWORK)",
    r"WebSocket connection to .* failed",
    r"status of 409",
    r"/novnc/core/rfb",
)


class Lines:
    """Both ways from the browser to the installation."""

    def __init__(self, lines: list[CuttableLine]) -> None:
        self.lines = lines

    def cut(self) -> None:
        for line in self.lines:
            line.cut()

    def mend(self) -> None:
        for line in self.lines:
            line.mend()


@pytest.fixture(scope="module")
def ports() -> list[int]:
    return free_ports(2)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, ports: list[int]) -> Iterator[House]:
    settings = {
        "REACHBACK_PUBLIC_URL": f"http://127.0.0.1:{ports[0]}",
        "REACHBACK_PUBLIC_WEBSOCKET": f"ws://127.0.0.1:{ports[1]}",
    }
    with house_in(tmp_path_factory.mktemp("cut"), **settings) as house:
        yield house


@pytest.fixture(scope="module")
def lines(house: House, ports: list[int]) -> Iterator[Lines]:
    with ExitStack() as stack:
        ends = zip(ports, (house.settings.http, house.settings.websocket), strict=True)
        yield Lines([stack.enter_context(cuttable_line(here, there.port)) for here, there in ends])


@pytest.fixture
def viewer(lines: Lines, house: House, technician: Technician, programs) -> Viewer:
    technician.tolerate(*LOUD)
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    computer = Redialling(programs, code=created.code)
    computer.furnish(COLOUR)
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    viewer.wait_for_colour(ON_GROUND, COLOUR)
    return viewer


def issued(house: House) -> list[datetime]:
    """When tickets were given, as the portal wrote it down."""
    session = house.session("Mrs Gray")["id"]
    events = house.api("GET", f"/api/sessions/{session}/events").body
    return [datetime.fromisoformat(one["at"]) for one in events if one["kind"] == "ticket_issued"]


def busiest_minute(moments: list[float]) -> int:
    return max(sum(start <= one < start + 60 for one in moments) for start in moments)


def test_a_cut_line_and_a_reload_bring_the_picture_back_without_a_click(house, viewer, lines):
    asked: list[float] = []

    def note(request: Request) -> None:
        if request.url.endswith("/tickets"):
            asked.append(time.monotonic())

    viewer.page.on("request", note)
    viewer.keep_journal()
    cut_at = time.monotonic()
    lines.cut()
    viewer.wait_for("lost", "waiting")
    expect(viewer.page.frame_locator("#screen").locator(".still")).to_be_visible()
    expect(viewer.page.locator("#placard-hint")).to_have_text("The portal cannot be reached.")
    viewer.page.wait_for_timeout(max(0, CUT - (time.monotonic() - cut_at)) * 1000)
    lines.mend()
    viewer.wait_for("connected", seconds=40)
    viewer.wait_for_colour(ON_GROUND, COLOUR)
    assert "refused" not in [state for state, _ in viewer.journal()]

    viewer.page.reload()
    viewer.wait_for("connected", seconds=40)
    viewer.wait_for_colour(ON_GROUND, COLOUR)
    assert len(asked) >= 2
    assert busiest_minute(asked) <= PER_MINUTE
    given = issued(house)
    assert busiest_minute([(one - given[0]) / timedelta(seconds=1) for one in given]) <= PER_MINUTE


def test_a_line_that_is_cut_again_and_again_is_not_hammered(house, viewer, lines):
    """The WebSocket's way stays cut, so that every ticket is asked for in vain."""
    asked: list[float] = []
    viewer.page.on("request", lambda one: one.url.endswith("/tickets") and asked.append(time.monotonic()))
    lines.lines[1].cut()
    viewer.wait_for("refused", seconds=40)
    expect(viewer.page.locator("#placard-hint")).to_contain_text("Try ")
    for _ in range(14):
        viewer.page.get_by_role("button", name="Connect now").click(force=True)
        viewer.page.wait_for_timeout(300)
        viewer.wait_for("refused", "lost", "waiting")
    assert len(asked) <= PER_MINUTE
    lines.lines[1].mend()
