"""The whole way from sign-in to the end of a session, by somebody who uses no mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journey.computers import IN_TERMINAL, X11vnc
from tests.journey.people import Board, Customer, Technician, Viewer
from tests.processes import wait_until

# More than the focusable parts of any page here: Tab comes round before.
TABS = 60


@pytest.fixture
def computer(programs) -> X11vnc:
    """A computer whose pointer, and so the keyboard, is in its terminal."""
    computer = X11vnc(programs)
    computer.open_terminal()
    programs.run("xdotool", "mousemove", *map(str, IN_TERMINAL), DISPLAY=computer.display)
    return computer


def has_focus(part: Locator) -> bool:
    return bool(part.evaluate("part => part === document.activeElement"))


def tab_to(page: Page, part: Locator) -> None:
    """Press Tab until `part` has the focus, as a person would."""
    for _ in range(TABS):
        if has_focus(part):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {part}")


def sign_in(technician: Technician) -> Board:
    page = technician.tab()
    page.goto(f"{technician.house.url}/sign-in")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type(technician.house.password)
    page.keyboard.press("Enter")
    # Its script shows this button, and listens to keys then.
    expect(page.get_by_role("button", name="Keys")).to_be_visible()
    return Board(page)


def create(board: Board, customer: str) -> str:
    """Make a session and leave what is shown of it once; answers the link."""
    page = board.page
    page.keyboard.press("n")
    expect(page.locator("#new-session").get_by_label("Customer")).to_be_focused()
    page.keyboard.type(customer)
    page.keyboard.press("Enter")
    expect(page.locator("#created")).to_be_focused()
    link = page.locator("#new-link").input_value()
    tab_to(page, page.locator("#created").get_by_role("link", name="Done"))
    page.keyboard.press("Enter")
    expect(page.locator("#created")).to_have_count(0)
    return link


def connect(board: Board, customer: str) -> Viewer:
    board.page.keyboard.press("j")
    expect(board.row(customer)).to_be_focused()
    board.page.keyboard.press("Enter")
    viewer = Viewer(board.page)
    viewer.wait_for("connected")
    viewer.wait_for_keyboard("desktop")
    return viewer


def leave_desktop(viewer: Viewer) -> None:
    for key in ("Control", "Alt", "Shift"):
        viewer.page.keyboard.down(key)
    for key in ("Shift", "Alt", "Control"):
        viewer.page.keyboard.up(key)
    viewer.wait_for_keyboard("page")
    expect(viewer.button("Clipboard")).to_be_focused()


def test_the_whole_way_by_keyboard_alone(house, technician: Technician, customer: Customer, computer: X11vnc) -> None:
    board = sign_in(technician)
    customer.open(create(board, "Mrs Gray"))
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")

    viewer = connect(board, "Mrs Gray")
    viewer.type("echo typed > keys\n")
    wait_until(lambda: computer.file("keys") == "typed\n", what="the keys arrive in the terminal")

    page = viewer.page
    leave_desktop(viewer)
    page.keyboard.press("Escape")
    viewer.wait_for_keyboard("desktop")
    viewer.type("echo again > back\n")
    wait_until(lambda: computer.file("back") == "again\n", what="no key of the chord is held down there")

    leave_desktop(viewer)
    tab_to(page, viewer.button("End session"))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Keep going")).to_be_focused()
    tab_to(page, dialog.get_by_role("button", name="End session"))
    page.keyboard.press("Enter")
    viewer.wait_for("ended")

    way = page.locator("#placard-board")
    tab_to(page, way)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
    expect(board.row("Mrs Gray")).to_have_count(0)
