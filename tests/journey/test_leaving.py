"""Somebody goes: the technician's page is loaded anew, or the customer has had enough."""

from __future__ import annotations

import time

from playwright.sync_api import expect

from tests.journey.computers import ON_GROUND, TigerVnc
from tests.journey.people import moment_of
from tests.processes import wait_until

COLOUR = "#8a6d2f"


def test_a_page_loaded_anew_goes_on_with_the_same_call(house, technician, customer, programs):
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    customer.open(created.link)
    computer = TigerVnc(programs)
    computer.furnish(COLOUR)
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    before = house.session("Mrs Gray")

    viewer.page.reload()
    viewer.wait_for("connected")
    viewer.wait_for_colour(ON_GROUND, COLOUR)
    after = house.session("Mrs Gray")
    assert (after["state"], after["call"]["id"]) == ("in_use", before["call"]["id"])
    wait_until(lambda: len(house.session("Mrs Gray")["seats"]) == 1, what="one seat is taken")


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
