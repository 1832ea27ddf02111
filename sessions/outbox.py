"""What other programs are told of sessions: written where it happens, in the same transaction, and sent later.

So nothing is told that did not happen, and nothing that happened is forgotten, whoever is stopped or killed in between.
Whether anything is written at all was said when the engine was opened (`keep_for_webhooks`): without a receiver, the
table stays empty.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, inspect
from sqlalchemy.orm import Session as Transaction

from sessions.models import Call, Delivery, Session
from sessions.states import Event

TOLD = "reachback_told_by_webhooks"
CREATED, CONNECTED, ENDED = "session.created", "session.connected", "session.ended"
KINDS = (CREATED, CONNECTED, ENDED)
# What the register's events are called outside; of the others nobody is told.
_NAMES = {Event.CALL_MATCHED: CONNECTED, Event.ENDED: ENDED, Event.TIME_UP: ENDED}


def keep_for_webhooks(engine: Engine) -> None:
    """From now on, registers that are made over this engine write down what a receiver is to be told."""
    engine.update_execution_options(**{TOLD: True})


def tell_created(transaction: Transaction, session: Session, now: datetime, actor: str) -> None:
    """A session was created, by `actor`."""
    if _is_told(transaction):
        _put(transaction, CREATED, session, now, by=actor, expires_at=_written(session.expires_at))


def tell_moved(
    transaction: Transaction, session_id: str, event: Event, now: datetime, *, actor: str, call_id: int | None
) -> None:
    """An event moved a session on."""
    kind = _NAMES.get(event)
    if kind is None or not _is_told(transaction):
        return
    # The move was an UPDATE of its own: what is in memory may be older.
    session = transaction.get_one(Session, session_id, populate_existing=True)
    if kind == ENDED:
        _put(transaction, kind, session, now, by=actor, **_end_of(session, now))
    else:
        _put(transaction, kind, session, now, call=_call(transaction, call_id))


def _is_told(transaction: Transaction) -> bool:
    return bool(inspect(transaction.get_bind()).engine.get_execution_options().get(TOLD))


def _put(transaction: Transaction, kind: str, session: Session, now: datetime, **facts: object) -> None:
    body = {"event": kind, "at": _written(now), "session": _session(session), **facts}
    transaction.add(Delivery(kind=kind, session_id=session.id, body=body, created_at=now, next_at=now))


def _session(row: Session) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": row.state,
        "customer": row.customer,
        "reference": row.reference,
        "note": row.note,
        "technician": row.created_by.name,
        "created_at": _written(row.created_at),
    }


def _end_of(row: Session, now: datetime) -> dict[str, Any]:
    # A session that ran out while nobody looked ended when its time was up.
    ended = min(now, row.expires_at)
    return {"ended_at": _written(ended), "seconds": round((ended - row.created_at).total_seconds())}


def _call(transaction: Transaction, call_id: int | None) -> dict[str, Any] | None:
    row = transaction.get(Call, call_id) if call_id else None
    if row is None:
        return None
    return {
        "id": row.id,
        "computer": row.desktop,
        "matched_by": row.matched_by,
        "confirmed": row.confirmed,
        "encrypted": row.encrypted,
    }


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
