"""A ticket that opens nothing: the page says why, in the words of that very reason, and what helps."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route

from sessions import errors
from sessions.secrets import new_ticket
from tests.journey.computers import X11vnc
from tests.journey.house import House
from tests.journey.people import Technician
from tests.journey.programs import Programs

AnotherSession = Callable[[], str]

TICKETS = re.compile(r"/api/sessions/[0-9a-f]+/tickets$")
# What Chromium and noVNC say by themselves where a WebSocket is refused.
REFUSED_SOCKET = (r"WebSocket connection to 'ws://.*' failed: .*Unexpected response code: 403", r"/novnc/core/rfb\.js")


def made_up(_house: House, session_id: str, _other: AnotherSession) -> str:
    return f"{session_id}.{new_ticket(lambda count: bytes(range(count)))}"


def spent(house: House, session_id: str, _other: AnotherSession) -> str:
    with house.tickets() as (tickets, admin):
        token = tickets.issue(session_id, admin).token
        tickets.spend(token)
    return token


def expired(house: House, session_id: str, _other: AnotherSession) -> str:
    two_minutes_ago = datetime.now(UTC) - timedelta(minutes=2)
    with house.tickets(clock=lambda: two_minutes_ago) as (tickets, admin):
        return tickets.issue(session_id, admin).token


def foreign(house: House, session_id: str, other: AnotherSession) -> str:
    with house.tickets() as (tickets, admin):
        ticket = tickets.issue(other(), admin).token.partition(".")[2]
    return f"{session_id}.{ticket}"


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (made_up, errors.TicketUnknown),
        (spent, errors.TicketSpent),
        (expired, errors.TicketExpired),
        (foreign, errors.TicketForeign),
    ],
)
def test_the_page_says_why_a_ticket_was_refused(house, technician, programs, make, error):
    technician.tolerate(*REFUSED_SOCKET)
    board = technician.sign_in()
    mine = a_held_session(house, technician, programs)
    token = make(house, mine, lambda: a_held_session(house, technician, programs))
    give(board.page, f"{house.settings.public_websocket}?token={token}")
    viewer = board.connect(customer_of(house, mine))
    viewer.wait_for("refused")
    viewer.expect_words(error.words)

    board.page.unroute(TICKETS)
    viewer.page.get_by_role("button", name="Connect now").click()
    viewer.wait_for("connected")


def a_held_session(house: House, technician: Technician, programs: Programs) -> str:
    """The id of a session whose computer has called."""
    board = technician.board()
    created = board.create(f"Customer {len(programs.processes)}")
    X11vnc(programs, code=created.code).dial(house.port)
    board.wait_for_call(created.customer)
    board.page.close()
    return str(house.session(created.customer)["id"])


def customer_of(house: House, session_id: str) -> str:
    return str(house.api("GET", f"/api/sessions/{session_id}").body["customer"])


def give(page: Page, url: str) -> None:
    """Let the page be given this WebSocket address instead of one with a good ticket."""

    def answer(route: Route) -> None:
        route.fulfill(status=201, json={"websocket_url": url, "expires_at": "2100-01-01T00:00:00Z"})

    page.route(TICKETS, answer)
