"""What ends at once where somebody may no longer work: the seats they have, and the tickets they could still use."""

from __future__ import annotations

from sqlalchemy import delete, exists, select, update

from sessions.models import Seat, SignIn, Technician, Ticket
from sessions.transactions import Transaction

# An auditor only reads, and takes no seat.
SEATED_ROLES = frozenset({"admin", "technician"})


def dismiss(transaction: Transaction, technician_id: int) -> None:
    """Let the listener end a person's seats, and forget the tickets they have not used."""
    seats = update(Seat).where(Seat.technician_id == technician_id, Seat.left_at.is_(None)).values(must_leave=True)
    transaction.execute(seats, execution_options={"synchronize_session": False})
    used = exists().where(Seat.ticket_id == Ticket.id)
    unused = delete(Ticket).where(Ticket.technician_id == technician_id, ~used)
    transaction.execute(unused, execution_options={"synchronize_session": False})


def sign_out(transaction: Transaction, technician_id: int, keep: int | None = None) -> int:
    """End a person's sign-ins, all but `keep`; answers how many."""
    chosen = select(SignIn).where(SignIn.technician_id == technician_id)
    rows = [row for row in transaction.scalars(chosen) if row.id != keep]
    for row in rows:
        transaction.delete(row)
    return len(rows)


def may_sit(person: Technician | None) -> bool:
    """Whether somebody may have a seat now."""
    return person is not None and person.removed_at is None and person.role in SEATED_ROLES
