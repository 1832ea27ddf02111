"""A session's life as people see it: made, opened by its customer, extended, ended."""

from __future__ import annotations

import builtins
import os
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, or_, select

from sessions.clock import Clock, utc_now
from sessions.errors import (
    BadCode,
    LinkEnded,
    MistypedCode,
    SessionEnded,
    TooManyGuesses,
    UnknownCode,
    UnknownLink,
    UnknownSession,
)
from sessions.guesses import WINDOW, count_wrong, forget_old, standing
from sessions.models import AuditEvent, Guesses, Link, Session, Visit
from sessions.outbox import tell_created
from sessions.seat_events import whole_seconds
from sessions.secrets import (
    Entropy,
    digest,
    new_code,
    new_link,
    new_script_password,
    new_session_id,
    nine_digits,
    normal_code,
    number_of,
)
from sessions.states import ENDED, Event, State
from sessions.transactions import (
    CLOCK,
    CUSTOMER,
    Register,
    Transaction,
    event_view,
    has_ended,
    move,
    record,
    session_view,
    session_views,
)
from sessions.vault import Vault
from sessions.views import DialFacts, EventView, NewSession, SessionView, TechnicianView

DEFAULT_MINUTES = 120
MAX_MINUTES = 7 * 24 * 60
# Each time the code is typed a new link is made: nobody knows the first one any more.
MAX_LINKS = 50
# What may be written down about a session after it was made.
EDITABLE = frozenset({"customer", "note", "reference", "keyboard"})
_ENDED = [state.value for state in ENDED]


class SessionRegister(Register):
    """The verbs of a session's life.

    `vault` is needed where sessions shall carry a password for VNC servers; `session_ports` are leased one each.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock = utc_now,
        entropy: Entropy = os.urandom,
        vault: Vault | None = None,
        session_ports: Sequence[int] = (),
    ) -> None:
        super().__init__(engine, clock, entropy, vault)
        self._session_ports = session_ports

    def create(
        self,
        *,
        by: TechnicianView,
        customer: str = "",
        note: str = "",
        reference: str = "",
        minutes: int = DEFAULT_MINUTES,
        vnc_password: str | None = None,
    ) -> NewSession:
        """Make a session that ends by itself after `minutes`. The answer holds its link and code in clear, once."""
        now = self._clock()
        with self._writing() as transaction:
            code = self._unused_code(transaction)
            row = Session(
                id=new_session_id(self._entropy),
                state=State.CREATED.value,
                customer=customer,
                note=note,
                reference=reference,
                created_by_id=by.id,
                created_at=now,
                expires_at=now + timedelta(minutes=_bounded(minutes)),
                code_digest=digest(code),
                sealed_vnc_password=self._sealed(vnc_password),
                sealed_script_password=self._script_password(),
                port=_lease(transaction, self._session_ports, now),
            )
            transaction.add(row)
            # The rows that point to a session are written after it: foreign keys are checked at once.
            transaction.flush()
            link = self._add_link(transaction, row.id)
            record(
                transaction,
                "created",
                now,
                by.name,
                session_id=row.id,
                address=by.address,
                customer=customer,
                reference=reference,
                minutes=_bounded(minutes),
            )
            tell_created(transaction, row, now, by.name)
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

    def open_by_code(self, typed: str, address: str) -> str:
        """The customer typed the code: answers a new link to its session. Wrong codes are counted.

        Raises:
            BadCode: it can be no code; MistypedCode where only its check digit is wrong. Neither is counted.
            UnknownCode
            TooManyGuesses: from this address, or from everywhere and this address was wrong before.
        """
        code = normal_code(typed)
        if code is None:
            raise MistypedCode if nine_digits(typed) else BadCode
        now = self._clock()
        with self._writing() as transaction:
            if standing(transaction, address, now).refused:
                raise TooManyGuesses
            link = self._link_for(transaction, code, now)
            if link is None:
                count_wrong(transaction, address, now)
        if link is None:
            raise UnknownCode
        return link

    def dial_facts(self, link: str) -> DialFacts:
        """What the customer's computer says when it dials, by the page of `link`. Raises UnknownLink, LinkEnded."""
        with self._reading() as transaction:
            row = _by_link(transaction, link)
            if has_ended(row, self._clock()):
                raise LinkEnded
            return DialFacts(number_of(link), self._password_to_set(row), row.port)

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
            _end(transaction, row, self._clock(), by.name, by.address)

    def end_by_link(self, link: str, address: str) -> SessionView:
        """The customer ends it. Raises UnknownLink."""
        now = self._clock()
        with self._writing() as transaction:
            row = _by_link(transaction, link)
            _end(transaction, row, now, CUSTOMER, address)
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
            record(transaction, "extended", now, by.name, session_id=row.id, address=by.address, minutes=minutes)
            return session_view(transaction, row, now)

    def edit(self, session_id: str, by: TechnicianView, **changes: str | None) -> SessionView:
        """Write down what was learned: any of `EDITABLE`, also after the session ended. Raises UnknownSession."""
        now = self._clock()
        with self._writing() as transaction:
            row = _by_id(transaction, session_id)
            for name in EDITABLE & changes.keys():
                setattr(row, name, changes[name])
            edited = sorted(EDITABLE & changes.keys())
            record(transaction, "edited", now, by.name, session_id=row.id, address=by.address, fields=edited)
            return session_view(transaction, row, now)

    def events(self, session_id: str) -> builtins.list[EventView]:
        """A session's audit rows, oldest first. Raises UnknownSession."""
        with self._reading() as transaction:
            _by_id(transaction, session_id)
            rows = transaction.scalars(
                select(AuditEvent).where(AuditEvent.session_id == session_id).order_by(AuditEvent.id)
            )
            return [event_view(row) for row in rows]

    def expire(self) -> int:
        """Move every session whose time is up to `expired`, and forget old guesses; answers how many expired."""
        now = self._clock()
        due = select(Session).where(Session.expires_at <= now, Session.state.not_in(_ENDED))
        stale = select(Guesses.origin).where(Guesses.since <= now - WINDOW)
        with self._reading() as transaction:
            if not any(transaction.scalars(question.limit(1)).first() is not None for question in (due, stale)):
                return 0
        with self._writing() as transaction:
            forget_old(transaction, now)
            found = list(transaction.scalars(due))
            return sum(_run_out(transaction, one, now) for one in found)

    def _unused_code(self, transaction: Transaction) -> str:
        while True:
            code = new_code(self._entropy)
            if not _is_taken(transaction, code):
                return code

    def _add_link(self, transaction: Transaction, session_id: str) -> str:
        link = new_link(self._entropy)
        while _is_taken(transaction, number_of(link)):
            link = new_link(self._entropy)
        transaction.add(Link(digest=digest(link), session_id=session_id, number_digest=digest(number_of(link))))
        return link

    def _link_for(self, transaction: Transaction, code: str, now: datetime) -> str | None:
        row = transaction.scalars(select(Session).where(Session.code_digest == digest(code))).first()
        if row is None or has_ended(row, now):
            return None
        links = select(func.count()).select_from(Link).where(Link.session_id == row.id)
        if transaction.scalars(links).one() >= MAX_LINKS:
            raise TooManyGuesses
        return self._add_link(transaction, row.id)

    def _script_password(self) -> str | None:
        return self._vault.seal(new_script_password(self._entropy)) if self._vault else None

    def _password_to_set(self, row: Session) -> str | None:
        if row.sealed_vnc_password or not row.sealed_script_password or not self._vault:
            return None
        return self._vault.open(row.sealed_script_password)

    def _sealed(self, vnc_password: str | None) -> str | None:
        if not vnc_password:
            return None
        if self._vault is None:
            raise ValueError("this register was opened without the vault that seals VNC passwords")
        return self._vault.seal(vnc_password)


