"""Somebody goes: the technician's page is loaded anew, or the customer has had enough."""

from __future__ import annotations

import time

from playwright.sync_api import expect

from tests.journey.computers import ON_GROUND, TigerVnc
from tests.journey.people import moment_of
from tests.processes import wait_until

COLOUR = "#8a6d2f"


def test_a_page_loaded_anew_waits_for_the_next_call_and_connects_by_itself(house, technician, customer, programs):
    # Asking for a ticket while no call is held is answered with 409.
    technician.tolerate(r"error: Failed to load resource: .* 409 .*/tickets")
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    customer.open(created.link)
    computer = TigerVnc(programs)
    computer.furnish(COLOUR)
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")

    viewer.page.reload()
    viewer.wait_for("waiting")
    viewer.expect_words("Waiting for the customer's computer.")
    wait_until(lambda: house.session("Mrs Gray")["state"] == "waiting", what="the session waits again")
    wait_until(lambda: not computer.is_connected(house.port), what="the call is over")

    computer.dial(house.port)
    viewer.wait_for("connected")
    viewer.wait_for_colour(ON_GROUND, COLOUR)


def test_the_customer_ends_it_and_the_technician_is_told(house, technician, customer, programs):
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    page = customer.open(created.link)
    computer = TigerVnc(programs)
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    viewer.keep_journal()

    expect(page.get_by_text("admin can see your screen")).to_be_visible()
    asked = time.time()
    page.get_by_role("button", name="End").click()
    let_go = moment_of(lambda: not computer.is_connected(house.port))
    expect(page.get_by_role("heading", name="This has ended")).to_be_visible()
    viewer.wait_for("ended")
    viewer.expect_words("The session ended.")
    _, picture_gone = viewer.journal()[0]
    assert let_go - asked < 1
    assert picture_gone - asked < 1
    expect(viewer.canvas).to_have_count(0)
