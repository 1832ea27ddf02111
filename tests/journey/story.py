"""What everybody does once a computer has dialled: from the call on the board to the end of both legs."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import expect

from tests.journey.computers import IN_BUTTON, IN_TERMINAL, ON_GROUND, Computer
from tests.journey.house import House
from tests.journey.people import Board, Created, Technician, Viewer, moment_of
from tests.processes import wait_until

COLOUR = "#2f6f8f"


def the_journey(
    house: House, technician: Technician, board: Board, computer: Computer, created: Created, *, matched: str
) -> None:
    """The call is seen, used and ended."""
    size = f"{computer.width} × {computer.height}"
    board.wait_for_call(created.customer, computer.name, size, matched, "127.0.0.1")
    viewer = board.connect(created.customer)
    viewer.wait_for("connected")
    viewer.wait_for_colour(ON_GROUND, COLOUR)
    expect(viewer.page.locator("#computer")).to_contain_text(computer.name)
    keys_arrive(viewer, computer)
    clicks_arrive(viewer, computer)
    ending_closes_both_legs(house, technician.board(), viewer, computer, created)


def keys_arrive(viewer: Viewer, computer: Computer) -> None:
    viewer.click(IN_TERMINAL)
    viewer.type("echo 'Hi, it works!' > said\n")
    wait_until(lambda: computer.file("said") == "Hi, it works!\n", what="the shell wrote the file")


def clicks_arrive(viewer: Viewer, computer: Computer) -> None:
    viewer.click(IN_BUTTON)
    wait_until(computer.presses, what="the click is noted")
    [(x, y)] = computer.presses()
    # The picture is scaled, so that a pixel of the page is not exactly one of the desktop.
    assert abs(x - IN_BUTTON[0]) <= 1
    assert abs(y - IN_BUTTON[1]) <= 1


def ending_closes_both_legs(house: House, board: Board, viewer: Viewer, computer: Computer, created: Created) -> None:
    expect(board.row(created.customer).locator(".state")).to_have_text("In use")
    assert computer.is_connected(house.port)
    viewer.keep_journal()
    with ThreadPoolExecutor(1) as executor:
        board.row(created.customer).locator("summary", has_text="End").click()
        asked = time.time()
        let_go = executor.submit(moment_of, lambda: not computer.is_connected(house.port))
        board.row(created.customer).get_by_role("button", name="End session").click()
        assert let_go.result() - asked < 1
    viewer.wait_for("ended")
    _, picture_gone = viewer.journal()[0]
    assert picture_gone - asked < 1
    viewer.expect_words("The session ended.")
    expect(board.row(created.customer)).to_have_count(0)
