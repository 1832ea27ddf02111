"""Text goes from one clipboard to the other, both ways."""

from __future__ import annotations

from base64 import b64encode

import pytest
from playwright.sync_api import expect

from tests.journey.computers import IN_TERMINAL, TigerVnc, TightVnc, X11vnc
from tests.processes import wait_until

THEIRS = "Invoice 2041, from the computer"
OURS = "Licence key, from the technician"


@pytest.mark.parametrize("kind", [X11vnc, TigerVnc, TightVnc])
def test_text_goes_both_ways(house, technician, customer, programs, kind):
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    customer.open(created.link)
    computer = kind(programs)
    computer.open_terminal()
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")

    viewer.button("Clipboard").click()
    viewer.page.get_by_label("To the computer").fill(OURS)
    viewer.page.get_by_role("button", name="Put on its clipboard").click()
    expect(viewer.page.locator("#paste-done")).to_contain_text("Sent.")
    viewer.click(IN_TERMINAL)
    # The terminal fetches the text by itself: so the file is watched, and no key may overtake what is pasted.
    viewer.type("stty -icanon; cat > pasted\n")
    wait_until(lambda: computer.file("pasted") == "", what="the program listens")
    viewer.page.keyboard.press("Shift+Insert")
    wait_until(lambda: computer.file("pasted") == OURS, what="the text was pasted")
    viewer.page.keyboard.press("Control+c")

    viewer.button("Clipboard").click()
    expect(viewer.page.locator("#drawer")).to_be_hidden()
    # The terminal takes the selection and the cut buffer, as when somebody marks text in it (xterm: OSC 52).
    viewer.click(IN_TERMINAL)
    viewer.type(f"printf '\\033]52;pc0;{b64encode(THEIRS.encode()).decode()}\\007'\n")
    expect(viewer.page.locator("#clipboard-news")).to_be_visible()
    viewer.button("Clipboard").click()
    expect(viewer.page.get_by_label("From the computer")).to_have_value(THEIRS)
    expect(viewer.page.locator("#clipboard-news")).to_be_hidden()
