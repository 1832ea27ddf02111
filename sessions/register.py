"""A session's life as people see it: made, opened by its customer, extended, ended."""

from __future__ import annotations

import builtins
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from sessions.errors import LinkEnded, SessionEnded, UnknownLink, UnknownSession
from sessions.models import AuditEvent, Link, Session, Visit
from sessions.secrets import digest, new_code, new_link, new_session_id
from sessions.states import ENDED, Event, State
from sessions.transactions import (
    CUSTOMER,
    Register,
    Transaction,
    has_ended,
    move,
    record,
    session_view,
    session_views,
)
from sessions.views import EventView, NewSession, SessionView, TechnicianView

DEFAULT_MINUTES = 120
MAX_MINUTES = 7 * 24 * 60
_ENDED = [state.value for state in ENDED]


class SessionRegister(Register):
    """The verbs of a session's life. `vault` is needed only where sessions may carry a VNC password."""

    def create(
        self,
        *,
        by: TechnicianView,
        customer: str = "",
        note: str = "",
        minutes: int = DEFAULT_MINUTES,
        vnc_password: str | None = None,
    ) -> NewSession:
        """Make a session that ends by itself after `minutes`. The answer holds its link and code in clear, once."""
        now = self._clock()
        link = new_link(self._entropy)
        with self._writing() as transaction:
            code = self._unused_code(transaction)
            row = Session(
                id=new_session_id(self._entropy),
                state=State.CREATED.value,
                customer=customer,
                note=note,
                created_by_id=by.id,
                created_at=now,
                expires_at=now + timedelta(minutes=_bounded(minutes)),
                code_digest=digest(code),
                sealed_vnc_password=self._sealed(vnc_password),
            )
            transaction.add(row)
            # The rows that point to a session are written after it: foreign keys are checked at once.
            transaction.flush()
            transaction.add(Link(digest=digest(link), session_id=row.id))
            record(transaction, "created", now, by.name, session_id=row.id, customer=customer)
            return NewSession(session_view(transaction, row, now), link, code)

    def open_page(self, link: str, address: str) -> SessionView:
        """The customer opened the page: remember from where, and wait for their computer.

        Raises:
            UnknownLink, LinkEnded
        """
        now = self._clock()
        with self._writing() as transaction:
            row = _by_link(transaction, link)
            if has_ended(row, now):
                raise LinkEnded
            if _remember_visit(transaction, row.id, address, now) or row.state == State.CREATED.value:
                move(transaction, row.id, Event.PAGE_OPENED, now, CUSTOMER, address=address)
                transaction.refresh(row)
            return session_view(transaction, row, now)

    def by_link(self, link: str) -> SessionView:
        """The session a link belongs to, ended or not; nothing is remembered. Raises UnknownLink."""
        with self._reading() as transaction:
            return session_view(transaction, _by_link(transaction, link), self._clock())

    def get(self, session_id: str) -> SessionView:
        """One session. Raises UnknownSession."""
        with self._reading() as transaction:
            return session_view(transaction, _by_id(transaction, session_id), self._clock())

    def list(self, *, ended: bool = False, limit: int = 200) -> builtins.list[SessionView]:
        """The newest sessions first: those that live, or those that ended."""
        now = self._clock()
        over = or_(Session.state.in_(_ENDED), Session.expires_at <= now)
        chosen = select(Session).where(over if ended else ~over).order_by(Session.created_at.desc()).limit(limit)
        with self._reading() as transaction:
            return session_views(transaction, transaction.scalars(chosen), now)

    def end(self, session_id: str, by: TechnicianView) -> None:
        """A technician ends a session; ending an ended one changes nothing. Raises UnknownSession."""
        with self._writing() as transaction:
            row = _by_id(transaction, session_id)
            move(transaction, row.id, Event.ENDED, self._clock(), by.name)

    def end_by_link(self, link: str, address: str) -> SessionView:
        """The customer ends it. Raises UnknownLink."""
        now = self._clock()
        with self._writing() as transaction:
            row = _by_link(transaction, link)
            move(transaction, row.id, Event.ENDED, now, CUSTOMER, address=address)
            transaction.refresh(row)
            return session_view(transaction, row, now)

    def extend(self, session_id: str, minutes: int, by: TechnicianView) -> SessionView:
        """Let a session end `minutes` later than it would. Raises UnknownSession, SessionEnded."""
        now = self._clock()
        with self._writing() as transaction:
            row = _by_id(transaction, session_id)
            if has_ended(row, now):
                raise SessionEnded
            latest = now + timedelta(minutes=MAX_MINUTES)
            row.expires_at = min(row.expires_at + timedelta(minutes=_bounded(minutes)), latest)
            record(transaction, "extended", now, by.name, session_id=row.id, minutes=minutes)
            return session_view(transaction, row, now)

    def events(self, session_id: str) -> builtins.list[EventView]:
        """A session's audit rows, oldest first. Raises UnknownSession."""
        with self._reading() as transaction:
            _by_id(transaction, session_id)
            rows = transaction.scalars(
                select(AuditEvent).where(AuditEvent.session_id == session_id).order_by(AuditEvent.id)
            )
            return [EventView(r.at, r.kind, r.actor, r.session_id, r.call_id, dict(r.details)) for r in rows]

    def expire(self) -> int:
        """Move every session whose time is up to `expired`; answers how many."""
        now = self._clock()
        due = select(Session.id).where(Session.expires_at <= now, Session.state.not_in(_ENDED))
        with self._reading() as transaction:
            if not transaction.scalars(due.limit(1)).first():
                return 0
        with self._writing() as transaction:
            found = list(transaction.scalars(due))
            return sum(move(transaction, one, Event.TIME_UP, now, "clock") is not None for one in found)

    def _unused_code(self, transaction: Transaction) -> str:
        while True:
            code = new_code(self._entropy)
            if transaction.scalars(select(Session.id).where(Session.code_digest == digest(code))).first() is None:
                return code

    def _sealed(self, vnc_password: str | None) -> str | None:
        if not vnc_password:
            return None
        if self._vault is None:
            raise ValueError("this register was opened without the vault that seals VNC passwords")
        return self._vault.seal(vnc_password)


def _bounded(minutes: int) -> int:
    return max(1, min(minutes, MAX_MINUTES))


def _by_id(transaction: Transaction, session_id: str) -> Session:
    row = transaction.get(Session, session_id)
    if row is None:
        raise UnknownSession
    return row


def _by_link(transaction: Transaction, link: str) -> Session:
    found = select(Session).join(Link, Link.session_id == Session.id).where(Link.digest == digest(link))
    row = transaction.scalars(found).first()
    if row is None:
        raise UnknownLink
    return row


def _remember_visit(transaction: Transaction, session_id: str, address: str, now: datetime) -> bool:
    """Whether this address is new to the session: only then is opening the page news for the audit."""
    visit = transaction.get(Visit, (session_id, address))
    if visit is None:
        transaction.add(Visit(session_id=session_id, address=address, last_at=now))
        return True
    visit.last_at = now
    return False
