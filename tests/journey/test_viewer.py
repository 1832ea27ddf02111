"""What the viewer's bar does with the picture and with keys."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journey.computers import HEIGHT, IN_TERMINAL, WIDTH, Computer, X11vnc
from tests.journey.people import Viewer
from tests.processes import wait_until


@pytest.fixture
def computer(programs) -> Computer:
    computer = X11vnc(programs)
    computer.open_terminal()
    return computer


@pytest.fixture
def viewer(house, technician, customer, computer) -> Viewer:
    """A viewer that shows the computer."""
    board = technician.sign_in()
    customer.open(board.create("Mrs Gray").link)
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    return viewer


def test_who_only_looks_sends_no_keys(viewer, computer):
    viewer.click(IN_TERMINAL)
    viewer.button("View only").click()
    expect(viewer.button("View only")).to_have_attribute("aria-pressed", "true")
    viewer.expect_words("View only. You see the desktop; your keys and mouse stay here.")
    expect(viewer.button("Ctrl+Alt+Del")).to_be_disabled()
    viewer.type("echo no > looked\n")

    viewer.button("View only").click()
    viewer.expect_words("Connected. You see and control the desktop.")
    viewer.type("echo yes > touched\n")
    wait_until(lambda: computer.file("touched") == "yes\n", what="keys arrive again")
    # Keys arrive in the order they were sent: had the first ones been sent, their file would be there.
    assert computer.file("looked") is None


def test_the_picture_fits_or_has_its_actual_size(viewer):
    fitted = viewer.canvas.bounding_box()
    viewer.button("Actual size").click()
    expect(viewer.button("Actual size")).to_have_attribute("aria-pressed", "true")
    actual = viewer.canvas.bounding_box()
    assert (actual["width"], actual["height"]) == (WIDTH, HEIGHT)
    viewer.button("Actual size").click()
    expect(viewer.button("Actual size")).to_have_attribute("aria-pressed", "false")
    assert viewer.canvas.bounding_box() == fitted
    assert fitted["height"] > HEIGHT


def test_full_screen_and_back(viewer):
    full = viewer.button("Full screen")
    full.click()
    expect(full).to_have_attribute("aria-pressed", "true")
    assert viewer.page.evaluate("() => document.fullscreenElement === document.documentElement")
    viewer.page.mouse.move(400, 400)
    viewer.page.mouse.move(400, 0)
    full.click()
    expect(full).to_have_attribute("aria-pressed", "false")
    assert viewer.page.evaluate("() => document.fullscreenElement") is None
    assert viewer.state == "connected"
