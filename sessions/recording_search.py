"""Finds recordings, also those whose file is gone: by session, words, state; a page at a time, the newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, func, select

from sessions.models import Call, Recording, Session, Technician
from sessions.search import MAX_WORDS, PER_PAGE, holds
from sessions.transactions import Register

RUNNING, DONE, BROKEN, DELETED = "running", "done", "broken", "deleted"
STATES = (RUNNING, DONE, BROKEN, DELETED)
KEPT = "kept"
# No database has a larger number, and asking for one is an error.
MAX_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class WantedRecordings:
    """Which recordings: of this session, with all words in whose it is, in this state (one of `STATES`, or `KEPT`)."""

    session: str = ""
    text: str = ""
    state: str = ""

    @property
    def words(self) -> list[str]:
        """The words that are looked for."""
        return self.text.split()[:MAX_WORDS]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording with whose it is. `begun_by` is None where the policy began it; `computer` may have had no name."""

    id: int
    session_id: str
    call_id: int
    customer: str
    reference: str
    computer: str | None
    begun_by: str | None
    state: str
    reason: str | None
    begun_at: datetime
    ended_at: datetime | None
    bytes: int
    milliseconds: int
    sha256: str | None

    @property
    def is_kept(self) -> bool:
        """Whether there is a file to play."""
        return self.state != DELETED


@dataclass(frozen=True, slots=True)
class FoundRecordings:
    """One page of what was found, and how much there is in all."""

    recordings: list[Recorded]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are; at least one, which may be empty."""
        return max(1, -(-self.total // PER_PAGE))


class RecordingSearch(Register):
    """Looks through all recordings."""

    def find(self, wanted: WantedRecordings, page: int = 1) -> FoundRecordings:
        """A page of the recordings that are wanted; a number past the end answers the last page."""
        chosen = _chosen(wanted)
        with self._reading() as transaction:
            total = transaction.scalar(select(func.count()).select_from(chosen.subquery())) or 0
            shown = min(max(1, page), max(1, -(-total // PER_PAGE)))
            newest = chosen.order_by(Recording.begun_at.desc(), Recording.id.desc())
            rows = transaction.execute(newest.limit(PER_PAGE).offset((shown - 1) * PER_PAGE))
            return FoundRecordings([_recorded(row) for row in rows], total, shown)

    def one(self, recording_id: int) -> Recorded | None:
        """A recording, or None where there never was one of this number."""
        if recording_id > MAX_ID:
            return None
        with self._reading() as transaction:
            row = transaction.execute(_everything().where(Recording.id == recording_id)).one_or_none()
            return _recorded(row) if row else None

    def counts(self, session_ids: Iterable[str]) -> Mapping[str, int]:
        """How many recordings each of these sessions has; those without any are left out."""
        counted = select(Recording.session_id, func.count()).group_by(Recording.session_id)
        with self._reading() as transaction:
            rows = transaction.execute(counted.where(Recording.session_id.in_(list(session_ids))))
            return dict(rows.all())

    def any(self) -> bool:
        """Whether anything was ever recorded."""
        with self._reading() as transaction:
            return transaction.scalar(select(Recording.id).limit(1)) is not None


def _everything() -> Select[Recording, Session, str | None, str | None]:
    return (
        select(Recording, Session, Call.desktop, Technician.name)
        .join(Session, Recording.session_id == Session.id)
        .join(Call, Recording.call_id == Call.id)
        .outerjoin(Technician, Recording.begun_by_id == Technician.id)
    )


def _chosen(wanted: WantedRecordings) -> Select[Recording, Session, str | None, str | None]:
    chosen = _everything()
    if wanted.session:
        chosen = chosen.where(Recording.session_id == wanted.session)
    if wanted.state:
        kept = Recording.state != DELETED
        chosen = chosen.where(kept if wanted.state == KEPT else Recording.state == wanted.state)
    named = (Session.customer, Session.reference, Call.desktop, Technician.name)
    return chosen.where(*(holds(word, *named) for word in wanted.words))


def _recorded(row: Row[Recording, Session, str | None, str | None]) -> Recorded:
    recording, session, computer, begun_by = row
    return Recorded(
        id=recording.id,
        session_id=session.id,
        call_id=recording.call_id,
        customer=session.customer,
        reference=session.reference,
        computer=computer,
        begun_by=begun_by,
        state=recording.state,
        reason=recording.reason,
        begun_at=recording.begun_at,
        ended_at=recording.ended_at,
        bytes=recording.bytes,
        milliseconds=recording.milliseconds,
        sha256=recording.sha256,
    )
