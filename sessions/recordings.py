"""Recordings: which calls are to be recorded, which were, who looked at them, and when they have to go.

People decide (`want`, `delete`); the listener looks for what is wanted, records, and writes down how it went. The
files are the listener's to write: a row names one in the recordings' folder.
"""

from __future__ import annotations

import builtins
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Select, exists, false, func, or_, select, true
from sqlalchemy.sql.elements import ColumnElement

from sessions.clock import Clock, utc_now
from sessions.errors import (
    RecordingAlways,
    RecordingGone,
    RecordingOff,
    RecordingRuns,
    SessionEnded,
    UnknownRecording,
    UnknownSession,
)
from sessions.models import AuditEvent, Call, Listener, Recording, Seat, Session, Technician
from sessions.recording_views import recording_view
from sessions.secrets import Entropy
from sessions.transactions import (
    CLOCK,
    LISTENER,
    Register,
    Transaction,
    has_ended,
    record,
    session_view,
)
from sessions.views import RecordingView, SessionView, TechnicianView

OFF, ALWAYS = "off", "always"
MAX_ID = 2**31
# Playing is many requests, and so is a download that was interrupted: within this time, from one address, they are one.
AGAIN = timedelta(hours=1)
LISTENER_DIED = "The listener ended unexpectedly while it ran."
TOO_OLD = "It was older than recordings are kept."
TOO_MUCH = "The recordings had become more than the quota."
_KEPT = ("done", "broken")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A held call that is to be recorded; recording begins when somebody sits at it."""

    call_id: int
    session_id: str
    is_seated: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """How a recording ended: what its file holds, and why."""

    bytes: int
    milliseconds: int
    sha256: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cleared:
    """Files that are to be removed now, and how many bytes there are too many even so."""

    files: list[str]
    excess: int


class RecordingRegister(Register):
    """The verbs of recordings. `policy` is `off`, `on-demand` or `always`."""

    def __init__(
        self, engine: Engine, clock: Clock = utc_now, entropy: Entropy = os.urandom, policy: str = OFF
    ) -> None:
        super().__init__(engine, clock, entropy)
        self._policy = policy

    # What people decide.

    def want(self, session_id: str, by: TechnicianView, *, on: bool) -> SessionView:
        """A session's calls are to be recorded from now on, or no more.

        Raises:
            RecordingOff, RecordingAlways, UnknownSession, SessionEnded
        """
        if self._policy in {OFF, ALWAYS}:
            raise RecordingOff if self._policy == OFF else RecordingAlways
        now = self._clock()
        with self._writing() as transaction:
            row = _session(transaction, session_id)
            if has_ended(row, now):
                raise SessionEnded
            if row.recorded != on:
                row.recorded = on
                record(transaction, "recording_wanted", now, by.name, session_id=row.id, address=by.address, wanted=on)
            return session_view(transaction, row, now)

    def delete(self, recording_id: int, by: TechnicianView) -> RecordingView:
        """A recording's file is to go; its row stays. Raises UnknownRecording, RecordingRuns, RecordingGone."""
        with self._writing() as transaction:
            row = _existing(transaction, recording_id)
            if row.state == "running":
                raise RecordingRuns
            _delete(transaction, row, self._clock(), by.name, reason=f"{by.name} deleted it.", address=by.address)
            return recording_view(row)

    # What people see.

    def get(self, recording_id: int) -> RecordingView:
        """One recording, deleted or not. Raises UnknownRecording."""
        with self._reading() as transaction:
            return recording_view(_by_id(transaction, recording_id))

    def existing(self, recording_id: int) -> RecordingView:
        """One whose file should be there. Raises UnknownRecording, RecordingGone."""
        with self._reading() as transaction:
            return recording_view(_existing(transaction, recording_id))

    def node_of(self, recording_id: int) -> str | None:
        """The node whose listener recorded it, where that is known."""
        made = (
            select(Listener.node)
            .join(Call, Call.listener_id == Listener.id)
            .join(Recording, Recording.call_id == Call.id)
        )
        with self._reading() as transaction:
            return transaction.scalars(made.where(Recording.id == recording_id)).first()

    def list(self, session_id: str) -> builtins.list[RecordingView]:
        """A session's recordings, the newest first, deleted ones included. Raises UnknownSession."""
        own = select(Recording).where(Recording.session_id == session_id).order_by(Recording.id.desc())
        with self._reading() as transaction:
            _session(transaction, session_id)
            return [recording_view(row) for row in transaction.scalars(own)]

    def played(self, recording_id: int, by: TechnicianView) -> None:
        """Somebody plays a recording. Raises UnknownRecording."""
        now = self._clock()
        if self._is_news("recording_played", recording_id, by, now):
            with self._writing() as transaction:
                about = _about(_by_id(transaction, recording_id))
                record(transaction, "recording_played", now, by.name, address=by.address, **about)

    def downloaded(self, recording_id: int, by: TechnicianView) -> None:
        """Somebody takes a copy of its file. Raises UnknownRecording."""
        now = self._clock()
        if self._is_news("recording_downloaded", recording_id, by, now):
            with self._writing() as transaction:
                about = _about(_by_id(transaction, recording_id))
                record(transaction, "recording_downloaded", now, by.name, address=by.address, **about)

    def _is_news(self, kind: str, recording_id: int, by: TechnicianView, now: datetime) -> bool:
        with self._reading() as transaction:
            return not _lately(transaction, kind, _by_id(transaction, recording_id), by, now - AGAIN)

    # What the listener does.

    def wanted(self) -> builtins.list[Wanted]:
        """The held calls that are to be recorded."""
        seated = exists().where(Seat.call_id == Call.id, Seat.left_at.is_(None))
        chosen = (
            select(Call.id, Call.session_id, seated)
            .join(Session, Session.id == Call.session_id)
            .where(Call.state == "held", self._is_to_be_recorded())
        )
        with self._reading() as transaction:
            return [
                Wanted(call_id, str(session_id), bool(sits))
                for call_id, session_id, sits in transaction.execute(chosen)
            ]

    def begin(self, call_id: int) -> RecordingView | None:
        """The recording of a call begins; None where it is not wanted any more."""
        now = self._clock()
        with self._writing() as transaction:
            call = transaction.get_one(Call, call_id)
            if call.state != "held" or call.session_id is None or not self._is_wanted(transaction, call.session_id):
                return None
            by = self._who_wanted(transaction, call.session_id)
            row = Recording(
                session_id=call.session_id,
                call_id=call_id,
                begun_by_id=by.id if by else None,
                state="running",
                file=self._new_name(call, now),
                begun_at=now,
                bytes=0,
                milliseconds=0,
            )
            transaction.add(row)
            transaction.flush()
            about = _about(row) | ({"wanted_by": by.name} if by else {})
            record(transaction, "recording_begun", now, LISTENER, **about)
            return recording_view(row)

    def progress(self, recording_id: int, size: int, milliseconds: int) -> None:
        """How much of it there is so far."""
        with self._writing() as transaction:
            row = transaction.get_one(Recording, recording_id)
            if row.state == "running":
                row.bytes, row.milliseconds = size, milliseconds

    def finish(self, recording_id: int, ending: Ending) -> None:
        """A recording ended."""
        with self._writing() as transaction:
            row = transaction.get_one(Recording, recording_id)
            if row.state == "running":
                row.state = "done"
                _end(transaction, row, ending, self._clock())

    def break_running(self, node: str) -> builtins.list[RecordingView]:
        """What ran when a listener of `node` was killed runs no more; answers those whose files nobody looked at since.

        Of other listeners that live, and on other machines, recordings are others' business.
        """
        left = _left_behind(node)
        unseen = select(Recording).where(Recording.state == "broken", Recording.sha256.is_(None), left)
        with self._writing() as transaction:
            for row in transaction.scalars(select(Recording).where(Recording.state == "running", left)):
                row.state, row.reason = "broken", LISTENER_DIED
                row.ended_at = row.begun_at + timedelta(milliseconds=row.milliseconds)
            transaction.flush()
            return [recording_view(row) for row in transaction.scalars(unseen.order_by(Recording.id))]

    def mend(self, recording_id: int, ending: Ending) -> None:
        """What the file of a broken recording was found to hold."""
        with self._writing() as transaction:
            row = transaction.get_one(Recording, recording_id)
            if row.state == "broken" and row.sha256 is None:
                _end(transaction, row, ending, row.begun_at + timedelta(milliseconds=ending.milliseconds))

    def expire(self, days: int) -> builtins.list[str]:
        """Give up the recordings that ended longer ago than that; answers their files."""
        now = self._clock()
        old = select(Recording).where(Recording.state.in_(_KEPT), Recording.ended_at < now - timedelta(days=days))
        with self._writing() as transaction:
            return [_delete(transaction, row, now, CLOCK, reason=TOO_OLD) for row in transaction.scalars(old)]

    def over_quota(self, quota: int) -> Cleared:
        """Give up the oldest recordings until all have at most `quota` bytes together; the newest stays."""
        with self._writing() as transaction:
            excess = _total(transaction) - quota
            newest = transaction.scalars(select(func.max(Recording.id))).one()
            files = []
            for row in transaction.scalars(_kept_before(newest)) if excess > 0 else ():
                if excess > 0:
                    excess -= row.bytes
                    files.append(_delete(transaction, row, self._clock(), CLOCK, reason=TOO_MUCH))
            return Cleared(files, max(0, excess))

    def forgotten(self, files: builtins.list[str]) -> builtins.list[str]:
        """Which of these files belong to recordings that were deleted."""
        gone = select(Recording.file).where(Recording.state == "deleted", Recording.file.in_(files))
        with self._reading() as transaction:
            return builtins.list(transaction.scalars(gone))

    def _is_to_be_recorded(self) -> ColumnElement[bool]:
        if self._policy == ALWAYS:
            return true()
        return false() if self._policy == OFF else Session.recorded.is_(true())

    def _is_wanted(self, transaction: Transaction, session_id: str) -> bool:
        wanted = select(Session).where(Session.id == session_id, self._is_to_be_recorded())
        row = transaction.scalars(wanted).first()
        return row is not None and not has_ended(row, self._clock())

    def _who_wanted(self, transaction: Transaction, session_id: str) -> Technician | None:
        if self._policy == ALWAYS:
            return None
        said = select(AuditEvent.actor).where(
            AuditEvent.session_id == session_id, AuditEvent.kind == "recording_wanted"
        )
        name = transaction.scalars(said.order_by(AuditEvent.id.desc()).limit(1)).first()
        return transaction.scalars(select(Technician).where(Technician.name == name)).first()

    def _new_name(self, call: Call, now: datetime) -> str:
        return f"{now:%Y%m%d-%H%M%S}-{call.session_id}-{call.id}-{self._entropy(2).hex()}.rbrec"


