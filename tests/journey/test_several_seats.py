"""Several technicians at one computer: one has control, the others watch, and control moves without the customer."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.fakes.fake_viewer import FakeViewer
from tests.journey.axe import violations
from tests.journey.browsers import WINDOW
from tests.journey.computers import IN_BUTTON, IN_TERMINAL, ON_GROUND, X11vnc
from tests.journey.house import ADMIN, House
from tests.journey.people import Board, Technician, Viewer
from tests.processes import wait_until

COLOUR = "#3b6e8f"
CUSTOMER = "Mrs Gray"
PHONE = 360
LOUD = (r"WebSocket connection to .* failed", r"status of 409", r"/novnc/core/rfb")

# The whole desktop, as noVNC asks for it first.
ASK = struct.pack(">BBHHHH", 3, 0, 0, 0, 800, 600)

Desks = Callable[[str], Board]


@pytest.fixture(scope="module")
def passwords(house: House) -> dict[str, str]:
    return {ADMIN: house.password} | {name: house.add_technician(name) for name in ("Anna", "Bert")}


@pytest.fixture
def desks(house: House, browser: Browser, passwords: dict[str, str]) -> Iterator[Desks]:
    """Signs somebody in, in a browser of their own, and answers their board."""
    technicians: list[Technician] = []

    def sign_in(name: str) -> Board:
        technicians.append(Technician(browser.new_context(viewport=WINDOW), house))
        technicians[-1].tolerate(*LOUD)
        return technicians[-1].sign_in(name, passwords[name])

    yield sign_in
    for technician in technicians:
        technician.context.close()
    house.end_all()
    assert [technician.complaints() for technician in technicians] == [[] for _ in technicians]


@pytest.fixture
def computer(programs) -> X11vnc:
    return X11vnc(programs)


@pytest.fixture
def anna(desks: Desks, house: House, computer: X11vnc) -> Viewer:
    """Her viewer: she has control, and the terminal has the keyboard."""
    board = desks("Anna")
    let_call(board, house, computer)
    viewer = board.connect(CUSTOMER)
    viewer.wait_for("connected")
    viewer.wait_for_colour(ON_GROUND, COLOUR)
    viewer.click(IN_TERMINAL)
    return viewer


def let_call(board: Board, house: House, computer: X11vnc) -> None:
    created = board.create(CUSTOMER)
    computer.code = created.code
    computer.furnish(COLOUR)
    computer.dial(house.port)
    board.wait_for_call(CUSTOMER)


def joined(board: Board) -> Viewer:
    """The viewer of somebody who comes later."""
    viewer = board.connect(CUSTOMER)
    viewer.wait_for("connected")
    viewer.wait_for_colour(ON_GROUND, COLOUR)
    return viewer


def violations_at_widths(viewer: Viewer) -> list[str]:
    """What axe finds wrong with the page, as wide as a desktop's window and as a phone's."""
    found = []
    for width in (WINDOW["width"], PHONE):
        viewer.page.set_viewport_size({"width": width, "height": WINDOW["height"]})
        found += violations(viewer.page)
        sideways = viewer.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        found += [f"can be moved sideways by {sideways} px at {width}"] * (sideways > 0)
    viewer.page.set_viewport_size(WINDOW)
    return found


def type_trace(viewer: Viewer, name: str) -> None:
    """Type something that leaves a trace; whether it did is asked later, once somebody else's typing has arrived."""
    viewer.page.locator("#screen").focus()
    viewer.type(f"echo {name} > {name}\n")


def expect_typing(viewer: Viewer, computer: X11vnc, name: str) -> None:
    viewer.expect_words("Connected. You see and control the desktop.")
    type_trace(viewer, name)
    wait_until(lambda: computer.file(name) == f"{name}\n", what=f"{name} was typed")


def test_control_is_asked_for_given_and_no_longer_had(anna: Viewer, desks: Desks, computer: X11vnc) -> None:
    bert = joined(desks("Bert"))
    bert.expect_words("Watching. Your keys and mouse stay here.")
    bert.expect_present("Anna has control, and you watch.", "Anna in control", "Bert (you) watches")
    expect(bert.button("View only")).to_be_disabled()
    expect(bert.page.locator("#ctrl-alt-del")).to_be_disabled()
    type_trace(bert, "not-yet")
    expect_typing(anna, computer, "hers")
    assert computer.file("not-yet") is None

    bert.settle("Ask for control")
    bert.expect_present("You asked for control; Anna decides.")
    anna.expect_present("Bert asks for control.", "Anna (you) in control", "Bert asks for control")
    anna.page.locator("#present").get_by_role("button", name="People").click()
    assert [one for viewer in (anna, bert) for one in violations_at_widths(viewer)] == []
    anna.settle("Not now")
    bert.expect_present("Anna keeps control for now.")
    bert.settle("Ask for control")
    anna.settle("Give control")

    bert.expect_words("Connected. You see and control the desktop.")
    anna.expect_present("Bert has control, and you watch.", "Anna (you) watches", "Bert in control")
    type_trace(anna, "no-more")
    expect_typing(bert, computer, "his")
    assert computer.file("no-more") is None
    assert len(anna.page.context.pages) == 1


