"""What waits to be told to another program, who sends it next, and what becomes of it.

At least once: a sender that dies between sending and writing that down leaves the delivery to the next, so a receiver
may see one twice, with the same number. What happened to one session is told in the order in which it happened: while
one delivery of it waits, the later ones do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, select, update
from sqlalchemy.orm import aliased

from sessions.errors import UnknownDelivery
from sessions.models import Delivery
from sessions.transactions import Register, Transaction, record
from sessions.views import TechnicianView

# Of several senders, each claims a delivery for so long; one that needs longer must expect another to send it, too.
CLAIM = timedelta(seconds=120)
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
# With pauses that double from 5 s to an hour, a little more than 24 hours pass until the last of these tries.
MOST_TRIES = 34
# Two nodes that lost their receiver at once need not find it again in the same moment.
JITTER = 0.2
MAX_ERROR = 256
KEEP_DELIVERED = timedelta(days=7)
KEEP_GIVEN_UP = timedelta(days=90)
MAX_SHOWN = 200
MAX_ID = 2**31


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery that its claimer has to send now, for the `tries`th time."""

    id: int
    kind: str
    tries: int
    body: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One delivery as an admin sees it. `next_at` is None where it was delivered, or given up."""

    id: int
    kind: str
    session_id: str | None
    customer: str
    created_at: datetime
    next_at: datetime | None
    given_up_at: datetime | None
    tries: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Deliveries:
    """How it stands: the oldest that wait and that were given up, how many there are, when one last arrived."""

    waiting: list[DeliveryView]
    given_up: list[DeliveryView]
    waiting_in_all: int
    given_up_in_all: int
    last_at: datetime | None


class DeliveryRegister(Register):
    """The verbs of deliveries. The source of randomness spreads the pauses."""

    def claim(self) -> Parcel | None:
        """The next delivery that is due, for whoever asks and for nobody else until its claim is over."""
        now = self._clock()
        with self._reading() as transaction:
            due = transaction.scalars(_due(now)).first()
        if due is None:
            return None
        with self._writing() as transaction:
            claimed = transaction.scalars(
                update(Delivery)
                # As it was when we looked: whoever was quicker has moved it.
                .where(Delivery.id == due.id, Delivery.next_at == due.next_at, Delivery.tries == due.tries)
                .values(next_at=now + CLAIM, tries=due.tries + 1)
                .returning(Delivery.id)
            ).first()
        return Parcel(due.id, due.kind, due.tries + 1, dict(due.body)) if claimed else None

    def delivered(self, parcel: Parcel) -> None:
        """Its receiver took it."""
        now = self._clock()
        with self._writing() as transaction:
            _settle(transaction, parcel, next_at=None, delivered_at=now, error=None)

    def failed(self, parcel: Parcel, error: str) -> bool:
        """Its receiver did not take it, or there was none. Answers whether it was given up, with this try the last."""
        now = self._clock()
        is_last = parcel.tries >= MOST_TRIES
        later = {"given_up_at": now, "next_at": None} if is_last else {"next_at": now + self._pause(parcel.tries)}
        with self._writing() as transaction:
            _settle(transaction, parcel, error=error[:MAX_ERROR], **later)
        return is_last

    def look(self) -> Deliveries:
        """How it stands."""
        waits, given_up = Delivery.next_at.is_not(None), Delivery.given_up_at.is_not(None)
        with self._reading() as transaction:
            return Deliveries(
                waiting=_views(transaction, waits),
                given_up=_views(transaction, given_up),
                waiting_in_all=_count(transaction, waits),
                given_up_in_all=_count(transaction, given_up),
                last_at=transaction.scalars(select(func.max(Delivery.delivered_at))).one(),
            )

    def send_again(self, delivery_id: int, by: TechnicianView) -> None:
        """An admin wants one tried at once, and again for a day. Raises UnknownDelivery where it needs none."""
        with self._writing() as transaction:
            row = transaction.get(Delivery, delivery_id) if delivery_id < MAX_ID else None
            if row is None or row.delivered_at is not None:
                raise UnknownDelivery
            self._renew(transaction, row, by)

    def send_all_again(self, by: TechnicianView) -> int:
        """The same of all that were given up, the oldest first, a few hundred at most; answers how many."""
        given_up = select(Delivery).where(Delivery.given_up_at.is_not(None)).order_by(Delivery.id).limit(MAX_SHOWN)
        with self._writing() as transaction:
            rows = list(transaction.scalars(given_up))
            for row in rows:
                self._renew(transaction, row, by)
            return len(rows)

    def prune(self) -> int:
        """Forget what was delivered or given up long ago; answers how many."""
        now = self._clock()
        old = (Delivery.delivered_at < now - KEEP_DELIVERED) | (Delivery.given_up_at < now - KEEP_GIVEN_UP)
        with self._writing() as transaction:
            return len(list(transaction.scalars(delete(Delivery).where(old).returning(Delivery.id))))

    def _renew(self, transaction: Transaction, row: Delivery, by: TechnicianView) -> None:
        now = self._clock()
        row.next_at, row.given_up_at, row.tries = now, None, 0
        record(
            transaction,
            "webhook_sent_again",
            now,
            by.name,
            address=by.address,
            session_id=row.session_id,
            webhook=row.kind,
        )

    def _pause(self, tries: int) -> timedelta:
        plain: timedelta = min(FIRST_PAUSE * 2 ** (min(tries, 20) - 1), LONGEST_PAUSE)
        return plain * (1 - JITTER + 2 * JITTER * self._entropy(1)[0] / 255)


def _due(now: datetime) -> Select[Delivery]:
    """The first that is due, of those before which none of the same session waits."""
    earlier = aliased(Delivery)
    is_behind = exists().where(
        earlier.session_id == Delivery.session_id, earlier.id < Delivery.id, earlier.next_at.is_not(None)
    )
    return select(Delivery).where(Delivery.next_at <= now, ~is_behind).order_by(Delivery.id).limit(1)


def _settle(transaction: Transaction, parcel: Parcel, **values: object) -> None:
    # Somebody else may have claimed it since, or an admin had it begun anew: then what happened here is old news.
    told = update(Delivery).where(Delivery.id == parcel.id, Delivery.tries == parcel.tries)
    transaction.execute(told.values(**values))


def _count(transaction: Transaction, condition: ColumnElement[bool]) -> int:
    return transaction.scalars(select(func.count()).select_from(Delivery).where(condition)).one()


def _views(transaction: Transaction, condition: ColumnElement[bool]) -> list[DeliveryView]:
    chosen = select(Delivery).where(condition).order_by(Delivery.id).limit(MAX_SHOWN)
    return [_view(row) for row in transaction.scalars(chosen)]


def _view(row: Delivery) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        kind=row.kind,
        session_id=row.session_id,
        customer=str(row.body.get("session", {}).get("customer", "")),
        created_at=row.created_at,
        next_at=row.next_at,
        given_up_at=row.given_up_at,
        tries=row.tries,
        error=row.error,
    )
