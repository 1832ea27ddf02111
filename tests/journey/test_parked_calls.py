"""Two computers behind one address: the technician decides whose each call is."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journey.computers import ON_GROUND, X11vnc

NORTH, SOUTH = "#7a3b2e", "#2e5d3a"


def test_calls_that_could_be_either_s_are_parked_until_claimed(house, technician, customer, programs):
    board = technician.sign_in()
    gray, brown = board.create("Mrs Gray"), board.create("Mr Brown")
    customer.open(gray.link)
    customer.open(brown.link)
    for name, colour in (("North desk", NORTH), ("South desk", SOUTH)):
        computer = X11vnc(programs, name)
        computer.furnish(colour)
        computer.dial(house.port)

    north, south = board.band("North desk"), board.band("South desk")
    expect(north).to_contain_text("800 × 600")
    expect(south).to_contain_text("127.0.0.1")
    assert {one["state"] for one in house.api("GET", "/api/sessions").body} == {"waiting"}

    north.locator("select").select_option(str(house.session("Mr Brown")["id"]))
    north.get_by_role("button", name="Claim").click()
    board.wait_for_call("Mr Brown", "North desk", "Claimed")
    expect(north).to_have_count(0)
    # One session and one call are left; still nothing is attached by guess.
    expect(south).to_be_visible()
    expect(board.row("Mrs Gray").locator(".state")).to_have_text("Waiting")

    viewer = board.connect("Mr Brown")
    viewer.wait_for("connected")
    viewer.wait_for_colour(ON_GROUND, NORTH)
