"""Customers' calls: how one arrives, to which session it belongs, how it is held and how it ends.

The listener writes what sockets do; people write what they decide (`claim`, and a session's end); `decisions` is how
the listener learns of it.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from sqlalchemy import Engine, exists, select, update

from sessions.call_ends import lose
from sessions.call_values import (
    GUESSING,
    OVER,
    Arrival,
    Decision,
    Facts,
    Fate,
    Patience,
    Placement,
    TakenSeat,
    Totals,
    VncPassword,
)
from sessions.clock import Clock, utc_now
from sessions.control import CONTROL, MAX_SEATS, lock, lock_around, vacate
from sessions.errors import NotClaimable, SessionEnded, SessionHasCall, UnknownCall, UnknownSession
from sessions.guesses import Standing, count_wrong, standing
from sessions.listener_calls import ListenerCalls
from sessions.matching import OPEN, Claims, MatchedBy, Owner, find_owner, has_been_number, session_of
from sessions.models import Call, Seat, Session, Ticket
from sessions.seat_events import leave
from sessions.seating import sit
from sessions.secrets import Entropy, normal_code
from sessions.states import Event
from sessions.tickets import ARRIVAL
from sessions.transactions import LISTENER, Transaction, call_view, has_ended, move, record, seat_view
from sessions.vault import Vault
from sessions.views import CallView, TechnicianView

MAX_ID = 2**31
REFUSED_SHOWN = timedelta(minutes=10)
# A script that dials every second, or a stranger who fills tables, gets one row each so often.
REFUSED_AGAIN = timedelta(seconds=30)


class CallRegister(ListenerCalls):
    """The verbs of calls. `seat_seconds` is how long a spent ticket may take to reach its call's port.

    `max_seats` is how many may sit at one call.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock = utc_now,
        entropy: Entropy = os.urandom,
        vault: Vault | None = None,
        *,
        seat_seconds: float = 10,
        max_seats: int = MAX_SEATS,
        listener_id: int | None = None,
    ) -> None:
        super().__init__(engine, clock, entropy, vault, listener_id=listener_id)
        self._seat_time = timedelta(seconds=seat_seconds)
        self._max_seats = max_seats

    # What people see and decide.

    def parked(self) -> list[CallView]:
        """Calls that wait for a technician's decision, the oldest first."""
        undecided = select(Call).where(Call.state == "parked", Call.session_id.is_(None)).order_by(Call.id)
        with self._reading() as transaction:
            return [call_view(row) for row in transaction.scalars(undecided)]

    def refused(self, limit: int = 20) -> list[CallView]:
        """Calls that failed to greet in the last ten minutes, the newest first, each with its reason."""
        fresh = Call.since > self._clock() - REFUSED_SHOWN
        failed = select(Call).where(Call.state == "refused", fresh).order_by(Call.id.desc()).limit(limit)
        with self._reading() as transaction:
            return [call_view(row) for row in transaction.scalars(failed)]

    def claim(self, call_id: int, session_id: str, by: TechnicianView) -> None:
        """A technician decides whose a parked call is; the listener then holds it for that session.

        Raises:
            UnknownCall, NotClaimable, UnknownSession, SessionEnded, SessionHasCall
        """
        now = self._clock()
        with self._writing() as transaction:
            # A number that no database can hold is the number of no call.
            call = transaction.get(Call, call_id) if call_id < MAX_ID else None
            if call is None:
                raise UnknownCall
            session = transaction.get(Session, session_id)
            if session is None:
                raise UnknownSession
            if has_ended(session, now):
                raise SessionEnded
            if _owns_a_call(transaction, session_id):
                raise SessionHasCall
            if not _decide(transaction, call_id, session_id, MatchedBy.CLAIM, confirmed=True):
                raise NotClaimable
            record(
                transaction,
                "claimed",
                now,
                by.name,
                address=by.address,
                session_id=session_id,
                call_id=call_id,
                desktop=call.desktop,
                caller=call.address,
                encrypted=call.encrypted,
            )

    # What sockets do.

    def judge(self, claims: Claims) -> Patience:
        """What to do with a caller before it is greeted, by the codes that it said; a wrong one is counted."""
        if not claims.said:
            return Patience()
        now = self._clock()
        with self._reading() as transaction:
            stands = standing(transaction, claims.address, now)
            if stands.refused:
                return Patience(GUESSING)
            wrong = [said.code for said in claims.said if session_of(transaction, said.code, now) is None]
            forgotten = any(has_been_number(transaction, code) for code in wrong)
        if forgotten:
            return Patience(OVER)
        guessed = any(normal_code(code) for code in wrong)
        return self._slowed(claims.address, now) if guessed else Patience(seconds=stands.delay)

    def password_for(self, claims: Claims) -> VncPassword | None:
        """The password for the VNC server of the session a caller would be matched to.

        A caller that only came to the right port is given no answer to its challenge: it may be anybody.
        """
        with self._reading() as transaction:
            owner = find_owner(transaction, claims, self._clock())
            if owner is None or self._vault is None or _only_found_a_port(owner):
                return None
            stored, made = owner.session.sealed_vnc_password, owner.session.sealed_script_password
        text = self._vault.open(stored or made or "")
        return VncPassword(text, is_stored=stored is not None) if text else None

    def arrived(self, arrival: Arrival) -> Placement:
        """Write down a greeted call and, where exactly one session can own it, whose it is."""
        now = self._clock()
        with self._writing() as transaction:
            owner = find_owner(transaction, arrival.claims, now, arrival.desktop)
            call = Call(
                state="parked",
                address=arrival.claims.address,
                desktop=arrival.desktop,
                width=arrival.width,
                height=arrival.height,
                encrypted=arrival.encrypted,
                since=now,
                listener_id=self._listener_id,
                **(_belonging(owner) if owner else {}),
            )
            transaction.add(call)
            transaction.flush()
            record(
                transaction,
                "call_arrived",
                now,
                LISTENER,
                session_id=call.session_id or call.second_of,
                call_id=call.id,
                address=call.address,
                desktop=call.desktop,
                encrypted=call.encrypted,
                matched_by=call.matched_by,
                confirmed=call.confirmed,
                second_by=call.second_by,
            )
            rival = owner.rival.id if owner and owner.rival else None
            return Placement(call.id, call.session_id, rival, call.matched_by)

    def succeed(self, call_id: int, rival: int) -> str | None:
        """Give a second call to its session, now that `rival` is over; None where the session cannot have it.

        Answers the session, for which the call is then to be held.
        """
        now = self._clock()
        with self._reading() as transaction:
            # Asked again and again while the other is at another listener: no writer has to wait for that.
            wanted = transaction.get_one(Call, call_id).second_of
            if wanted is None or _owns_a_call(transaction, wanted):
                return None
        with self._writing() as transaction:
            call = transaction.get_one(Call, call_id)
            heir = transaction.get(Session, call.second_of) if call.second_of else None
            if heir is None or has_ended(heir, now) or _owns_a_call(transaction, heir.id):
                return None
            how = MatchedBy(call.second_by or MatchedBy.ADDRESS)
            if not _decide(transaction, call_id, heir.id, how, confirmed=call.confirmed):
                return None
            record(transaction, "call_replaced", now, LISTENER, session_id=heir.id, call_id=call_id, replaced=rival)
            return heir.id

    def refuse(self, address: str, reason: str) -> None:
        """Write down a call whose greeting failed, so that the board can say why. Calls within 30 s share a row."""
        now = self._clock()
        with self._writing() as transaction:
            lately = _lately_refused(transaction, address, now - REFUSED_AGAIN)
            if lately is not None:
                lately.since, lately.reason = now, reason[:512]
                return
            row = Call(state="refused", address=address, since=now, ended_at=now, reason=reason[:512])
            transaction.add(row)
            transaction.flush()
            record(
                transaction,
                "call_refused",
                now,
                LISTENER,
                call_id=row.id,
                address=address,
                reason=reason[:512],
            )

    def hold(self, call_id: int, port: int) -> bool:
        """The listener holds a decided call on a loopback port; False where its session can no longer have it."""
        now = self._clock()
        with self._writing() as transaction:
            call = transaction.get_one(Call, call_id)
            if call.state != "parked" or call.session_id is None:
                return False
            reached = move(
                transaction,
                call.session_id,
                Event.CALL_MATCHED,
                now,
                LISTENER,
                address=call.address,
                call_id=call_id,
                matched_by=call.matched_by,
                confirmed=call.confirmed,
                desktop=call.desktop,
                encrypted=call.encrypted,
            )
            if reached is None:
                return False
            call.state, call.port = "held", port
            return True

    def take_seat(self, call_id: int) -> TakenSeat | None:
        """Admit one connection to a held call, if a ticket for this very call was spent just now and not used yet.

        Whoever asked for control watches where another technician has it.
        """
        now = self._clock()
        with self._writing() as transaction:
            call = lock(transaction, call_id)
            ticket = self._waiting_ticket(transaction, call_id, now)
            if call.state != "held" or call.session_id is None or ticket is None:
                return None
            seat = sit(transaction, call, ticket, self._max_seats, now)
            if seat is None:
                # Nobody comes with it any more, and the next need not wait for that.
                ticket.spent_at = now - max(self._seat_time, ARRIVAL)
                return None
            waited = now - (ticket.spent_at or now)
            return TakenSeat(seat.id, seat_view(seat), waited.total_seconds())

    def modes(self) -> dict[int, str]:
        """How each taken seat may take part: at every call one at most has `control`, the others `watch`."""
        taken = select(Seat).join(Call, Call.id == Seat.call_id).where(Seat.left_at.is_(None), self._own)
        with self._reading() as transaction:
            return {seat.id: seat.mode_now for seat in transaction.scalars(taken)}

    def describe(self, call_id: int, facts: Facts) -> None:
        """Write down how a call is now; one that is over stays as it was."""
        told = update(Call).where(Call.id == call_id, Call.state.in_(OPEN))
        with self._writing() as transaction:
            transaction.execute(
                told.values(resumable=facts.resumable, width=facts.width, height=facts.height, desktop=facts.desktop)
            )

    def seats_to_end(self) -> list[int]:
        """Seats that people decided to end and the listener has not ended yet."""
        decided = (
            select(Seat.id)
            .join(Call, Call.id == Seat.call_id)
            .where(Seat.must_leave, Seat.left_at.is_(None), self._own)
        )
        with self._reading() as transaction:
            return list(transaction.scalars(decided))

    def seat_left(self, seat_id: int) -> None:
        """A technician's connection ended."""
        now = self._clock()
        with self._writing() as transaction:
            seat = transaction.get_one(Seat, seat_id)
            call = lock_around(transaction, seat)
            if seat.left_at is not None:
                return
            leave(transaction, seat, call, now)
            transaction.flush()
            if seat.mode == CONTROL and not seat.must_leave:
                vacate(transaction, call.id)
            if call.session_id and not _has_seats(transaction, call.id):
                move(
                    transaction,
                    call.session_id,
                    Event.LAST_SEAT_LEFT,
                    now,
                    LISTENER,
                    call_id=call.id,
                    technician=seat.technician.name,
                )

    def lost(self, call_id: int, reason: str, totals: Totals | None = None) -> None:
        """A call is over: its computer hung up, or the listener closed it as people decided."""
        with self._writing() as transaction:
            lose(transaction, transaction.get_one(Call, call_id), reason, totals or Totals(), self._clock())

    def decisions(self) -> list[Decision]:
        """What people decided about open calls and the listener has not carried out yet."""
        now = self._clock()
        decided = (
            select(Call, Session).join(Session, Session.id == Call.session_id).where(Call.state.in_(OPEN), self._own)
        )
        with self._reading() as transaction:
            found = [_decision(call, session, now) for call, session in transaction.execute(decided)]
        return [decision for decision in found if decision]

    def _slowed(self, address: str, now: datetime) -> Patience:
        with self._writing() as transaction:
            stands = count_wrong(transaction, address, now)
            if stands.refused:
                _tell_guesser(transaction, address, stands, now)
            return Patience(GUESSING if stands.refused else "", stands.delay)

    def _waiting_ticket(self, transaction: Transaction, call_id: int, now: datetime) -> Ticket | None:
        """The last one spent: of an older one whoever spent it has given up (see TicketRegister.spend)."""
        unused = ~exists().where(Seat.ticket_id == Ticket.id)
        fresh = Ticket.spent_at > now - self._seat_time
        return transaction.scalars(
            select(Ticket).where(Ticket.call_id == call_id, fresh, unused).order_by(Ticket.spent_at.desc()).limit(1)
        ).first()


