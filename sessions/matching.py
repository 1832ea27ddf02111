"""Whose call is it? A call goes to a session only when exactly one session can own it.

A caller may say a code (as a repeater's ID, to the dispatcher, in TLS), and may come to a session's own port. All that
it says must name one and the same session; else it is nobody's. A caller that says nothing is told by its address, when
exactly one waiting session's page was opened from there and nothing speaks for another. Everything else is nobody's: a
technician decides.

====================================================  ============================================================
what speaks against an owner                          then
====================================================  ============================================================
a code that names no session, or another one          nobody's
its port is leased to no session, or to another one   nobody's
a port alone, and the address opened another's page   nobody's
a port alone, and the address opened the page of one  nobody's
that had it before, whose script may still dial
a code or a port, and the page opened elsewhere       its owner's, *unconfirmed*
an address alone, and the computer, by its name, was  nobody's
another's while this page was open already
an address alone, and another page's session ended    nobody's, for half a minute: its script may still dial
====================================================  ============================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, func, select

from sessions.models import Call, Link, Session, Visit
from sessions.secrets import digest
from sessions.states import LIVE, State
from sessions.transactions import Transaction

# A call in one of these states belongs to its session, if it names one.
OPEN = ("parked", "held")
# A script looks every ten seconds whether its session has ended.
LINGER = timedelta(seconds=30)
_LIVE = [state.value for state in LIVE]


class MatchedBy(StrEnum):
    """Why a call belongs to its session."""

    ID = "id"
    DISPATCHER = "dispatcher"
    SNI = "sni"
    PORT = "port"
    ADDRESS = "address"
    CLAIM = "claim"


@dataclass(frozen=True, slots=True)
class Said:
    """One code that a caller said, and how: `ID`, `DISPATCHER` or `SNI`."""

    how: MatchedBy
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claims:
    """All that a caller lets us know of itself before its desktop. `port` is the session port it came to, if any."""

    address: str
    said: tuple[Said, ...] = ()
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """The one session that can own a call, and how that was told.

    Not `confirmed`: something speaks against it, though not for another. `rival` is the open call that the session has
    already.
    """

    session: Session
    matched_by: MatchedBy
    confirmed: bool
    rival: Call | None = None


def find_owner(transaction: Transaction, claims: Claims, now: datetime, desktop: str | None = None) -> Owner | None:
    """Whose call it is, if anyone's. `desktop` is its computer's name, None while that is not known."""
    if claims.said or claims.port is not None:
        return _named(transaction, claims, now)
    return _ByAddress(transaction, claims.address, now, desktop).owner()


def session_of(transaction: Transaction, code: str, now: datetime) -> Session | None:
    """The living session of a code, or of the number that a link's page shows."""
    named = digest(code)
    found = transaction.scalars(_live(now).where(Session.code_digest == named)).first()
    if found is not None:
        return found
    return transaction.scalars(_live(now).join(Link).where(Link.number_digest == named)).first()


def has_been_number(transaction: Transaction, code: str) -> bool:
    """Whether a link's page shows, or showed, this number: a session that has ended is no wrong guess."""
    return transaction.scalars(select(Link.digest).where(Link.number_digest == digest(code))).first() is not None


def _named(transaction: Transaction, claims: Claims, now: datetime) -> Owner | None:
    told = [(said.how, session_of(transaction, said.code, now)) for said in claims.said]
    if claims.port is not None:
        told.append((MatchedBy.PORT, _by_port(transaction, claims.port, now)))
    how, session = told[0]
    # What names no session, or another one, is a contradiction, not a reason to look at the rest instead.
    if session is None or any(other is None or other.id != session.id for _, other in told):
        return None
    visits = transaction.scalars(select(Visit.address).where(Visit.session_id == session.id)).all()
    is_stranger = claims.address not in visits
    if how is MatchedBy.PORT and is_stranger and _may_be_anothers(transaction, claims, session, now):
        return None
    confirmed = _confirms(how, claims.address, visits)
    return Owner(session, how, confirmed, _open_call(transaction, session.id))


