"""A technician's page is reloaded at any moment, and the customer's computer never notices.

Each way of sending pictures, with each of the three servers: while the desktop changes all the time, the page goes and
comes back, the desktop holds still, and the canvas has to be the screen, pixel for pixel. A server that does not know
the preferred encoding takes another, so that not all of these are different; the names say what was asked for.

REACHBACK_TEST_RELOADS sets how often; a release is proven with 50.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator

import pytest

from tests.journey.busy import BusyDesktop, wait_until_equal
from tests.journey.computers import Computer, TigerVnc, TightVnc, X11vnc
from tests.journey.house import House, house_in
from tests.journey.people import Customer, Technician, Viewer
from tests.journey.programs import Programs

RELOADS = int(os.environ.get("REACHBACK_TEST_RELOADS", "3"))
ENCODINGS = ("tight", "zrle", "hextile", "zlib")
EQUAL_SECONDS = 3.0
EXACT = """() => localStorage.setItem("reachback.quality", JSON.stringify({ quality: 9, compression: 2 }))"""
# Each comes back within seconds; programs and servers need their time before.
LIMIT = 60 + 6 * RELOADS
LOUD = (r"WebSocket connection to .* failed", r"status of 409", r"/novnc/core/rfb")


@pytest.fixture(scope="module", params=ENCODINGS)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp(request.param)
    with house_in(folder, REACHBACK_ENCODING=request.param) as house:
        yield house


@pytest.fixture(params=(X11vnc, TigerVnc, TightVnc))
def computer(request: pytest.FixtureRequest, programs: Programs) -> Computer:
    return request.param(programs)


@pytest.fixture
def viewer(technician: Technician, customer: Customer, house: House, computer: Computer) -> Viewer:
    technician.tolerate(*LOUD)
    board = technician.sign_in()
    board.page.evaluate(EXACT)
    customer.open(board.create("Mrs Gray").link)
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    # TigerVNC paints the pointer into its picture until the first time that it is moved.
    viewer.page.mouse.move(*viewer.point(400, 590))
    return viewer


@pytest.mark.timeout(LIMIT)
def test_a_reloaded_page_shows_the_screen(
    viewer: Viewer, computer: Computer, house: House, record_property: Callable[[str, object], None]
) -> None:
    desktop = BusyDesktop(computer)
    before = computer.connection(house.port)
    slowest = 0.0
    for _ in range(RELOADS):
        time.sleep(random.uniform(0.05, 0.8))  # the moment is what is random here: nothing is waited for
        viewer.page.reload(wait_until="commit")
        viewer.wait_for("connected")
        desktop.freeze()
        began = time.monotonic()
        wait_until_equal(viewer, computer, EQUAL_SECONDS)
        slowest = max(slowest, time.monotonic() - began)
        desktop.thaw()
    assert computer.connection(house.port) == before
    [call] = [one["call"] for one in house.api("GET", "/api/sessions").body]
    assert call["resumable"]
    record_property("slowest", f"{RELOADS} reloads, equal at the latest after {slowest:.2f} s")
