from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import token_plugin
from sessions.call_values import Arrival
from sessions.errors import NotYourTurn, TicketSpent, TicketUnknown
from sessions.matching import Claims, MatchedBy, Said
from tests.processes import Installation, installed


@pytest.fixture
def ticket(tmp_path: Path) -> tuple[str, str]:
    """A database's URL and a ticket for a call on port 40001 in it."""
    with installed(tmp_path) as installation:
        return installation.settings.database_url, _ticket(installation)


def test_a_ticket_leads_to_its_call_once(ticket: tuple[str, str]) -> None:
    url, token = ticket
    plugin = token_plugin.SessionTickets(url)
    assert plugin.lookup(token) == ("127.0.0.1", 40001)
    with pytest.raises(TicketSpent):
        plugin.lookup(token)


def test_a_refusal_does_not_repeat_the_ticket(ticket: tuple[str, str]) -> None:
    url, token = ticket
    for refused in (token[:-1], token.partition(".")[2], "", "."):
        with pytest.raises(TicketUnknown) as refusal:
            token_plugin.SessionTickets(url).lookup(refused)
        assert token[-20:-1] not in str(refusal.value)


def test_a_ticket_waits_until_whoever_came_before_has_their_seat(tmp_path: Path) -> None:
    with installed(tmp_path) as installation, ThreadPoolExecutor(1) as threads:
        first = _ticket(installation)
        (session,) = installation.sessions.list()
        second = installation.tickets.issue(session.id, installation.admin, "watch").token
        plugin = token_plugin.SessionTickets(installation.settings.database_url)
        plugin.lookup(first)
        waiting = threads.submit(plugin.lookup, second)
        with pytest.raises(NotYourTurn):
            installation.tickets.spend(second)
        assert not waiting.done()
        assert session.call
        assert installation.calls.take_seat(session.call.id)
        assert waiting.result(10) == ("127.0.0.1", 40001)


def test_making_the_plugin_opens_no_database() -> None:
    token_plugin.SessionTickets("sqlite:////nowhere/at/all.db")


def _ticket(installation: Installation) -> str:
    new = installation.session()
    claims = Claims("192.0.2.1", (Said(MatchedBy.ID, new.code),))
    placement = installation.calls.arrived(Arrival(claims, "desk", 1024, 768))
    assert installation.calls.hold(placement.call_id, 40001)
    return installation.tickets.issue(new.session.id, installation.admin).token
