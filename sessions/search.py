"""Finds sessions, living or ended, by what people remember of them; a page at a time, the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from sessions.models import Call, Session, Technician
from sessions.states import ENDED, State
from sessions.transactions import Register, Transaction, call_view, session_views
from sessions.views import CallView, SessionView

PER_PAGE = 50
# Each word is one more condition over every session.
MAX_WORDS = 8
LIVING, OVER = "living", "ended"
STATES = (LIVING, OVER, *(state.value for state in State))
_ENDED = [state.value for state in ENDED]
_ESCAPE = "\\"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sessions: all words of `text` are in them, in `state` (one of `STATES`, or any), made in that time."""

    text: str = ""
    state: str = ""
    since: datetime | None = None
    before: datetime | None = None

    @property
    def words(self) -> list[str]:
        """The words that are looked for."""
        return self.text.split()[:MAX_WORDS]


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found, with the last call of each that had one, and how much there is in all."""

    sessions: list[SessionView]
    calls: Mapping[str, CallView]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are; at least one, which may be empty."""
        return max(1, -(-self.total // PER_PAGE))


class SearchRegister(Register):
    """Looks through all sessions."""

    def find(self, wanted: Wanted, page: int = 1) -> Found:
        """A page of the sessions that are wanted; a number past the end answers the last page."""
        now = self._clock()
        chosen = _chosen(wanted, now)
        with self._reading() as transaction:
            total = transaction.scalar(select(func.count()).select_from(chosen.subquery())) or 0
            shown = min(max(1, page), max(1, -(-total // PER_PAGE)))
            rows = transaction.scalars(
                select(Session)
                .where(Session.id.in_(chosen))
                # Two of the same moment keep their order, so that no page shows one twice.
                .order_by(Session.created_at.desc(), Session.id.desc())
                .limit(PER_PAGE)
                .offset((shown - 1) * PER_PAGE)
            )
            sessions = session_views(transaction, rows, now)
            return Found(sessions, _last_calls(transaction, [one.id for one in sessions]), total, shown)


def _last_calls(transaction: Transaction, session_ids: list[str]) -> dict[str, CallView]:
    newest = select(func.max(Call.id)).where(Call.session_id.in_(session_ids)).group_by(Call.session_id)
    found = transaction.scalars(select(Call).where(Call.id.in_(newest)))
    return {call.session_id: call_view(call) for call in found if call.session_id}


def _chosen(wanted: Wanted, now: datetime) -> Select[str]:
    conditions = [_mentions(word) for word in wanted.words]
    if wanted.state:
        conditions.append(_is_in(wanted.state, now))
    if wanted.since:
        conditions.append(Session.created_at >= wanted.since)
    if wanted.before:
        conditions.append(Session.created_at < wanted.before)
    return select(Session.id).where(*conditions)


def _mentions(word: str) -> ColumnElement[bool]:
    """A word is in what was written down, in who made the session, or in a computer that called for it."""
    makers = select(Technician.id).where(holds(word, Technician.name))
    callers = select(Call.session_id).where(Call.session_id.is_not(None), holds(word, Call.desktop, Call.address))
    return or_(
        holds(word, Session.customer, Session.reference, Session.note),
        Session.created_by_id.in_(makers),
        Session.id.in_(callers),
    )


def holds(word: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """A word is in one of these columns, whatever letters it is written in."""
    return or_(*(column.ilike(pattern, escape=_ESCAPE) for column in columns for pattern in _patterns(word)))


def _patterns(word: str) -> list[str]:
    """SQLite knows large and small letters of ASCII only, so that others are looked for in both."""
    spellings = {word} if word.isascii() else {word, word.lower(), word.upper(), word.title()}
    return [f"%{_escaped(one)}%" for one in sorted(spellings)]


def _escaped(word: str) -> str:
    for special in (_ESCAPE, "%", "_"):
        word = word.replace(special, _ESCAPE + special)
    return word


def _is_in(state: str, now: datetime) -> ColumnElement[bool]:
    """As `has_ended` has it: by the state, or by the clock before any timer said so."""
    over = or_(Session.state.in_(_ENDED), Session.expires_at <= now)
    if state == LIVING:
        return not_(over)
    if state == OVER:
        return over
    if state == State.EXPIRED.value:
        return or_(Session.state == state, over & Session.state.not_in(_ENDED))
    return (Session.state == state) & (Session.state.in_(_ENDED) | not_(over))


__all__ = ["LIVING", "MAX_WORDS", "OVER", "PER_PAGE", "STATES", "Found", "SearchRegister", "Wanted", "holds"]
