"""How many there are of everything, counted from the rows when somebody asks: for Prometheus.

Every question reads rows that an index leads to, or few: they are asked every quarter of a minute, however large the
register has become.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select

from sessions.control import MODES
from sessions.matching import OPEN
from sessions.models import Call, Delivery, Listener, Recording, Seat, Session, Ticket
from sessions.states import LIVE
from sessions.transactions import Register, Transaction

LATELY = timedelta(hours=1)
# Tickets have no index by time; the newest by number are looked at, and no more of them.
MOST_TICKETS = 10_000
OUTCOMES = ("spent", "expired", "open")


@dataclass(frozen=True, slots=True)
class Figure:
    """What one figure is called, what it means, and its labels."""

    name: str
    words: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure as it is now: a number for each combination of its labels' values."""

    figure: Figure
    numbers: Mapping[tuple[str, ...], float] = field(default_factory=dict)


SESSIONS = Figure("reachback_sessions", "Sessions that live, by state.", ("state",))
CALLS = Figure(
    "reachback_calls", "Open calls, by state, how the session was told, and node.", ("state", "matched_by", "node")
)
SEATS = Figure("reachback_seats", "Seats that are taken, by mode.", ("mode",))
TICKETS = Figure(
    "reachback_tickets_lately", "Tickets that ended or would end within the last hour, by outcome.", ("outcome",)
)
WAITING = Figure("reachback_deliveries_waiting", "Webhook deliveries that wait to be sent, or sent again.")
OLDEST = Figure("reachback_deliveries_oldest_seconds", "How long the oldest of them waits.")
GIVEN_UP = Figure("reachback_deliveries_given_up", "Webhook deliveries that were given up.")
RUNNING = Figure("reachback_recordings_running", "Recordings that run.")
STORED = Figure("reachback_recordings_bytes", "Bytes of the recordings that are kept.")
LISTENERS = Figure("reachback_listeners", "Listeners that have not gone, by node.", ("node", "draining"))
SILENCE = Figure(
    "reachback_listener_silent_seconds",
    "Since this node's last sign of life of a listener that takes calls.",
    ("node",),
)

FIGURES = (SESSIONS, CALLS, SEATS, TICKETS, WAITING, OLDEST, GIVEN_UP, RUNNING, STORED, LISTENERS, SILENCE)


class FigureRegister(Register):
    """Counts rows."""

    def read(self, node: str) -> list[Reading]:
        """Every figure of `FIGURES`, in one transaction; of signs of life those of `node`, whose clock this is."""
        now = self._clock()
        with self._reading() as transaction:
            return [
                Reading(SESSIONS, _sessions(transaction, now)),
                Reading(CALLS, _calls(transaction)),
                Reading(SEATS, _seats(transaction)),
                Reading(TICKETS, _tickets(transaction, now)),
                *_deliveries(transaction, now),
                *_recordings(transaction),
                *_listeners(transaction, now, node),
            ]


def _counted(
    transaction: Transaction, question: Select[*tuple[Any, ...]], known: Iterable[str] = ()
) -> dict[tuple[str, ...], float]:
    """Rows of labels and a number; what is `known` is told as nought where there is none."""
    found: dict[tuple[str, ...], float] = {(one,): 0.0 for one in known}
    return found | {tuple(map(str, row[:-1])): float(row[-1] or 0) for row in transaction.execute(question)}


def _sessions(transaction: Transaction, now: datetime) -> dict[tuple[str, ...], float]:
    states = [state.value for state in LIVE]
    living = select(Session.state, func.count()).where(Session.state.in_(states), Session.expires_at > now)
    return _counted(transaction, living.group_by(Session.state), states)


def _calls(transaction: Transaction) -> dict[tuple[str, ...], float]:
    labels = (Call.state, func.coalesce(Call.matched_by, "none"), func.coalesce(Listener.node, ""))
    opened = select(*labels, func.count()).outerjoin(Listener, Listener.id == Call.listener_id)
    return _counted(transaction, opened.where(Call.state.in_(OPEN)).group_by(*labels))


def _seats(transaction: Transaction) -> dict[tuple[str, ...], float]:
    taken = select(Seat.mode, func.count()).where(Seat.left_at.is_(None)).group_by(Seat.mode)
    return _counted(transaction, taken, sorted(MODES))


def _tickets(transaction: Transaction, now: datetime) -> dict[tuple[str, ...], float]:
    newest = transaction.scalars(select(func.max(Ticket.id))).one() or 0
    outcome = case((Ticket.spent_at.is_not(None), "spent"), (Ticket.expires_at <= now, "expired"), else_="open")
    lately = select(outcome, func.count()).where(Ticket.id > newest - MOST_TICKETS, Ticket.expires_at > now - LATELY)
    return _counted(transaction, lately.group_by(outcome), OUTCOMES)


def _deliveries(transaction: Transaction, now: datetime) -> Iterable[Reading]:
    waiting = select(func.count(), func.min(Delivery.created_at)).where(Delivery.next_at.is_not(None))
    count, oldest = transaction.execute(waiting).one()
    yield Reading(WAITING, {(): count})
    yield Reading(OLDEST, {(): (now - oldest).total_seconds() if count else 0.0})
    given_up = select(func.count()).select_from(Delivery).where(Delivery.given_up_at.is_not(None))
    yield Reading(GIVEN_UP, _counted(transaction, given_up))


def _recordings(transaction: Transaction) -> Iterable[Reading]:
    running = select(func.count()).select_from(Recording).where(Recording.state == "running")
    yield Reading(RUNNING, _counted(transaction, running))
    kept = select(func.sum(Recording.bytes)).where(Recording.state != "deleted")
    yield Reading(STORED, _counted(transaction, kept))


def _listeners(transaction: Transaction, now: datetime, node: str) -> Iterable[Reading]:
    here = transaction.scalars(select(Listener).where(Listener.gone_at.is_(None)))
    counts: dict[tuple[str, ...], float] = {}
    silence: dict[tuple[str, ...], float] = {}
    for one in here:
        draining = "yes" if one.draining else "no"
        counts[one.node, draining] = counts.get((one.node, draining), 0.0) + 1
        # Another machine's clock would make its listener silent, or keep it from ever being so.
        if one.node == node and not one.draining:
            quiet = max(0.0, (now - one.seen_at).total_seconds())
            silence[one.node,] = min(silence.get((one.node,), quiet), quiet)
    yield Reading(LISTENERS, counts)
    yield Reading(SILENCE, silence)
