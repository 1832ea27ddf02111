"""What may happen to a session, and what it then is. Nothing outside this file decides that.

Read a row as: *in this state, this event leads there*. An event that is missing from a state's row is refused.
`closed` and `expired` have empty rows: nothing leads out of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """A session is in exactly one of these."""

    CREATED = "created"
    WAITING = "waiting"
    CONNECTED = "connected"
    IN_USE = "in_use"
    CLOSED = "closed"
    EXPIRED = "expired"


class Event(StrEnum):
    """What can happen to a session."""

    PAGE_OPENED = "page_opened"
    CALL_MATCHED = "call_matched"
    SEAT_TAKEN = "seat_taken"
    LAST_SEAT_LEFT = "last_seat_left"
    CALL_LOST = "call_lost"
    ENDED = "ended"
    TIME_UP = "time_up"


TRANSITIONS: Mapping[State, Mapping[Event, State]] = {
    State.CREATED: {
        Event.PAGE_OPENED: State.WAITING,
        # The code was read over the phone: the customer dialled without ever opening the page.
        Event.CALL_MATCHED: State.CONNECTED,
        Event.ENDED: State.CLOSED,
        Event.TIME_UP: State.EXPIRED,
    },
    State.WAITING: {
        Event.PAGE_OPENED: State.WAITING,
        Event.CALL_MATCHED: State.CONNECTED,
        Event.ENDED: State.CLOSED,
        Event.TIME_UP: State.EXPIRED,
    },
    State.CONNECTED: {
        Event.PAGE_OPENED: State.CONNECTED,
        Event.SEAT_TAKEN: State.IN_USE,
        Event.CALL_LOST: State.WAITING,
        Event.ENDED: State.CLOSED,
        Event.TIME_UP: State.EXPIRED,
    },
    State.IN_USE: {
        Event.PAGE_OPENED: State.IN_USE,
        Event.SEAT_TAKEN: State.IN_USE,
        Event.LAST_SEAT_LEFT: State.CONNECTED,
        Event.CALL_LOST: State.WAITING,
        Event.ENDED: State.CLOSED,
        Event.TIME_UP: State.EXPIRED,
    },
    State.CLOSED: {},
    State.EXPIRED: {},
}

LIVE = frozenset(state for state, row in TRANSITIONS.items() if row)
ENDED = frozenset(State) - LIVE


def sources(event: Event) -> dict[State, State]:
    """Every state that `event` may meet, and where it leads from there."""
    return {state: row[event] for state, row in TRANSITIONS.items() if event in row}
