"""From the dial to the pixels and back, for each way in which a real server dials."""

from __future__ import annotations

import pytest

from tests.journey.computers import TigerVnc, TightVnc, X11vnc
from tests.journey.story import COLOUR, the_journey


@pytest.mark.parametrize("kind", [X11vnc, TigerVnc, TightVnc])
def test_a_call_from_the_page_s_address_is_seen_used_and_ended(house, technician, customer, programs, kind):
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    customer.open(created.link)
    computer = kind(programs)
    computer.furnish(COLOUR)
    computer.dial(house.port)
    the_journey(house, technician, board, computer, created, matched="Address")


def test_a_call_with_the_code_needs_no_page(house, technician, programs):
    board = technician.sign_in()
    created = board.create("Mr Brown")
    computer = X11vnc(programs, code=created.code)
    computer.furnish(COLOUR)
    computer.dial(house.port)
    the_journey(house, technician, board, computer, created, matched="Code")