def _end(transaction: Transaction, row: Session, now: datetime, actor: str, address: str) -> None:
    lasted = whole_seconds(now - row.created_at)
    move(transaction, row.id, Event.ENDED, now, actor, address=address, seconds=lasted)


def _run_out(transaction: Transaction, row: Session, now: datetime) -> bool:
    lasted = whole_seconds(row.expires_at - row.created_at)
    return move(transaction, row.id, Event.TIME_UP, now, CLOCK, seconds=lasted) is not None


def _bounded(minutes: int) -> int:
    return max(1, min(minutes, MAX_MINUTES))


def _is_taken(transaction: Transaction, code: str) -> bool:
    """Whether a code or a number is somebody's already: computers may say either."""
    named = digest(code)
    codes = select(Session.id).where(Session.code_digest == named)
    numbers = select(Link.digest).where(Link.number_digest == named)
    return any(transaction.scalars(question).first() is not None for question in (codes, numbers))


def _lease(transaction: Transaction, ports: Sequence[int], now: datetime) -> int | None:
    """The port that was free for the longest time, so that a forgotten script seldom finds another session there."""
    living = select(Session.port).where(Session.state.not_in(_ENDED), Session.expires_at > now)
    leased = set(transaction.scalars(living.where(Session.port.is_not(None))))
    given_back = func.max(func.coalesce(Session.ended_at, Session.expires_at))
    before = select(Session.port, given_back).where(Session.port.in_(ports)).group_by(Session.port)
    used = {row[0]: row[1] for row in transaction.execute(before)}
    free = [port for port in ports if port not in leased]
    return min(free, key=lambda port: (port in used, used.get(port)), default=None)


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
        transaction.add(Visit(session_id=session_id, address=address, first_at=now, last_at=now))
        return True
    visit.last_at = now
    return False
