"""Rows of recordings as the registers answer them, and why a recording ends when nothing goes wrong."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction

from sessions.models import Recording
from sessions.views import RecordingNow, RecordingView

SWITCHED_OFF = "Recording was turned off."
CALL_OVER = "The call was over."
LISTENER_STOPPED = "The listener was stopped."
AS_WISHED = frozenset({SWITCHED_OFF, CALL_OVER, LISTENER_STOPPED})


def recording_view(row: Recording) -> RecordingView:
    """The view of one recording."""
    return RecordingView(
        id=row.id,
        session_id=row.session_id,
        call_id=row.call_id,
        state=row.state,
        reason=row.reason,
        stopped_short=row.state == "done" and row.reason not in AS_WISHED,
        begun_by=row.begun_by.name if row.begun_by else None,
        begun_at=row.begun_at,
        ended_at=row.ended_at,
        bytes=row.bytes,
        milliseconds=row.milliseconds,
        sha256=row.sha256,
        file=row.file,
        computer=row.call.desktop,
        customer=row.session.customer,
    )


def recordings_now(transaction: Transaction, call_ids: list[int]) -> dict[int, RecordingNow]:
    """How it is with each of these calls that was ever recorded: its newest recording says that."""
    found = transaction.scalars(select(Recording).where(Recording.call_id.in_(call_ids)).order_by(Recording.id))
    return {row.call_id: _now(recording_view(row)) for row in found}


def _now(newest: RecordingView) -> RecordingNow:
    return RecordingNow(newest.state == "running", newest.reason if newest.stopped_short else None)
