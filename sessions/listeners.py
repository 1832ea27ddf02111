"""Which listeners there are: one to a machine as a rule, two while an older one drains, more on more machines.

A call's connection is one listener's and nobody else's. So whoever starts, or looks after the others, marks as lost
only the calls of listeners that are gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from sessions.call_ends import lose_calls
from sessions.models import Call, Listener, Recording
from sessions.recordings import LISTENER_DIED
from sessions.transactions import Register, Transaction

# A listener says every second that it lives. Long enough for a database that was restarted, short enough for customers.
SILENT = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class ListenerView:
    """One listener that has not gone, as people and load balancers see it."""

    id: int
    node: str
    since: datetime
    seen_at: datetime
    draining: bool


class ListenerRegister(Register):
    """The verbs of listeners."""

    @property
    def may_be_shared(self) -> bool:
        """Whether other machines can reach this register: SQLite's is a file of this one."""
        return self._reader.dialect.name != "sqlite"

    def begin(self, node: str) -> int:
        """A listener starts on `node`; answers its number, which no other ever has."""
        now = self._clock()
        with self._writing() as transaction:
            row = Listener(node=node, since=now, seen_at=now)
            transaction.add(row)
            transaction.flush()
            return row.id

    def is_here(self, listener_id: int) -> bool:
        """Leave a sign of life; False where somebody has declared this listener gone meanwhile."""
        told = update(Listener).where(Listener.id == listener_id, Listener.gone_at.is_(None))
        with self._writing() as transaction:
            done = transaction.execute(told.values(seen_at=self._clock()).returning(Listener.id))
            return done.scalar_one_or_none() is not None

    def drain(self, listener_id: int) -> None:
        """This listener takes no new calls any more, and stays for those it has."""
        with self._writing() as transaction:
            transaction.execute(update(Listener).where(Listener.id == listener_id).values(draining=True))

    def gone(self, listener_id: int, reason: str) -> int:
        """A listener is gone: its open calls are lost, for `reason`. Answers how many there were.

        What it was recording is cut off; its node looks through the files when it is back (`break_running`).
        """
        with self._writing() as transaction:
            row = transaction.get_one(Listener, listener_id, with_for_update=True)
            return _end(transaction, row, reason, self._clock())

    def bury(self, listener: ListenerView, reason: str) -> int | None:
        """The same, of one that was found silent; None where it has given a sign of life since it was looked at."""
        with self._writing() as transaction:
            row = transaction.get_one(Listener, listener.id, with_for_update=True)
            if row.seen_at != listener.seen_at:
                return None
            return _end(transaction, row, reason, self._clock())

    def present(self, node: str | None = None) -> list[ListenerView]:
        """The listeners that have not gone, of one node or of all, the oldest first."""
        here = select(Listener).where(Listener.gone_at.is_(None)).order_by(Listener.id)
        if node is not None:
            here = here.where(Listener.node == node)
        with self._reading() as transaction:
            return [_view(row) for row in transaction.scalars(here)]

    def seen(self, node: str | None = None) -> datetime | None:
        """When a listener that takes calls (of one node, or any) last gave a sign of life."""
        return max((one.seen_at for one in self.present(node) if not one.draining), default=None)


def _end(transaction: Transaction, row: Listener, reason: str, now: datetime) -> int:
    if row.gone_at is None:
        row.gone_at = now
    _cut_off(transaction, row.id, now)
    return lose_calls(transaction, row.id, reason, now)


def _cut_off(transaction: Transaction, listener_id: int, now: datetime) -> None:
    theirs = select(Call.id).where(Call.listener_id == listener_id)
    runs = update(Recording).where(Recording.state == "running", Recording.call_id.in_(theirs))
    cut = runs.values(state="broken", reason=LISTENER_DIED, ended_at=now)
    transaction.execute(cut, execution_options={"synchronize_session": False})


def _view(row: Listener) -> ListenerView:
    return ListenerView(row.id, row.node, row.since, row.seen_at, row.draining)
