"""What the audit says of seats: who took one on which computer, from where, how, for how long, and why it ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from sessions.models import AuditEvent, Call, Seat, Technician, Ticket
from sessions.states import Event, State
from sessions.transactions import Transaction, move, record

LEFT = "The technician left."
WITHDRAWN = "The seat was withdrawn."


def note_taken(transaction: Transaction, call: Call, ticket: Ticket, now: datetime) -> State | None:
    """Move the call's session for a seat that its technician takes; None where it cannot be moved."""
    who = transaction.get_one(Technician, ticket.technician_id)
    return move(
        transaction,
        call.session_id or "",
        Event.SEAT_TAKEN,
        now,
        who.name,
        address=_asked_from(transaction, ticket.id, call.id),
        call_id=call.id,
        mode=ticket.mode,
        desktop=call.desktop,
        encrypted=call.encrypted,
    )


def leave(transaction: Transaction, seat: Seat, call: Call, now: datetime, reason: str = "") -> None:
    """End a seat, and write down how long it was taken."""
    seat.left_at = now
    record(
        transaction,
        "seat_left",
        now,
        seat.technician.name,
        session_id=call.session_id,
        call_id=call.id,
        address=_asked_from(transaction, seat.ticket_id, call.id),
        mode=seat.mode,
        desktop=call.desktop,
        seconds=whole_seconds(now - seat.since),
        reason=WITHDRAWN if seat.must_leave else reason or LEFT,
    )


def leave_all(transaction: Transaction, call: Call, now: datetime, reason: str) -> None:
    """End every seat on a call that is over."""
    for seat in transaction.scalars(select(Seat).where(Seat.call_id == call.id, Seat.left_at.is_(None))):
        leave(transaction, seat, call, now, reason)


def whole_seconds(span: timedelta) -> int:
    """How long something lasted, as the audit has it."""
    return max(0, int(span.total_seconds()))


def _asked_from(transaction: Transaction, ticket_id: int, call_id: int) -> str | None:
    """From where the seat's ticket was asked for: at the seat itself, websockify is all that is seen."""
    issued = select(AuditEvent).where(AuditEvent.call_id == call_id, AuditEvent.kind == "ticket_issued")
    rows = transaction.scalars(issued.order_by(AuditEvent.id.desc()))
    return next((row.address for row in rows if row.details.get("ticket") == ticket_id), None)
