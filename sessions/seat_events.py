"""What the audit says of seats: who took one on which computer, from where, how, for how long, and why it ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from sessions.models import AuditEvent, Call, Seat, Technician
from sessions.states import Event, State
from sessions.transactions import Transaction, move, record

LEFT = "The technician left."
WITHDRAWN = "The seat was withdrawn."
REPLACED = "The technician came back: a newer seat took its place."
# The rows that tell of a seat which has control from then on.
GAINS = ("seat_taken", "control_given", "control_taken")


def note_taken(transaction: Transaction, call: Call, seat: Seat, now: datetime) -> State | None:
    """Move the call's session for a seat that its technician takes; None where it cannot be moved."""
    return move(
        transaction,
        call.session_id or "",
        Event.SEAT_TAKEN,
        now,
        transaction.get_one(Technician, seat.technician_id).name,
        address=_asked_from(transaction, seat.ticket_id, call.id),
        call_id=call.id,
        mode=seat.mode,
        desktop=call.desktop,
        encrypted=call.encrypted,
        seat=seat.id,
    )


def leave(transaction: Transaction, seat: Seat, call: Call, now: datetime, reason: str = "") -> None:
    """End a seat, and write down how long it was taken, and whether it had control at any time."""
    seat.left_at = now
    record(
        transaction,
        "seat_left",
        now,
        seat.technician.name,
        session_id=call.session_id,
        call_id=call.id,
        address=_asked_from(transaction, seat.ticket_id, call.id),
        mode=best_mode(seat, that_had_control(transaction, [call.id])),
        desktop=call.desktop,
        seconds=whole_seconds(now - seat.since),
        reason=_why(transaction, seat) if seat.must_leave else reason or LEFT,
    )


def that_had_control(transaction: Transaction, call_ids: list[int]) -> set[object]:
    """The seats at these calls that came to control, whatever they may do now."""
    told = select(AuditEvent.details).where(AuditEvent.call_id.in_(call_ids), AuditEvent.kind.in_(GAINS))
    return {known.get("seat") for known in transaction.scalars(told) if known.get("mode") == "control"}


def best_mode(seat: Seat, had_control: set[object]) -> str:
    """How a seat took part, told afterwards: whoever had control for a moment controlled the computer."""
    return "control" if seat.id in had_control else seat.mode


def leave_all(transaction: Transaction, call: Call, now: datetime, reason: str) -> None:
    """End every seat on a call that is over."""
    for seat in transaction.scalars(select(Seat).where(Seat.call_id == call.id, Seat.left_at.is_(None))):
        leave(transaction, seat, call, now, reason)


def whole_seconds(span: timedelta) -> int:
    """How long something lasted, as the audit has it."""
    return max(0, int(span.total_seconds()))


def _why(transaction: Transaction, seat: Seat) -> str:
    """Why a seat had to leave."""
    newer = select(Seat.id).where(
        Seat.call_id == seat.call_id, Seat.technician_id == seat.technician_id, Seat.id > seat.id, ~Seat.must_leave
    )
    return WITHDRAWN if transaction.scalars(newer).first() is None else REPLACED


def _asked_from(transaction: Transaction, ticket_id: int, call_id: int) -> str | None:
    """From where the seat's ticket was asked for: at the seat itself, websockify is all that is seen."""
    issued = select(AuditEvent).where(AuditEvent.call_id == call_id, AuditEvent.kind == "ticket_issued")
    rows = transaction.scalars(issued.order_by(AuditEvent.id.desc()))
    return next((row.address for row in rows if row.details.get("ticket") == ticket_id), None)
