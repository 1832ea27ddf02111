"""Wrong codes, counted for the page and for callers together: whoever guesses is refused, and a caller slowed before.

A code has 27 bits and a session lives for hours, so what protects it is how often anybody may be wrong. Codes that a
check digit rejects are slips, not guesses, and are not counted; nor are the numbers of sessions that have ended, which
a forgotten script goes on saying. (An ended session's code itself is forgotten: that counts like any other.)

An address has `MAX_WRONG` wrong codes in a quarter of an hour. Where many addresses together are wrong more than
`MAX_WRONG_IN_ALL` times, each has one: a customer who types the right code at once is served all the same.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from sessions.models import Guesses
from sessions.transactions import Transaction

WINDOW = timedelta(minutes=15)
MAX_WRONG = 10
MAX_WRONG_IN_ALL = 300
FREE_OF_DELAY = 3
MAX_DELAY_SECONDS = 8.0
EVERYWHERE = ""
IPV6_NETWORK_BITS = 64


@dataclass(frozen=True, slots=True)
class Standing:
    """How often an address, and everybody together, was wrong in the present quarter of an hour."""

    wrong: int
    in_all: int

    @property
    def refused(self) -> bool:
        """Whether this address has had its tries."""
        return self.wrong >= MAX_WRONG or (self.wrong > 0 and self.in_all >= MAX_WRONG_IN_ALL)

    @property
    def delay(self) -> float:
        """Seconds that the next answer takes: none at first, then 1, 2, 4 and at last 8."""
        return min(2.0 ** (self.wrong - FREE_OF_DELAY), MAX_DELAY_SECONDS) if self.wrong >= FREE_OF_DELAY else 0.0


def standing(transaction: Transaction, address: str, now: datetime) -> Standing:
    """How `address` stands; nothing is counted."""
    return Standing(_wrong(transaction, origin_of(address), now), _wrong(transaction, EVERYWHERE, now))


def count_wrong(transaction: Transaction, address: str, now: datetime) -> Standing:
    """One more wrong code came from `address`; answers how it stands then."""
    return Standing(_count(transaction, origin_of(address), now), _count(transaction, EVERYWHERE, now))


def forget_old(transaction: Transaction, now: datetime) -> None:
    """Drop what no longer counts."""
    transaction.execute(delete(Guesses).where(Guesses.since <= now - WINDOW))


def origin_of(address: str) -> str:
    """What counts as one guesser: an IPv4 address, or the /64 that an IPv6 customer is given whole."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address or "unknown"
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, IPV6_NETWORK_BITS), strict=False))


def _wrong(transaction: Transaction, origin: str, now: datetime) -> int:
    counted = select(Guesses.wrong).where(Guesses.origin == origin, Guesses.since > now - WINDOW)
    return transaction.scalars(counted).first() or 0


def _count(transaction: Transaction, origin: str, now: datetime) -> int:
    transaction.execute(delete(Guesses).where(Guesses.origin == origin, Guesses.since <= now - WINDOW))
    counted = _one_more(transaction, origin)
    if counted is not None:
        return counted
    try:
        with transaction.begin_nested():
            transaction.add(Guesses(origin=origin, wrong=1, since=now))
    except IntegrityError:
        # Another process was first, between our look and our row (databases with several writers).
        return _one_more(transaction, origin) or 1
    return 1


def _one_more(transaction: Transaction, origin: str) -> int | None:
    more = update(Guesses).where(Guesses.origin == origin).values(wrong=Guesses.wrong + 1).returning(Guesses.wrong)
    return transaction.execute(more, execution_options={"synchronize_session": False}).scalar_one_or_none()
