"""What all registers share: one transaction per verb, one guarded UPDATE per move, one audit row."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import Engine, case, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session as Transaction

from sessions import postgresql
from sessions.clock import Clock, utc_now
from sessions.database import WRITES, was_committed
from sessions.models import AuditEvent, Call, Seat, Session, Technician
from sessions.outbox import tell_moved
from sessions.recording_views import recordings_now
from sessions.secrets import Entropy, digest
from sessions.states import ENDED, Event, State, sources
from sessions.vault import Vault
from sessions.views import CallView, EventView, RecordingNow, SeatView, SessionView, TechnicianView

# A late timer must admit nobody: these events need time left on the clock, whatever the state column still says.
_NEED_TIME = frozenset({Event.PAGE_OPENED, Event.CALL_MATCHED, Event.SEAT_TAKEN})
CLOCK = "clock"
CUSTOMER = "customer"
LISTENER = "listener"
COMMAND_LINE = "command line"


class Register:
    """Base of the registers: an engine, a clock, a source of randomness; a vault where VNC passwords are met."""

    def __init__(
        self, engine: Engine, clock: Clock = utc_now, entropy: Entropy = os.urandom, vault: Vault | None = None
    ) -> None:
        self._reader = engine
        self._writer = engine.execution_options(**{WRITES: True})
        self._clock = clock
        self._entropy = entropy
        self._vault = vault

    @contextmanager
    def _reading(self) -> Iterator[Transaction]:
        with Transaction(self._reader) as transaction:
            yield transaction

    @contextmanager
    def _writing(self) -> Iterator[Transaction]:
        with Transaction(self._writer, expire_on_commit=False) as transaction:
            yield transaction
            self._commit(transaction)

    def _commit(self, transaction: Transaction) -> None:
        """Commit; where the connection broke meanwhile, find out what became of it: an error means *not done*."""
        number = transaction.connection().info.get(postgresql.NUMBER)
        try:
            transaction.commit()
        except DBAPIError as error:
            if number is None or not error.connection_invalidated or not was_committed(self._reader, number):
                raise


def move(
    transaction: Transaction,
    session_id: str,
    event: Event,
    now: datetime,
    actor: str,
    *,
    address: str | None = None,
    call_id: int | None = None,
    **details: object,
) -> State | None:
    """Apply `event` to a session by one guarded UPDATE and one audit row.

    Returns the state it is in now, or None where the table does not allow the event: then nothing is changed.
    """
    leads_to = sources(event)
    guarded = (
        update(Session)
        .where(Session.id == session_id, Session.state.in_([state.value for state in leads_to]))
        .values(state=case({start.value: end.value for start, end in leads_to.items()}, value=Session.state))
        .returning(Session.state)
    )
    if event in _NEED_TIME:
        guarded = guarded.where(Session.expires_at > now)
    reached = transaction.execute(guarded, execution_options={"synchronize_session": False}).scalar_one_or_none()
    if reached is None:
        return None
    state = State(reached)
    if state in ENDED:
        _forget_secrets(transaction, session_id, now)
    known = {"state": state.value} | details
    transaction.add(
        AuditEvent(
            at=now,
            kind=event.value,
            actor=actor,
            address=address or None,
            session_id=session_id,
            call_id=call_id,
            details=known,
        )
    )
    tell_moved(transaction, session_id, event, now, actor=actor, call_id=call_id)
    return state


def record(
    transaction: Transaction,
    kind: str,
    now: datetime,
    actor: str,
    *,
    session_id: str | None = None,
    call_id: int | None = None,
    address: str | None = None,
    **details: object,
) -> None:
    """Add one audit row; `address` is where the one who acted was, where that is known."""
    transaction.add(
        AuditEvent(
            at=now,
            kind=kind,
            actor=actor,
            address=address or None,
            session_id=session_id,
            call_id=call_id,
            details=details,
        )
    )


def record_by(transaction: Transaction, kind: str, now: datetime, by: TechnicianView | None, **details: object) -> None:
    """Add one audit row about what a person did; None stands for the command line."""
    actor, address = (by.name, by.address) if by else (COMMAND_LINE, None)
    transaction.add(AuditEvent(at=now, kind=kind, actor=actor, address=address or None, details=details))


def session_views(transaction: Transaction, rows: Iterable[Session], now: datetime) -> list[SessionView]:
    """Views of `rows`, with their held calls, seats and recordings, in four statements however many rows."""
    rows = list(rows)
    calls = _held_calls(transaction, [row.id for row in rows])
    at_calls = _AtCalls.found(transaction, [call.id for call in calls.values()])
    return [_session_view(row, calls.get(row.id), at_calls, now) for row in rows]


def session_view(transaction: Transaction, row: Session, now: datetime) -> SessionView:
    """The view of one row."""
    return session_views(transaction, [row], now)[0]


def call_view(row: Call) -> CallView:
    """The view of one call."""
    return CallView(
        id=row.id,
        state=row.state,
        address=row.address,
        desktop=row.desktop,
        width=row.width,
        height=row.height,
        since=row.since,
        matched_by=row.matched_by,
        confirmed=row.confirmed,
        encrypted=row.encrypted,
        resumable=row.resumable,
        reason=row.reason,
        session_id=row.session_id,
        second_of=row.second_of,
    )


def seat_view(row: Seat) -> SeatView:
    """The view of one seat."""
    return SeatView(
        id=row.id,
        technician=row.technician.name,
        mode=row.mode_now,
        since=row.since,
        asks=row.asked_at is not None,
        offered=row.offered_at is not None,
    )


def technician_view(row: Technician, address: str = "") -> TechnicianView:
    """The view of one technician, who acts from `address`."""
    return TechnicianView(
        id=row.id,
        name=row.name,
        role=row.role,
        stamp=digest(row.password_hash)[:16],
        address=address,
        preferences=dict(row.preferences or {}),
    )


def event_view(row: AuditEvent) -> EventView:
    """The view of one audit row."""
    return EventView(row.at, row.kind, row.actor, row.address, row.session_id, row.call_id, dict(row.details))


def has_ended(row: Session, now: datetime) -> bool:
    """Whether a session is over: by its state, or by the clock before any timer said so."""
    return State(row.state) in ENDED or row.expires_at <= now


@dataclass(frozen=True, slots=True)
class _AtCalls:
    """Who sits at calls, and how it is with recording them."""

    seats: dict[int, list[SeatView]]
    recordings: dict[int, RecordingNow]

    @classmethod
    def found(cls, transaction: Transaction, call_ids: list[int]) -> Self:
        return cls(_taken_seats(transaction, call_ids), recordings_now(transaction, call_ids))


def _session_view(row: Session, call: Call | None, at_calls: _AtCalls, now: datetime) -> SessionView:
    ended = has_ended(row, now)
    call = None if ended else call
    return SessionView(
        id=row.id,
        state=State.EXPIRED.value if ended and State(row.state) not in ENDED else row.state,
        customer=row.customer,
        note=row.note,
        reference=row.reference,
        keyboard=row.keyboard,
        created_by=row.created_by.name,
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at or (row.expires_at if ended else None),
        call=call_view(call) if call else None,
        seats=tuple(at_calls.seats.get(call.id, ())) if call else (),
        port=None if ended else row.port,
        recorded=row.recorded,
        recording=at_calls.recordings.get(call.id) if call else None,
        ended=ended,
    )


def _held_calls(transaction: Transaction, session_ids: list[str]) -> dict[str, Call]:
    found = transaction.scalars(select(Call).where(Call.state == "held", Call.session_id.in_(session_ids)))
    return {call.session_id: call for call in found if call.session_id}


def _taken_seats(transaction: Transaction, call_ids: list[int]) -> dict[int, list[SeatView]]:
    found = transaction.scalars(
        select(Seat).where(Seat.left_at.is_(None), Seat.call_id.in_(call_ids)).order_by(Seat.id)
    )
    seats: dict[int, list[SeatView]] = {}
    for seat in found:
        seats.setdefault(seat.call_id, []).append(seat_view(seat))
    return seats


def _forget_secrets(transaction: Transaction, session_id: str, now: datetime) -> None:
    transaction.execute(
        update(Session)
        .where(Session.id == session_id)
        .values(ended_at=now, code_digest=None, sealed_vnc_password=None, sealed_script_password=None),
        execution_options={"synchronize_session": False},
    )


__all__ = [
    "CLOCK",
    "COMMAND_LINE",
    "CUSTOMER",
    "LISTENER",
    "Register",
    "Transaction",
    "call_view",
    "event_view",
    "has_ended",
    "move",
    "record",
    "record_by",
    "seat_view",
    "session_view",
    "session_views",
    "technician_view",
]
