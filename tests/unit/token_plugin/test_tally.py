from __future__ import annotations

from meters.catalogue import REFUSED
from sessions.errors import TicketRefused
from token_plugin.tally import REASONS


def test_every_refusal_of_a_ticket_is_counted_by_its_own_reason() -> None:
    refusals = set(TicketRefused.__subclasses__())
    assert REASONS.keys() == refusals
    assert set(REASONS.values()) <= set(REFUSED.values)
