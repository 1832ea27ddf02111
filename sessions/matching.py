"""Whose call is it? A call goes to a session only when exactly one session can own it.

A code names one session. An address names one when exactly one waiting session's page was opened from it. Everything
else is nobody's: a technician decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, exists, select

from sessions.models import Call, Session, Visit
from sessions.secrets import digest
from sessions.states import LIVE, State
from sessions.transactions import Transaction

# A call in one of these states belongs to its session, if it names one.
OPEN = ("parked", "held")
_LIVE = [state.value for state in LIVE]


class MatchedBy(StrEnum):
    """Why a call belongs to its session."""

    ID = "id"
    ADDRESS = "address"
    CLAIM = "claim"


@dataclass(frozen=True, slots=True)
class Owner:
    """The one session that can own a call. Not `confirmed`: a code came from where the page was never opened."""

    session: Session
    matched_by: MatchedBy
    confirmed: bool


def find_owner(transaction: Transaction, code: str | None, address: str, now: datetime) -> Owner | None:
    """Whose call it is that came from `address` and said `code`, if anyone's."""
    if code is not None:
        # A code that names no session is a contradiction, not a reason to look at the address instead.
        return _by_code(transaction, code, address, now)
    return _by_address(transaction, address, now)


def _by_code(transaction: Transaction, code: str, address: str, now: datetime) -> Owner | None:
    session = transaction.scalars(_free(now).where(Session.code_digest == digest(code))).first()
    if session is None:
        return None
    visits = transaction.scalars(select(Visit.address).where(Visit.session_id == session.id)).all()
    return Owner(session, MatchedBy.ID, confirmed=not visits or address in visits)


def _by_address(transaction: Transaction, address: str, now: datetime) -> Owner | None:
    visited = exists().where(Visit.session_id == Session.id, Visit.address == address)
    found = transaction.scalars(_free(now).where(Session.state == State.WAITING.value, visited).limit(2)).all()
    return Owner(found[0], MatchedBy.ADDRESS, confirmed=True) if len(found) == 1 else None


def _free(now: datetime) -> Select[Session]:
    """Sessions that live and neither hold a call nor have one decided for them."""
    owned = exists().where(Call.session_id == Session.id, Call.state.in_(OPEN))
    return select(Session).where(Session.state.in_(_LIVE), Session.expires_at > now, ~owned)
