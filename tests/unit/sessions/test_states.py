from __future__ import annotations

from itertools import product

import pytest

from sessions.models import Session
from sessions.states import ENDED, LIVE, TRANSITIONS, Event, State, sources
from sessions.transactions import Transaction, move

# Written out a second time on purpose, from the plan: a slip in the table must not also be a slip in its test.
ALLOWED = {
    ("created", "page_opened"): "waiting",
    ("created", "call_matched"): "connected",
    ("created", "ended"): "closed",
    ("created", "time_up"): "expired",
    ("waiting", "page_opened"): "waiting",
    ("waiting", "call_matched"): "connected",
    ("waiting", "ended"): "closed",
    ("waiting", "time_up"): "expired",
    ("connected", "page_opened"): "connected",
    ("connected", "seat_taken"): "in_use",
    ("connected", "call_lost"): "waiting",
    ("connected", "ended"): "closed",
    ("connected", "time_up"): "expired",
    ("in_use", "page_opened"): "in_use",
    ("in_use", "seat_taken"): "in_use",
    ("in_use", "last_seat_left"): "connected",
    ("in_use", "call_lost"): "waiting",
    ("in_use", "ended"): "closed",
    ("in_use", "time_up"): "expired",
}
EVERY_PAIR = list(product(State, Event))


@pytest.mark.parametrize(("state", "event"), EVERY_PAIR)
def test_table(state, event):
    assert TRANSITIONS[state].get(event) == ALLOWED.get((state, event))


@pytest.mark.parametrize(("state", "event"), EVERY_PAIR)
def test_move_does_what_the_table_says_and_writes_one_row(state, event, desk, engine):
    session_id = desk.session().session.id
    with Transaction(engine) as transaction, transaction.begin():
        transaction.get_one(Session, session_id).state = state.value
    before = len(desk.sessions.events(session_id))
    with Transaction(engine) as transaction, transaction.begin():
        reached = move(transaction, session_id, event, desk.clock(), "test")
    expected = ALLOWED.get((state, event))
    assert reached == expected
    with Transaction(engine) as transaction:
        assert transaction.get_one(Session, session_id).state == (expected or state)
    assert len(desk.sessions.events(session_id)) == before + (expected is not None)


def test_every_state_is_live_or_ended():
    assert set(State) == LIVE | ENDED
    assert {"closed", "expired"} == ENDED


def test_sources_inverts_the_table():
    assert sources(Event.CALL_LOST) == {State.CONNECTED: State.WAITING, State.IN_USE: State.WAITING}
