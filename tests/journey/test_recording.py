"""What is recorded of a real desktop is what was on it: at any moment the player shows what the X server showed then.

REACHBACK_TEST_RECORDING_SECONDS sets how long is recorded; a release is proven with 600.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.journey.busy import BusyDesktop, wait_until_equal
from tests.journey.computers import Computer, X11vnc
from tests.journey.displays import seen_on
from tests.journey.house import House, house_in
from tests.journey.people import Customer, Technician, Viewer
from tests.journey.player import Player
from tests.journey.programs import Programs
from tests.processes import ADMIN, ADMIN_PASSWORD, installed, wait_until

SECONDS = float(os.environ.get("REACHBACK_TEST_RECORDING_SECONDS", "30"))
MOMENTS = 20
EQUAL_SECONDS = 5.0
# How long a desktop holds still around the moment of a screenshot: clocks and scheduling have their room.
STILL = timedelta(milliseconds=200)
A_SECOND = 1000
OVERHEAD = 0.02
EXACT = """() => localStorage.setItem("reachback.quality", JSON.stringify({ quality: 9, compression: 2 }))"""


@dataclass(frozen=True)
class Sight:
    """What was on the screen at a moment."""

    at: datetime
    picture: Image.Image


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_in(tmp_path_factory.mktemp("recorded"), REACHBACK_RECORDING="on-demand") as house:
        yield house


@pytest.fixture
def computer(programs: Programs) -> Computer:
    return X11vnc(programs)


def looked_at(technician: Technician, customer: Customer, computer: Computer, **who: str) -> Viewer:
    """The viewer of the computer, which called for Mrs Gray."""
    board = technician.sign_in(**who)
    board.page.evaluate(EXACT)
    customer.open(board.create("Mrs Gray").link)
    computer.dial(technician.house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    viewer.page.mouse.move(*viewer.point(400, 590))
    return viewer


def expect_sign(viewer: Viewer, words: str) -> None:
    """Until the viewer's bar says this about the recording."""
    expect(viewer.page.locator("#recording-sign")).to_have_text(words)


def watched(viewer: Viewer, computer: Computer, desktop: BusyDesktop, seconds: float, count: int) -> list[Sight]:
    """So many moments of the next seconds, the last one at their end, with what was on the screen."""
    begun, sights = time.monotonic(), []
    for due in [*sorted(random.uniform(0, seconds) for _ in range(count - 1)), seconds]:
        wait_until(lambda due=due: time.monotonic() - begun >= due, seconds + 10, "the next moment")
        sights.append(sight(viewer, computer, desktop))
    return sights


def sight(viewer: Viewer, computer: Computer, desktop: BusyDesktop) -> Sight:
    """Holds the desktop still until the technician sees what is on it."""
    desktop.freeze()
    wait_until_equal(viewer, computer, EQUAL_SECONDS)
    at = datetime.now(UTC) + STILL
    picture = seen_on(computer.display)
    wait_until(lambda: datetime.now(UTC) > at + STILL, what="it held still")
    desktop.thaw()
    return Sight(at, picture)


def recording_of(house: House, *states: str) -> dict[str, object]:
    """The newest recording, once it is in one of these states."""

    def newest() -> dict[str, object] | None:
        found = house.api("GET", "/api/recordings").body["recordings"]
        return found[0] if found and found[0]["state"] in states else None

    return wait_until(newest, 15, f"the recording is {' or '.join(states)}")


def open_player(viewer: Viewer, house: House, number: object) -> Player:
    viewer.page.goto(f"{house.url}/console/recordings/{number}")
    player = Player(viewer.page)
    player.wait_for("paused")
    return player


def written_until(house: House, number: object) -> datetime:
    """Up to when the recording's file goes."""
    index = house.api("GET", f"/api/recordings/{number}/index").body
    return datetime.fromisoformat(index["head"]["begun_at"]) + timedelta(milliseconds=index["milliseconds"])


def shown_again(player: Player, house: House, number: object, sights: list[Sight]) -> list[float]:
    """Seeks to each of the moments, in any order; answers how many milliseconds each took."""
    begun = datetime.fromisoformat(house.api("GET", f"/api/recordings/{number}/index").body["head"]["begun_at"])
    took = []
    for one in random.sample(sights, len(sights)):
        moment = (one.at - begun) / timedelta(milliseconds=1)
        took.append(player.seek(moment))
        assert player.shows(one.picture), f"another picture at {moment:.0f} ms"
    return took


@pytest.mark.timeout(SECONDS + 120)
def test_any_moment_shows_what_was_on_the_screen(
    technician: Technician,
    customer: Customer,
    computer: Computer,
    house: House,
    record_property: Callable[[str, object], None],
) -> None:
    viewer = looked_at(technician, customer, computer)
    expect_sign(viewer, "")
    viewer.button("Record").click()
    expect_sign(viewer, "Recording")
    sights = watched(viewer, computer, BusyDesktop(computer), SECONDS, MOMENTS)
    viewer.button("Record").click()
    expect_sign(viewer, "")
    recorded = recording_of(house, "done")
    took = shown_again(open_player(viewer, house, recorded["id"]), house, recorded["id"], sights)
    sent = house.api("GET", f"/api/recordings/{recorded['id']}/index").body["bytes"]
    record_property("recorded", f"{recorded['milliseconds']} ms, {recorded['bytes']} bytes, {sent} of them sent")
    record_property("sought", f"{len(took)} moments, the slowest in {max(took):.0f} ms")
    assert max(took) < A_SECOND
    assert int(str(recorded["bytes"])) <= sent * (1 + OVERHEAD)


@pytest.mark.timeout(120)
def test_a_recording_whose_listener_was_killed_plays_up_to_there(
    browser: Browser, customer: Customer, computer: Computer, tmp_path: Path
) -> None:
    with installed(tmp_path, REACHBACK_RECORDING="always") as installation:
        _, listener, _ = installation.start_all("portal", "listener", "websockify")
        house = House(installation.settings, listener, ADMIN_PASSWORD, installation.api(), installation.environ)
        viewer = looked_at(Technician(browser.new_context(), house), customer, computer, name=ADMIN)
        expect_sign(viewer, "Recording")
        expect(viewer.button("Record")).to_be_hidden()
        sights = watched(viewer, computer, BusyDesktop(computer), 5, 4)
        number = recording_of(house, "running")["id"]
        wait_until(lambda: written_until(house, number) > sights[-1].at, what="the last moment is on the disk")
        listener.kill()
        installation.start_listener()
        recorded = recording_of(house, "broken")
        shown_again(open_player(viewer, house, recorded["id"]), house, recorded["id"], sights)
        expect(viewer.page.get_by_text("Cut off")).to_be_visible()
        viewer.page.context.close()
