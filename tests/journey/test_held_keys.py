"""No key stays down on the customer's computer when the technician's browser stops hearing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.journey.computers import IN_TERMINAL, Computer, TigerVnc, X11vnc
from tests.journey.keyboards import Keyboard, keyboard_of
from tests.journey.people import Customer, Technician, Viewer
from tests.processes import wait_until

MODIFIERS = {"Control": "Control_L", "Alt": "Alt_L", "Shift": "Shift_L", "Meta": "Super_L"}

# What a browser does when its tab goes behind another; a tab without a window never does by itself.
HIDE = """() => {
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(params=[X11vnc, TigerVnc])
def computer(request: pytest.FixtureRequest, programs) -> Computer:
    return request.param(programs)


@pytest.fixture
def keyboard(computer: Computer) -> Iterator[Keyboard]:
    with keyboard_of(computer.display) as keyboard:
        yield keyboard


@pytest.fixture
def viewer(house, technician: Technician, customer: Customer, computer: Computer) -> Viewer:
    """A viewer that shows the computer, whose desktop has the keyboard."""
    board = technician.sign_in()
    customer.open(board.create("Mrs Gray").link)
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    viewer.click(IN_TERMINAL)
    return viewer


def leave_by_a_click_in_the_bar(viewer: Viewer) -> None:
    viewer.button("Clipboard").click()


def leave_by_the_page(viewer: Viewer) -> None:
    viewer.page.evaluate("() => document.getElementById('more').focus()")


def leave_from_the_canvas(viewer: Viewer) -> None:
    viewer.canvas.evaluate("canvas => canvas.blur()")


def leave_by_another_window(viewer: Viewer) -> None:
    frame = viewer.page.frame(url="**/viewer-frame")
    assert frame
    frame.evaluate("() => window.dispatchEvent(new Event('blur'))")


def leave_by_another_tab(viewer: Viewer) -> None:
    frame = viewer.page.frame(url="**/viewer-frame")
    assert frame
    frame.evaluate(HIDE)


WAYS = [
    leave_by_a_click_in_the_bar,
    leave_by_the_page,
    leave_from_the_canvas,
    leave_by_another_window,
    leave_by_another_tab,
]


@pytest.mark.parametrize("leave", WAYS)
def test_no_key_stays_down(viewer: Viewer, keyboard: Keyboard, leave: Callable[[Viewer], None]) -> None:
    hold(viewer, keyboard, *MODIFIERS)
    leave(viewer)
    wait_until(lambda: not keyboard.down(), what="every key was let go")


def test_the_chord_leaves_no_key_down(viewer: Viewer, keyboard: Keyboard) -> None:
    hold(viewer, keyboard, "Control", "Alt", "Shift")
    viewer.page.keyboard.up("Alt")
    viewer.wait_for_keyboard("page")
    wait_until(lambda: not keyboard.down(), what="every key was let go")


def test_looking_only_leaves_no_key_down(viewer: Viewer, keyboard: Keyboard) -> None:
    hold(viewer, keyboard, "Shift")
    viewer.page.evaluate("() => document.getElementById('view-only').click()")
    wait_until(lambda: not keyboard.down(), what="every key was let go")


def hold(viewer: Viewer, keyboard: Keyboard, *keys: str) -> None:
    """Press these keys and let none go."""
    for key in keys:
        viewer.page.keyboard.down(key)
    wait_until(lambda: {MODIFIERS[key] for key in keys} <= keyboard.down(), what="the keys are down")
