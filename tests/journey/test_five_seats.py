"""Five seats at one busy desktop: they come and go as they like, and the network of one of them stands still.

REACHBACK_TEST_STORM sets for how many seconds they come and go, REACHBACK_TEST_STOP for how many one is stopped. A
release is proven with 120 and 30.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page

from tests.fakes.cuttable_line import Connection, CuttableLine, cuttable_line
from tests.journey.browsers import WINDOW
from tests.journey.busy import BusyDesktop, wait_until_equal
from tests.journey.computers import Computer, TigerVnc, X11vnc
from tests.journey.house import ADMIN, House, house_in
from tests.journey.people import Customer, Technician, Viewer
from tests.journey.programs import Programs
from tests.processes import free_ports, wait_until

STORM = float(os.environ.get("REACHBACK_TEST_STORM", "20"))
STOP = float(os.environ.get("REACHBACK_TEST_STOP", "8"))
SEED = 5
CUSTOMER = "Mrs Gray"
# Who sits there, and as what: one of those who may control does, the others watch.
SEATS = ((ADMIN, "control"), ("Anna", "control"), ("Anna", "watch"), ("Bert", "control"), ("Bert", "watch"))
# Five pages that draw share this machine with the desktop that they show.
EQUAL_SECONDS = 10.0
# A page that was cut several times in a row waits half a minute before it tries again.
BACK_SECONDS = 60.0
EXACT = """() => localStorage.setItem("reachback.quality", JSON.stringify({ quality: 9, compression: 2 }))"""
LOUD = (r"WebSocket connection to .* failed", r"status of 409", r"/novnc/core/rfb")

Figures = Callable[[str, object], None]


@dataclass
class Seat:
    """A page that one of the technicians has open; it may be closed, and another opened in its place."""

    technician: Technician
    url: str
    page: Page

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.page)

    def reload(self) -> None:
        self.page.reload(wait_until="commit")

    def close_and_open(self) -> None:
        self.page.close()
        self.page = self.technician.tab()
        self.page.goto(self.url, wait_until="commit")


@pytest.fixture(scope="module")
def line() -> Iterator[CuttableLine]:
    """The way of all WebSockets."""
    here, there = free_ports(2)
    with cuttable_line(here, there) as line:
        yield line


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, line: CuttableLine) -> Iterator[House]:
    settings = {
        "REACHBACK_PUBLIC_WEBSOCKET": f"ws://127.0.0.1:{line.here}",
        "REACHBACK_WEBSOCKET": f"127.0.0.1:{line.there}",
    }
    with house_in(tmp_path_factory.mktemp("five"), **settings) as house:
        yield house


@pytest.fixture(scope="module")
def passwords(house: House) -> dict[str, str]:
    return {ADMIN: house.password} | {name: house.add_technician(name) for name in ("Anna", "Bert")}


@pytest.fixture
def technicians(house: House, browser: Browser, passwords: dict[str, str]) -> Iterator[dict[str, Technician]]:
    people = {name: Technician(browser.new_context(viewport=WINDOW), house) for name in passwords}
    for name, person in people.items():
        person.tolerate(*LOUD)
        person.sign_in(name, passwords[name]).page.evaluate(EXACT)
    yield people
    for person in people.values():
        person.context.close()
    house.end_all()
    assert [person.complaints() for person in people.values()] == [[] for _ in people]


@pytest.fixture(params=(X11vnc, TigerVnc))
def computer(request: pytest.FixtureRequest, programs: Programs) -> Computer:
    return request.param(programs)


@pytest.fixture
def session(technicians: dict[str, Technician], customer: Customer, house: House, computer: Computer) -> str:
    """The address of a session whose computer has called."""
    board = technicians[ADMIN].board()
    customer.open(board.create(CUSTOMER).link)
    computer.dial(house.port)
    board.wait_for_call(CUSTOMER)
    board.page.close()
    return f"{house.url}/console/sessions/{house.session(CUSTOMER)['id']}"


@dataclass
class Room:
    """The busy desktop, and the seats at it."""

    house: House
    computer: Computer
    desktop: BusyDesktop
    line: CuttableLine
    technicians: dict[str, Technician]
    url: str
    seats: list[Seat] = field(default_factory=list)

    def sit(self, name: str, mode: str) -> Connection:
        """One more seat; answers its connection."""
        before = self.line.connections
        technician = self.technicians[name]
        url = f"{self.url}?mode={mode}" if mode == "watch" else self.url
        seat = Seat(technician, url, technician.tab())
        seat.page.goto(url)
        seat.viewer.wait_for("connected")
        self.seats.append(seat)
        [way] = [connection for connection in self.line.connections if connection not in before]
        return way

    def move_pointer(self) -> None:
        """TigerVNC paints the pointer into its picture until the first time that it is moved: until that is so."""
        seat, before = self.seats[0], self._pointer()
        seat.page.mouse.move(*seat.viewer.point(400, 590))
        wait_until(lambda: self._pointer() != before, 30, "the pointer is moved")

    def _pointer(self) -> str:
        return self.computer.programs.run("xdotool", "getmouselocation", DISPLAY=self.computer.display)

    def look(self, seats: list[Seat]) -> float:
        """Let the desktop hold still until each canvas is the screen; answers how long the last one took."""
        self.desktop.freeze()
        began = time.monotonic()
        for seat in seats:
            wait_until_equal(seat.viewer, self.computer, EQUAL_SECONDS)
        took = time.monotonic() - began
        self.desktop.thaw()
        return took


@pytest.fixture
def room(
    house: House, computer: Computer, line: CuttableLine, technicians: dict[str, Technician], session: str
) -> Room:
    return Room(house, computer, BusyDesktop(computer), line, technicians, session)


@pytest.mark.timeout(120 + 2 * STORM + BACK_SECONDS)
def test_they_come_and_go_and_all_see_the_screen(room: Room, record_property: Figures) -> None:
    chance = random.Random(SEED)
    for who in SEATS:
        room.sit(*who)
    room.move_pointer()
    before = room.computer.connection(room.house.port)
    done = Counter[str]()
    end = time.monotonic() + STORM
    while time.monotonic() < end:
        done[disturb(chance, room)] += 1
        time.sleep(chance.uniform(0.0, 0.6))  # the moment is what is random here: nothing is waited for
    for seat in room.seats:
        seat.viewer.wait_for("connected", seconds=BACK_SECONDS)
    slowest = room.look(room.seats)
    assert room.computer.connection(room.house.port) == before
    assert room.house.session(CUSTOMER)["call"]["resumable"]
    assert "Traceback" not in room.house.parts_log()
    record_property("storm", f"{dict(done)} in {STORM:.0f} s, all equal at the latest after {slowest:.2f} s")


def disturb(chance: random.Random, room: Room) -> str:
    """Somebody goes, and comes back; answers how."""
    deed = chance.choice(("reload", "reload", "close", "close", "cut"))
    if deed == "reload":
        chance.choice(room.seats).reload()
    elif deed == "close":
        chance.choice(room.seats).close_and_open()
    else:
        # Whosever it is: its page comes back by itself. There may be none, while all are on their way.
        for connection in chance.sample(room.line.connections, min(1, len(room.line.connections))):
            connection.cut()
    return deed


@pytest.mark.timeout(120 + 4 * STOP)
@pytest.mark.parametrize("stopped", [0, 2], ids=["control", "watch"])
def test_one_whose_network_stands_still_harms_nobody(room: Room, stopped: int, record_property: Figures) -> None:
    ways = [room.sit(*who) for who in SEATS]
    room.move_pointer()
    one, way = room.seats[stopped], ways[stopped]
    others = [seat for seat in room.seats if seat is not one]

    took: list[float] = []
    way.stop()
    end = time.monotonic() + STOP
    while time.monotonic() < end:
        time.sleep(0.5)  # so long the desktop changes
        took.append(room.look(others))
    assert one.viewer.state == "connected"
    way.go_on()
    again = room.look([one])
    room.look(room.seats)
    assert way in room.line.connections
    record_property(
        "stop",
        f"{STOP:.0f} s: the four others equal {len(took)} times, at the latest after {max(took):.2f} s;"
        f" the stopped one {again:.2f} s after it went on",
    )
