"""How a call ends: its row, its seats, its session and the audit, in the transaction of whoever ends it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from sessions.call_values import Totals
from sessions.matching import OPEN
from sessions.models import Call
from sessions.seat_events import leave_all, whole_seconds
from sessions.states import Event
from sessions.transactions import LISTENER, Transaction, move, record


def lose(transaction: Transaction, call: Call, reason: str, totals: Totals, now: datetime) -> None:
    """Mark a call as lost, for `reason`: its seats are left, and its session waits again. One that is over stays so."""
    if call.state not in OPEN:
        return
    was_held = call.state == "held"
    call.state, call.ended_at, call.reason = "lost", now, reason[:512]
    call.bytes_from_customer, call.bytes_to_customer = totals.from_customer, totals.to_customer
    leave_all(transaction, call, now, call.reason)
    if was_held and call.session_id:
        move(transaction, call.session_id, Event.CALL_LOST, now, LISTENER, call_id=call.id, reason=call.reason)
    record(
        transaction,
        "call_over",
        now,
        LISTENER,
        session_id=call.session_id,
        call_id=call.id,
        address=call.address,
        desktop=call.desktop,
        seconds=whole_seconds(now - call.since),
        reason=call.reason,
        bytes_from_customer=totals.from_customer,
        bytes_to_customer=totals.to_customer,
    )


def lose_calls(transaction: Transaction, listener_id: int | None, reason: str, now: datetime) -> int:
    """Mark the open calls of a listener that is gone (None: those with none) as lost; answers how many there were."""
    rows = list(transaction.scalars(select(Call).where(Call.state.in_(OPEN), Call.listener_id == listener_id)))
    for row in rows:
        lose(transaction, row, reason, Totals(), now)
    return len(rows)
