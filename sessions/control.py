"""Who has control at a call, and how it moves: at most one of the seats that are taken, whoever asks at once.

Every change begins with `lock`, so that two that come together are made one after the other.
"""

from __future__ import annotations

from sqlalchemy import select

from sessions.models import Call, Seat
from sessions.transactions import Transaction

CONTROL, WATCH = "control", "watch"
MODES = (CONTROL, WATCH)
MAX_SEATS = 8


def lock(transaction: Transaction, call_id: int) -> Call:
    """The call, which no other writer changes until this transaction is over."""
    return transaction.get_one(Call, call_id, with_for_update=True)


def lock_around(transaction: Transaction, seat: Seat) -> Call:
    """The call that a seat is at, locked, and the seat as it is now that nobody else changes it."""
    call = lock(transaction, seat.call_id)
    transaction.refresh(seat)
    return call


def present(transaction: Transaction, call_id: int) -> list[Seat]:
    """The seats that are taken and may stay, the oldest first."""
    staying = select(Seat).where(Seat.call_id == call_id, Seat.left_at.is_(None), ~Seat.must_leave)
    return list(transaction.scalars(staying.order_by(Seat.id)))


def controller(transaction: Transaction, call_id: int) -> Seat | None:
    """The seat that has control, if any has."""
    return next((seat for seat in present(transaction, call_id) if seat.mode == CONTROL), None)


def vacate(transaction: Transaction, call_id: int) -> None:
    """Leave nobody in control, and no offer of whoever had it. A seat that has to leave has none to lose."""
    for seat in present(transaction, call_id):
        seat.mode, seat.offered_at = WATCH, None


def hand_to(transaction: Transaction, seat: Seat) -> None:
    """Give control to a seat; whoever had it watches from now on."""
    vacate(transaction, seat.call_id)
    seat.mode, seat.asked_at = CONTROL, None