def _left_behind(node: str) -> ColumnElement[bool]:
    """Whether a recording is of a call whose listener, of `node` or from before they had numbers, is gone."""
    gone = select(Listener.id).where(Listener.node == node, Listener.gone_at.is_not(None))
    calls = select(Call.id).where(or_(Call.listener_id.is_(None), Call.listener_id.in_(gone)))
    return Recording.call_id.in_(calls)


def _session(transaction: Transaction, session_id: str) -> Session:
    row = transaction.get(Session, session_id)
    if row is None:
        raise UnknownSession
    return row


def _by_id(transaction: Transaction, recording_id: int) -> Recording:
    # A number that no database can hold is the number of no recording.
    row = transaction.get(Recording, recording_id) if recording_id < MAX_ID else None
    if row is None:
        raise UnknownRecording
    return row


def _existing(transaction: Transaction, recording_id: int) -> Recording:
    row = _by_id(transaction, recording_id)
    if row.state == "deleted":
        raise RecordingGone(f"This recording is gone. {row.reason}")
    return row


def _about(row: Recording) -> dict[str, Any]:
    """What every audit row about a recording says."""
    return {"session_id": row.session_id, "call_id": row.call_id, "recording": row.id, "desktop": row.call.desktop}


def _end(transaction: Transaction, row: Recording, ending: Ending, at: datetime) -> None:
    row.bytes, row.milliseconds, row.sha256 = ending.bytes, ending.milliseconds, ending.sha256
    row.reason, row.ended_at = ending.reason[:256], at
    record(
        transaction,
        "recording_ended",
        at,
        LISTENER,
        **_about(row),
        bytes=ending.bytes,
        seconds=ending.milliseconds // 1000,
        sha256=ending.sha256,
        reason=row.reason,
    )


def _delete(
    transaction: Transaction, row: Recording, now: datetime, actor: str, *, reason: str, address: str = ""
) -> str:
    row.state, row.reason = "deleted", reason[:256]
    about = _about(row)
    record(transaction, "recording_deleted", now, actor, address=address, **about, reason=row.reason, sha256=row.sha256)
    return row.file


def _total(transaction: Transaction) -> int:
    there = select(func.coalesce(func.sum(Recording.bytes), 0)).where(Recording.state != "deleted")
    return int(transaction.scalars(there).one())


def _kept_before(newest: int | None) -> Select[Recording]:
    return select(Recording).where(Recording.state.in_(_KEPT), Recording.id != newest).order_by(Recording.id)


def _lately(transaction: Transaction, kind: str, row: Recording, by: TechnicianView, after: datetime) -> bool:
    noted = select(AuditEvent.details).where(
        AuditEvent.session_id == row.session_id,
        AuditEvent.kind == kind,
        AuditEvent.actor == by.name,
        AuditEvent.address == (by.address or None),
        AuditEvent.at > after,
    )
    return any(details.get("recording") == row.id for details in transaction.scalars(noted))