def _confirms(how: MatchedBy, address: str, visits: Sequence[str]) -> bool:
    # Ports can be tried one after the other by anybody, so a port needs the page's address beside it.
    return address in visits or (not visits and how is not MatchedBy.PORT)


def _may_be_anothers(transaction: Transaction, claims: Claims, session: Session, now: datetime) -> bool:
    if _opened_from(transaction, claims.address, now):
        return True
    # A script dials until it hears of the end; one that cannot ask, until its session's time would have been up.
    earlier = Session.expires_at > now - LINGER
    before = select(Session.id).where(Session.port == claims.port, Session.id != session.id, earlier)
    opened = before.join(Visit, Visit.session_id == Session.id).where(Visit.address == claims.address)
    return transaction.scalars(opened).first() is not None


def _by_port(transaction: Transaction, port: int, now: datetime) -> Session | None:
    found = transaction.scalars(_live(now).where(Session.port == port).limit(2)).all()
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class _ByAddress:
    """Looks for the owner of a caller that says nothing of itself."""

    transaction: Transaction
    address: str
    now: datetime
    desktop: str | None

    def owner(self) -> Owner | None:
        opened = _opened_from(self.transaction, self.address, self.now)
        calls = {visited.id: _open_call(self.transaction, visited.id) for visited, _ in opened}
        waiting = [one for one in opened if one[0].state == State.WAITING.value and not calls[one[0].id]]
        if not waiting:
            return self._again([(visited, calls[visited.id]) for visited, _ in opened])
        session, since = waiting[0]
        if len(waiting) > 1 or self._is_anothers(session.id, since):
            return None
        return Owner(session, MatchedBy.ADDRESS, confirmed=True)

    def _again(self, opened: Iterable[tuple[Session, Call | None]]) -> Owner | None:
        """A computer whose call is open calls once more: told by address and name, when only one is like it."""
        alike = [
            Owner(session, MatchedBy.ADDRESS, confirmed=True, rival=call)
            for session, call in opened
            if call and call.address == self.address and self.desktop in {None, call.desktop}
        ]
        return alike[0] if len(alike) == 1 else None

    def _is_anothers(self, session_id: str, since: datetime) -> bool:
        """Whether the caller may as well belong to another session that lived while this one's page was open."""
        over = func.coalesce(Session.ended_at, Session.expires_at)
        beside = (
            select(Session)
            .join(Visit, Visit.session_id == Session.id)
            .where(Visit.address == self.address, Session.id != session_id, over >= since)
        )
        return any(self._may_call(other) for other in self.transaction.scalars(beside).all())

    def _may_call(self, other: Session) -> bool:
        if self.now - LINGER < (other.ended_at or other.expires_at) <= self.now:
            return True
        if self.desktop is None:
            return False
        its_calls = select(Call.id).where(Call.session_id == other.id, Call.address == self.address)
        return self.transaction.scalars(its_calls.where(Call.desktop == self.desktop)).first() is not None


def _opened_from(transaction: Transaction, address: str, now: datetime) -> list[tuple[Session, datetime]]:
    """Living sessions whose page was opened from `address`, each with the moment of its first visit from there."""
    visited = _live(now).add_columns(Visit.first_at).join(Visit, Visit.session_id == Session.id)
    return [(session, first_at) for session, first_at in transaction.execute(visited.where(Visit.address == address))]


def _open_call(transaction: Transaction, session_id: str) -> Call | None:
    owned = select(Call).where(Call.session_id == session_id, Call.state.in_(OPEN))
    return transaction.scalars(owned.limit(1)).first()


def _live(now: datetime) -> Select[Session]:
    return select(Session).where(Session.state.in_(_LIVE), Session.expires_at > now)
