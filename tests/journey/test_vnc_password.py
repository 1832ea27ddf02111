"""A VNC server that demands its password: x11vnc does, also where it dials out."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journey.computers import ON_GROUND, X11vnc

COLOUR = "#5a4a7f"


def test_the_session_s_password_lets_the_call_in(house, technician, customer, programs):
    board = technician.sign_in()
    created = board.create("Mrs Gray", vnc_password="p4ss-w")
    customer.open(created.link)
    computer = X11vnc(programs, password="p4ss-w")
    computer.furnish(COLOUR)
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray", "Front desk", "Address")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    viewer.wait_for_colour(ON_GROUND, COLOUR)


def test_without_one_the_board_says_what_is_missing(house, technician, customer, programs):
    board = technician.sign_in()
    customer.open(board.create("Mrs Gray").link)
    X11vnc(programs, password="p4ss-w").dial(house.port)
    refusal = board.band("A call from 127.0.0.1 was refused")
    expect(refusal).to_contain_text("asks for a password: store its VNC password with the session")
    expect(board.row("Mrs Gray").locator(".state")).to_have_text("Waiting")
