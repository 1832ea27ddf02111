"""What happened, for whoever has to know afterwards: found, walked through, and given up once it is old enough.

Rows come from the other registers' verbs, one each. The database itself refuses to change them, and to delete any
that the horizon has not passed; `prune` moves the horizon.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, String, cast, delete, func, or_, select

from sessions.errors import UnknownSession
from sessions.models import AuditEvent, AuditHorizon, Call, Seat, Session
from sessions.seat_events import best_mode, that_had_control
from sessions.states import LIVE
from sessions.transactions import CLOCK, Register, Transaction, record, session_view
from sessions.views import SessionView, TechnicianView

PAGE = 100
CHUNK = 500
# At a time; the rest goes at the next.
MAX_PRUNED = 50_000
# Whoever reloads a page has not looked anew.
LOOKED_AGAIN = timedelta(minutes=10)
# Of one session's page; its exports have all rows.
MAX_CALLS = MAX_SEATS = 200
_LIVE = [state.value for state in LIVE]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which rows are wanted; what is empty asks for nothing. `since` is the first moment, `until` the first no more."""

    kinds: frozenset[str] = frozenset()
    actor: str = ""
    session: str = ""
    address: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row as it was written, with what its session is called now."""

    id: int
    at: datetime
    kind: str
    actor: str
    address: str | None
    session_id: str | None
    call_id: int | None
    details: Mapping[str, object]
    customer: str
    reference: str


@dataclass(frozen=True, slots=True)
class Page:
    """One of `pages` pages of the `total` rows that fit; the first has the number 1."""

    rows: list[AuditRow]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class PastCall:
    """One computer that called for a session, as it is or was; the second of two at once may never have been let in."""

    id: int
    state: str
    address: str
    desktop: str | None
    width: int | None
    height: int | None
    encrypted: bool
    matched_by: str | None
    confirmed: bool
    since: datetime
    ended_at: datetime | None
    reason: str | None
    bytes_from_customer: int
    bytes_to_customer: int


@dataclass(frozen=True, slots=True)
class PastSeat:
    """Who sat at a call, how, and how long."""

    technician: str
    mode: str
    call_id: int
    since: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionHistory:
    """One session with its calls and seats, the oldest first."""

    session: SessionView
    calls: list[PastCall]
    seats: list[PastSeat]


class AuditRegister(Register):
    """Reads what the other registers wrote, and forgets what is old."""

    def find(self, filters: Filters, number: int = 1, *, oldest_first: bool = False) -> Page:
        """A page of the rows that fit, the newest first. A number beyond the last page answers the last one."""
        fitting = _fitting(filters)
        order = AuditEvent.id if oldest_first else AuditEvent.id.desc()
        with self._reading() as transaction:
            total = transaction.scalars(fitting.with_only_columns(func.count(AuditEvent.id))).one()
            pages = max(1, -(-total // PAGE))
            number = max(1, min(number, pages))
            rows = _rows(transaction, fitting.order_by(order).limit(PAGE).offset((number - 1) * PAGE))
        return Page(rows, number, pages, total)

    def walk(self, filters: Filters) -> Iterator[AuditRow]:
        """All rows that fit and are there now, the oldest first. Some are held at a time, however many there are."""
        with self._reading() as transaction:
            newest = transaction.scalars(select(func.max(AuditEvent.id))).one() or 0
        fitting, after = _fitting(filters).where(AuditEvent.id <= newest).order_by(AuditEvent.id).limit(CHUNK), 0
        while True:
            # A transaction of its own each: whoever reads slowly keeps nothing from being written or tidied up.
            with self._reading() as transaction:
                rows = _rows(transaction, fitting.where(AuditEvent.id > after))
            yield from rows
            if len(rows) < CHUNK:
                return
            after = rows[-1].id

    def history(self, session_id: str) -> SessionHistory:
        """A session, living or ended, with who called and who sat there. Raises UnknownSession."""
        with self._reading() as transaction:
            row = transaction.get(Session, session_id)
            if row is None:
                raise UnknownSession
            return SessionHistory(
                session_view(transaction, row, self._clock()),
                _past_calls(transaction, session_id),
                _past_seats(transaction, session_id),
            )

    def looked(self, session_id: str, by: TechnicianView) -> None:
        """A person opened the page with a customer's computer; told once in ten minutes."""
        now = self._clock()
        lately = select(AuditEvent.id).where(
            AuditEvent.session_id == session_id,
            AuditEvent.kind == "looked",
            AuditEvent.actor == by.name,
            AuditEvent.at > now - LOOKED_AGAIN,
        )
        with self._reading() as transaction:
            if transaction.scalars(lately.limit(1)).first() is not None:
                return
        with self._writing() as transaction:
            record(transaction, "looked", now, by.name, address=by.address, session_id=session_id)

    def exported(
        self, form: str, by: TechnicianView, session_id: str | None = None, *, asked: Mapping[str, str]
    ) -> None:
        """A person took audit rows away, as `form`; `asked` is what they filtered by."""
        with self._writing() as transaction:
            record(
                transaction,
                "audit_exported",
                self._clock(),
                by.name,
                address=by.address,
                session_id=session_id,
                form=form,
                asked=dict(asked),
            )

    def prune(self, days: int) -> int:
        """Delete rows older than `days` whole days, but those of sessions that live; answers how many.

        What is about to go is written down first: a row for whoever wonders what became of it.
        """
        until = _midnight(self._clock() - timedelta(days=days))
        count = self._announce(until, days)
        left = count
        while left > 0:
            with self._writing() as transaction:
                some = list(transaction.scalars(_outdated(until).order_by(AuditEvent.id).limit(min(left, CHUNK))))
                transaction.execute(delete(AuditEvent).where(AuditEvent.id.in_(some)))
            left = left - len(some) if some else 0
        return count

    def _announce(self, until: datetime, days: int) -> int:
        counting = _outdated(until).with_only_columns(func.count())
        with self._reading() as transaction:
            if transaction.scalars(counting).one() == 0:
                return 0
        with self._writing() as transaction:
            transaction.merge(AuditHorizon(id=1, until=until))
            count = min(transaction.scalars(counting).one(), MAX_PRUNED)
            before = until.date().isoformat()
            record(transaction, "audit_pruned", self._clock(), CLOCK, rows=count, before=before, days=days)
            return count