def _belonging(owner: Owner) -> dict[str, object]:
    how = {"confirmed": owner.confirmed}
    if owner.rival:
        return how | {"second_of": owner.session.id, "second_by": owner.matched_by.value}
    return how | {"session_id": owner.session.id, "matched_by": owner.matched_by.value}


def _only_found_a_port(owner: Owner) -> bool:
    return owner.matched_by is MatchedBy.PORT and not owner.confirmed


def _tell_guesser(transaction: Transaction, address: str, stands: Standing, now: datetime) -> None:
    record(transaction, "guesser_refused", now, LISTENER, address=address, wrong=stands.wrong, in_all=stands.in_all)


def _decide(transaction: Transaction, call_id: int, session_id: str, matched_by: MatchedBy, *, confirmed: bool) -> bool:
    guarded = (
        update(Call)
        .where(Call.id == call_id, Call.state == "parked", Call.session_id.is_(None))
        .values(session_id=session_id, second_of=None, second_by=None, matched_by=matched_by.value, confirmed=confirmed)
        .returning(Call.id)
    )
    return transaction.execute(guarded).scalar_one_or_none() is not None


def _decision(call: Call, session: Session, now: datetime) -> Decision | None:
    if has_ended(session, now):
        return Decision(call.id, Fate.END, session.id)
    return Decision(call.id, Fate.HOLD, session.id) if call.state == "parked" else None


def _owns_a_call(transaction: Transaction, session_id: str) -> bool:
    owned = select(Call.id).where(Call.session_id == session_id, Call.state.in_(OPEN))
    return transaction.scalars(owned).first() is not None


def _has_seats(transaction: Transaction, call_id: int) -> bool:
    taken = select(Seat.id).where(Seat.call_id == call_id, Seat.left_at.is_(None))
    return transaction.scalars(taken).first() is not None


def _lately_refused(transaction: Transaction, address: str, after: datetime) -> Call | None:
    lately = select(Call).where(Call.state == "refused", Call.address == address, Call.since > after)
    return transaction.scalars(lately.order_by(Call.id.desc())).first()
