"""Tickets: a technician's way to one seat on one call, once, within a minute.

What websockify is given is `<session id>.<ticket>`, so that a ticket shown for another session is told apart from one
that never was. A ticket names its call, never a port: ports are used again, calls are not (CVE-2013-0335 is what
happened to others).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update

from sessions.dismissal import may_sit
from sessions.errors import (
    CallReplaced,
    NoCallHeld,
    NotSeated,
    SeatTaken,
    SessionEnded,
    TicketExpired,
    TicketForeign,
    TicketRefused,
    TicketSpent,
    TicketUnknown,
    UnknownMode,
    UnknownSession,
)
from sessions.models import Call, Seat, Session, Technician, Ticket
from sessions.secrets import digest, new_ticket
from sessions.transactions import Register, Transaction, has_ended, record
from sessions.views import Endpoint, NewTicket, TechnicianView

LIFETIME = timedelta(seconds=60)
LOOPBACK = "127.0.0.1"
WEBSOCKIFY = "websockify"
MODES = ("control",)


class TicketRegister(Register):
    """The verbs of tickets."""

    def issue(self, session_id: str, by: TechnicianView, mode: str = "control") -> NewTicket:
        """A ticket for the call that a session holds now.

        Raises:
            UnknownSession, SessionEnded, NoCallHeld, SeatTaken, UnknownMode, NotSeated
        """
        now = self._clock()
        if mode not in MODES:
            raise UnknownMode
        with self._writing() as transaction:
            if not may_sit(transaction.get(Technician, by.id)):
                raise NotSeated
            call = _held_call(transaction, session_id, now)
            _refuse_second_seat(transaction, call.id)
            ticket = new_ticket(self._entropy)
            expires_at = now + LIFETIME
            row = Ticket(
                digest=digest(ticket),
                session_id=session_id,
                call_id=call.id,
                technician_id=by.id,
                mode=mode,
                expires_at=expires_at,
            )
            transaction.add(row)
            transaction.flush()
            record(
                transaction,
                "ticket_issued",
                now,
                by.name,
                address=by.address,
                session_id=session_id,
                call_id=call.id,
                mode=mode,
                ticket=row.id,
            )
            return NewTicket(f"{session_id}.{ticket}", expires_at)

    def spend(self, token: str) -> Endpoint:
        """Spend a ticket and learn where its call is. Only the first of several who try at once succeeds.

        Raises:
            TicketUnknown, TicketForeign, TicketSpent, TicketExpired, CallReplaced
        """
        now = self._clock()
        session_id, ticket = _parts(token)
        with self._writing() as transaction:
            row = _usable(transaction, session_id, ticket, now)
            call = transaction.get_one(Call, row.call_id)
            guarded = update(Ticket).where(Ticket.id == row.id, Ticket.spent_at.is_(None)).values(spent_at=now)
            if transaction.execute(guarded.returning(Ticket.id)).scalar_one_or_none() is None:
                raise TicketSpent
            record(
                transaction,
                "ticket_spent",
                now,
                WEBSOCKIFY,
                session_id=session_id,
                call_id=call.id,
                technician=transaction.get_one(Technician, row.technician_id).name,
                ticket=row.id,
            )
            return Endpoint(LOOPBACK, call.port or 0)

    def why_refused(self, session_id: str, token: str) -> TicketRefused | None:
        """Why `token` would be refused on this session's page, or None where it would be taken. Spends nothing."""
        named, ticket = _parts(token)
        with self._reading() as transaction:
            try:
                row = _usable(transaction, named, ticket, self._clock())
            except TicketRefused as refusal:
                return refusal
            return None if row.session_id == session_id else TicketForeign()


def _held_call(transaction: Transaction, session_id: str, now: datetime) -> Call:
    session = transaction.get(Session, session_id)
    if session is None:
        raise UnknownSession
    if has_ended(session, now):
        raise SessionEnded
    held = select(Call).where(Call.session_id == session_id, Call.state == "held")
    call = transaction.scalars(held).first()
    if call is None:
        raise NoCallHeld
    return call


def _refuse_second_seat(transaction: Transaction, call_id: int) -> None:
    taken = select(Seat).where(Seat.call_id == call_id, Seat.left_at.is_(None))
    seat = transaction.scalars(taken).first()
    if seat is not None:
        raise SeatTaken(f"{seat.technician.name} is connected to this computer. Ask them to leave, then connect again.")


def _parts(token: str) -> tuple[str, str]:
    session_id, _, ticket = token.partition(".")
    return session_id, ticket


def _usable(transaction: Transaction, session_id: str, ticket: str, now: datetime) -> Ticket:
    row = transaction.scalars(select(Ticket).where(Ticket.digest == digest(ticket))).first()
    if row is None:
        raise TicketUnknown
    if row.session_id != session_id:
        raise TicketForeign
    if row.spent_at is not None:
        raise TicketSpent
    if row.expires_at <= now:
        raise TicketExpired
    call = transaction.get_one(Call, row.call_id)
    if call.state != "held" or has_ended(transaction.get_one(Session, session_id), now):
        raise CallReplaced
    return row
