"""Typing a text from the viewer: what arrives in a program on the customer's computer, for several keyboards."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journey.computers import X11vnc
from tests.journey.people import Customer, Technician, Viewer
from tests.processes import wait_until

TEXT = "aZ09@\\|€{}[]~ßüéÄ^`´'\"<>#+-_?!"
READER = "Reader"


@pytest.fixture
def layout() -> str:
    """Of the customer's keyboard, unless a test says another."""
    return "us"


@pytest.fixture
def computer(programs, layout: str) -> X11vnc:
    """A computer whose keyboard had its layout before its VNC server was started, as keyboards do."""
    computer = X11vnc(programs)
    programs.run("setxkbmap", "-display", computer.display, "-layout", layout)
    return computer


@pytest.fixture
def viewer(house, technician: Technician, customer: Customer, computer: X11vnc) -> Viewer:
    """A viewer that shows the computer."""
    board = technician.sign_in()
    customer.open(board.create("Mrs Gray").link)
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    return viewer


def read_into(computer: X11vnc, file: str) -> None:
    """A terminal whose program writes what is typed into `file`; the pointer is in it, and so the keyboard."""
    computer.show(
        "xterm",
        *("-T", READER, "-u8", "-geometry", "80x10+20+20", "-e", "sh", "-c", f"stty -echo; exec cat > {file}"),
    )
    computer.wait_for_window(READER)
    computer.programs.run("xdotool", "mousemove", "150", "100", DISPLAY=computer.display)


def type_text(viewer: Viewer, text: str) -> None:
    page = viewer.page
    if not page.locator("#panel-type").is_visible():
        viewer.button("More").click()
        page.get_by_role("button", name="Type a text").click()
    page.get_by_label("Type this text").fill(text)
    page.get_by_role("button", name="Type it").click()
    expect(page.locator("#typing-state")).to_have_text("Typed.")
    assert page.get_by_label("Type this text").input_value() == ""


@pytest.mark.parametrize("caps", [False, True], ids=["Caps Lock off", "Caps Lock on"])
@pytest.mark.parametrize("layout", ["us", "de", "fr"])
def test_what_is_typed_arrives(viewer: Viewer, computer: X11vnc, layout: str, caps: bool, programs) -> None:
    read_into(computer, "typed")
    file: Path = programs.folder / "typed"
    wait_until(file.exists)
    if caps:
        programs.run("xdotool", "key", "Caps_Lock", DISPLAY=computer.display)
        viewer.button("More").click()
        viewer.page.get_by_role("button", name="Type a text").click()
        viewer.page.get_by_label("Caps Lock is on there").check()
    type_text(viewer, TEXT + "\n")
    wait_until(lambda: file.read_text().endswith("\n"))
    assert file.read_text() == TEXT + "\n"


def test_the_panel_says_what_is_on_no_key_and_keeps_the_keyboard(viewer: Viewer, house) -> None:
    page = viewer.page
    viewer.button("More").click()
    page.get_by_role("button", name="Type a text").click()
    page.get_by_label("Keyboard of the computer").select_option("us")
    page.get_by_label("Type this text").fill("Straße für €5")
    expect(page.locator("#typed-note")).to_have_text("Not on this keyboard: ß ü €. Look whether they arrive.")
    page.get_by_label("Keyboard of the computer").select_option("de")
    expect(page.locator("#typed-note")).to_have_text("")
    wait_until(lambda: house.session("Mrs Gray")["keyboard"] == "de")


def test_a_long_text_can_be_stopped(viewer: Viewer, computer: X11vnc, programs) -> None:
    read_into(computer, "typed")
    page = viewer.page
    viewer.button("More").click()
    page.get_by_role("button", name="Type a text").click()
    page.get_by_label("Type this text").fill("x" * 4000)
    page.get_by_role("button", name="Type it").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#typing-state")).to_have_text("Stopped.")
    expect(page.get_by_role("button", name="Type it")).to_be_enabled()


def test_who_stops_for_view_only_leaves_caps_lock_as_it_was(viewer: Viewer, computer: X11vnc, programs) -> None:
    def caps_lock(state: str) -> bool:
        return re.search(rf"Caps Lock: +{state}\b", programs.run("xset", "-display", computer.display, "q")) is not None

    programs.run("xdotool", "key", "Caps_Lock", DISPLAY=computer.display)
    assert caps_lock("on")
    page = viewer.page
    viewer.button("More").click()
    page.get_by_role("button", name="Type a text").click()
    page.get_by_label("Caps Lock is on there").check()
    page.get_by_label("Type this text").fill("x" * 4000)
    page.get_by_role("button", name="Type it").click()
    wait_until(lambda: caps_lock("off"), what="Caps Lock is let go for the text")
    viewer.button("View only").click()
    expect(page.locator("#typing-state")).to_contain_text("you only look now")
    wait_until(lambda: caps_lock("on"), what="Caps Lock is as it was")
