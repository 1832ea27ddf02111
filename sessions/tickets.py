"""Tickets: a technician's way to one seat on one call, once, within a minute.

What websockify is given is `<session id>.<ticket>`, so that a ticket shown for another session is told apart from one
that never was. A ticket names its call, never a port: ports are used again, calls are not (CVE-2013-0335 is what
happened to others).
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from sqlalchemy import Engine, exists, select, update

from sessions.clock import Clock, utc_now
from sessions.control import MAX_SEATS, MODES, lock
from sessions.dismissal import may_sit
from sessions.errors import (
    CallReplaced,
    NoCallHeld,
    NotSeated,
    NotYourTurn,
    SeatsFull,
    SessionEnded,
    TicketElsewhere,
    TicketExpired,
    TicketForeign,
    TicketRefused,
    TicketSpent,
    TicketUnknown,
    UnknownMode,
    UnknownSession,
)
from sessions.models import Call, Listener, Seat, Session, Technician, Ticket
from sessions.seating import look
from sessions.secrets import Entropy, digest, new_ticket
from sessions.transactions import Register, Transaction, has_ended, record
from sessions.views import Endpoint, NewTicket, TechnicianView

LIFETIME = timedelta(seconds=60)
LOOPBACK = "127.0.0.1"
WEBSOCKIFY = "websockify"
# Within this time whoever spent a ticket has come to the call's port, or given up.
ARRIVAL = timedelta(seconds=6)


class TicketRegister(Register):
    """The verbs of tickets. `max_seats` is how many may sit at one call.

    `node` is where tickets are spent: only those of calls that are there. None spends all.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock = utc_now,
        entropy: Entropy = os.urandom,
        max_seats: int = MAX_SEATS,
        node: str | None = None,
    ) -> None:
        super().__init__(engine, clock, entropy)
        self._max_seats = max_seats
        self._node = node

    def issue(self, session_id: str, by: TechnicianView, mode: str = "control") -> NewTicket:
        """A ticket for the call that a session holds now.

        The answer's mode is what the seat would have now: who wants control watches where another technician has it.

        Raises:
            UnknownSession, SessionEnded, NoCallHeld, SeatsFull, UnknownMode, NotSeated
        """
        now = self._clock()
        if mode not in MODES:
            raise UnknownMode
        with self._writing() as transaction:
            if not may_sit(transaction.get(Technician, by.id)):
                raise NotSeated
            call = _held_call(transaction, session_id, now)
            room = look(transaction, call.id, by.id, mode)
            if room.is_full(self._max_seats):
                raise SeatsFull
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
            return NewTicket(f"{session_id}.{ticket}", expires_at, room.mode(mode), _node_of(transaction, call))

    def spend(self, token: str) -> Endpoint:
        """Spend a ticket and learn where its call is. Only the first of several who try at once succeeds.

        At the call's port nobody can be told from another. So its tickets are spent one by one: the next when whoever
        spent the last one has their seat.

        Raises:
            TicketUnknown, TicketForeign, TicketSpent, TicketExpired, CallReplaced, TicketElsewhere, NotYourTurn
        """
        now = self._clock()
        session_id, ticket = _parts(token)
        with self._writing() as transaction:
            row = _usable(transaction, session_id, ticket, now)
            call = lock(transaction, row.call_id)
            if self._node not in {None, _node_of(transaction, call) or self._node}:
                raise TicketElsewhere
            if _is_on_the_way(transaction, call.id, now):
                raise NotYourTurn
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
            return Endpoint(LOOPBACK, call.port or 0, session_id, call.id)

    def why_refused(self, session_id: str, token: str) -> TicketRefused | None:
        """Why `token` would be refused on this session's page, or None where it would be taken. Spends nothing."""
        named, ticket = _parts(token)
        with self._reading() as transaction:
            try:
                row = _usable(transaction, named, ticket, self._clock())
            except TicketRefused as refusal:
                return refusal
            return None if row.session_id == session_id else TicketForeign()

    def seat_of(self, session_id: str, token: str) -> int | None:
        """The seat that a ticket of this session opened, while it is taken."""
        named, ticket = _parts(token)
        opened = select(Seat.id).join(Ticket, Ticket.id == Seat.ticket_id).where(Seat.left_at.is_(None))
        own = opened.where(Ticket.digest == digest(ticket), Ticket.session_id == session_id)
        with self._reading() as transaction:
            return transaction.scalars(own).first() if named == session_id else None


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


def _node_of(transaction: Transaction, call: Call) -> str | None:
    """The node whose loopback port leads to a call."""
    listener = transaction.get(Listener, call.listener_id) if call.listener_id else None
    return listener.node if listener else None


def _is_on_the_way(transaction: Transaction, call_id: int, now: datetime) -> bool:
    """Whether somebody spent a ticket of the call just now and has no seat yet."""
    seated = exists().where(Seat.ticket_id == Ticket.id)
    coming = select(Ticket.id).where(Ticket.call_id == call_id, Ticket.spent_at > now - ARRIVAL, ~seated)
    return transaction.scalars(coming).first() is not None


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
