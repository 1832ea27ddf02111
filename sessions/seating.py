"""How a seat is given: with which mode, in place of which older one, and whether there is room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sessions.control import CONTROL, WATCH, present
from sessions.models import Call, Seat, Ticket
from sessions.seat_events import note_taken
from sessions.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Room:
    """What somebody who wants to sit down meets: those who stay, and seats of their own that a new one replaces."""

    others: tuple[Seat, ...]
    own: tuple[Seat, ...]

    def mode(self, wanted: str) -> str:
        """Control is for whoever comes first; the others watch."""
        return WATCH if any(seat.mode == CONTROL for seat in self.others) else wanted

    def is_full(self, max_seats: int) -> bool:
        """Whether one more would be too many."""
        return len(self.others) >= max_seats


def look(transaction: Transaction, call_id: int, technician_id: int, wanted: str) -> Room:
    """Look who is there. A technician who wants control and has it already comes back: the older seat is a leftover."""
    here = present(transaction, call_id)
    own = tuple(seat for seat in here if wanted == seat.mode == CONTROL and seat.technician_id == technician_id)
    return Room(tuple(seat for seat in here if seat not in own), own)


def sit(transaction: Transaction, call: Call, ticket: Ticket, max_seats: int, now: datetime) -> Seat | None:
    """Give the seat at a locked call that a spent ticket is for; None where it can no longer be had."""
    room = look(transaction, call.id, ticket.technician_id, ticket.mode)
    if room.is_full(max_seats):
        return None
    seat = Seat(
        ticket_id=ticket.id,
        call_id=call.id,
        technician_id=ticket.technician_id,
        mode=room.mode(ticket.mode),
        since=now,
    )
    transaction.add(seat)
    transaction.flush()
    if note_taken(transaction, call, seat, now) is None:
        transaction.delete(seat)
        return None
    for leftover in room.own:
        leftover.must_leave = True
    return seat