def test_a_changed_program_that_watches_reaches_nothing(anna: Viewer, computer: X11vnc, house: House) -> None:
    changed_program(house, "watch")
    expect_typing(anna, computer, "hers")
    assert computer.file("stranger") is None
    assert computer.presses() == []
    assert "a stranger's" not in root_of(computer)

    # The very same in control arrives: it is the seat that makes the difference.
    anna.page.close()
    wait_until(lambda: house.session(CUSTOMER)["seats"] == [], what="nobody is there")
    changed_program(house, "control")
    wait_until(lambda: computer.file("stranger") == "hers\n", what="the keys arrived")
    wait_until(computer.presses, what="the click arrived")
    assert "a stranger's" in root_of(computer)


def changed_program(house: House, mode: str) -> None:
    """Takes a seat and sends whatever it likes, until all of it was read and the seat is left."""
    session = str(house.session(CUSTOMER)["id"])
    with house.tickets() as (tickets, admin):
        token = tickets.issue(session, admin, mode).token
    with FakeViewer(f"{house.settings.public_websocket}?token={token}") as viewer:
        viewer.greet()
        viewer.send(ASK)
        # Whatever comes first: from here on it takes part.
        viewer.read(1)
        viewer.send(b"".join(keys("echo hers > stranger\n")) + clicks(*IN_BUTTON) + cut_text(b"a stranger's"))
    wait_until(lambda: seats_of(house, ADMIN) == [], what="all that it said was read")


def seats_of(house: House, name: str) -> list[object]:
    return [seat for seat in house.session(CUSTOMER)["seats"] if seat["technician"] == name]


def root_of(computer: X11vnc) -> str:
    """What stands at the root window, cut buffers included."""
    return computer.programs.run("xprop", "-display", computer.display, "-root")


def keys(text: str) -> Iterator[bytes]:
    """Each character's key, pressed and let go (RFC 6143 §7.5.4)."""
    for character in text:
        keysym = 0xFF0D if character == "\n" else ord(character)
        yield from (struct.pack(">BBxxI", 4, down, keysym) for down in (1, 0))


def clicks(x: int, y: int) -> bytes:
    """The first button, pressed there and let go."""
    return b"".join(struct.pack(">BBHH", 5, mask, x, y) for mask in (0, 1, 0))


def cut_text(text: bytes) -> bytes:
    return struct.pack(">BxxxI", 6, len(text)) + text


def test_control_is_offered_and_accepted_by_the_keyboard_alone(anna: Viewer, desks: Desks, computer: X11vnc) -> None:
    bert = joined(desks("Bert"))
    anna.expect_present("You have control.")
    anna.page.locator("#present").get_by_role("button", name="People").press("Enter")
    anna.page.locator("#people").get_by_role("button", name="Offer control").press("Enter")
    anna.expect_present("You offered control to Bert.")
    expect(anna.page.locator("#tab-people")).to_be_focused()
    bert.expect_present("Anna offers you control.")
    bert.page.locator("#present-ways").get_by_role("button", name="Accept").press("Enter")
    bert.expect_present("You have control.")
    expect_typing(bert, computer, "his")


def test_an_admin_takes_control_and_it_is_free_when_they_leave(
    anna: Viewer, desks: Desks, computer: X11vnc, house: House
) -> None:
    admin = joined(desks(ADMIN))
    bert = joined(desks("Bert"))
    expect(bert.page.locator("#present-ways button")).to_have_text(["Ask for control"])
    admin.settle("Take control")
    admin.expect_present("You have control.")
    anna.expect_present(f"{ADMIN} has control, and you watch.")
    expect_typing(admin, computer, "taken")

    admin.page.close()
    bert.expect_present("Nobody has control.", "Anna watches", "Bert (you) watches")
    bert.settle("Take control")
    anna.expect_present("Bert has control, and you watch.")
    expect_typing(bert, computer, "his")
    kinds = [one["kind"] for one in house.api("GET", f"/api/sessions/{house.session(CUSTOMER)['id']}/events").body]
    assert [kind for kind in kinds if kind.startswith("control_")] == ["control_taken", "control_taken"]


def test_who_comes_to_watch_watches_and_the_board_says_so(anna: Viewer, desks: Desks) -> None:
    board = desks("Bert")
    expect(board.row(CUSTOMER).locator(".row__seats")).to_contain_text("Anna, in control")
    bert = board.watch(CUSTOMER)
    bert.wait_for("connected")
    bert.wait_for_colour(ON_GROUND, COLOUR)
    bert.expect_present("Anna has control, and you watch.")
    bert.page.reload()
    bert.wait_for("connected")
    bert.expect_present("Anna has control, and you watch.", "Anna in control", "Bert (you) watches")
    anna.page.reload()
    anna.wait_for("connected")
    anna.expect_present("You have control.", "Bert watches", "Anna (you) in control")


def test_a_second_window_takes_over_and_the_first_one_stops(anna: Viewer) -> None:
    page = anna.page.context.new_page()
    page.goto(anna.page.url)
    second = Viewer(page)
    second.wait_for("connected")
    anna.wait_for("refused")
    expect(anna.page.locator("#state")).to_contain_text("You went on in another window")
    anna.page.get_by_role("button", name="Connect now").click()
    anna.wait_for("connected")
    second.wait_for("refused")