def _fitting(filters: Filters) -> Select[AuditEvent, str | None, str | None]:
    wanted = select(AuditEvent, Session.customer, Session.reference).outerjoin(
        Session, Session.id == AuditEvent.session_id
    )
    return wanted.where(*_conditions(filters))


def _conditions(filters: Filters) -> Iterator[ColumnElement[bool]]:
    if filters.kinds:
        yield AuditEvent.kind.in_(sorted(filters.kinds))
    for column, value in ((AuditEvent.actor, filters.actor), (AuditEvent.session_id, filters.session)):
        if value:
            yield column == value
    if filters.address:
        yield AuditEvent.address.startswith(filters.address, autoescape=True)
    if filters.text:
        yield _mentions(filters.text)
    if filters.since:
        yield AuditEvent.at >= filters.since
    if filters.until:
        yield AuditEvent.at < filters.until


def _mentions(text: str) -> ColumnElement[bool]:
    """Whether a row or its session names `text`. Details are stored as JSON, in ASCII."""
    named = (Session.customer, Session.reference, AuditEvent.actor, AuditEvent.address)
    in_json = cast(AuditEvent.details, String).icontains(json.dumps(text)[1:-1], autoescape=True)
    return or_(in_json, *(column.icontains(text, autoescape=True) for column in named))


def _rows(transaction: Transaction, chosen: Select[AuditEvent, str | None, str | None]) -> list[AuditRow]:
    return [
        AuditRow(
            id=event.id,
            at=event.at,
            kind=event.kind,
            actor=event.actor,
            address=event.address,
            session_id=event.session_id,
            call_id=event.call_id,
            details=dict(event.details),
            customer=customer or "",
            reference=reference or "",
        )
        for event, customer, reference in transaction.execute(chosen)
    ]


def _past_calls(transaction: Transaction, session_id: str) -> list[PastCall]:
    own = or_(Call.session_id == session_id, Call.second_of == session_id)
    fields = [getattr(Call, name) for name in PastCall.__dataclass_fields__]
    chosen = select(*fields).where(own).order_by(Call.id).limit(MAX_CALLS)
    return [PastCall(*row) for row in transaction.execute(chosen)]


def _past_seats(transaction: Transaction, session_id: str) -> list[PastSeat]:
    taken = select(Seat).join(Call, Call.id == Seat.call_id).where(Call.session_id == session_id)
    seats = list(transaction.scalars(taken.order_by(Seat.id).limit(MAX_SEATS)))
    had_control = that_had_control(transaction, sorted({seat.call_id for seat in seats}))
    return [
        PastSeat(seat.technician.name, best_mode(seat, had_control), seat.call_id, seat.since, seat.left_at)
        for seat in seats
    ]


def _outdated(until: datetime) -> Select[int]:
    living = select(Session.id).where(Session.state.in_(_LIVE), Session.id == AuditEvent.session_id).exists()
    return select(AuditEvent.id).where(AuditEvent.at < until, ~living)


def _midnight(moment: datetime) -> datetime:
    """The day's first moment: rows go once a day then, however often the question is asked."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
