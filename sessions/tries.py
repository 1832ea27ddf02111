"""Wrong passwords and second factors: five in a row, and nobody tries again for five minutes.

An account and an address are counted alike, each by itself: who tries one name from many addresses is stopped, and who
tries many names from one address too. Anybody could lock a colleague out by that, so a browser in which somebody
signed in before (it holds a device mark) is counted by itself, for that account, and by nothing else.

A try is counted before the password is looked at, and given back where it was right: however many arrive together, no
more than five are looked at.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from sessions.guesses import origin_of
from sessions.models import Technician, Tries
from sessions.secrets import digest
from sessions.transactions import Register, Transaction, record
from sessions.views import Lock

MAX_WRONG = 5
LOCKED_FOR = timedelta(seconds=300)
# Wrong tries further apart than this are no row of tries.
FORGOTTEN_AFTER = timedelta(minutes=15)
STRANGER = "unknown"


class TryRegister(Register):
    """The verbs of trying to sign in. `device` is the mark of a browser that signed in as this account before."""

    def attempt(self, name: str, address: str, device: str | None = None) -> Lock | None:
        """Count a try that is about to be looked at; a Lock where it must not be: then nothing was counted."""
        now = self._clock()
        with self._writing() as transaction:
            rows = [_row(transaction, origin, now) for origin in _origins(name, address, device)]
            locks = [row.locked_until for row in rows if row.locked_until and row.locked_until > now]
            if locks:
                return Lock(max(locks))
            for row in rows:
                row.wrong, row.since = row.wrong + 1, now
                row.locked_until = now + LOCKED_FOR if row.wrong >= MAX_WRONG else None
            return None

    def wrong(self, name: str, address: str, device: str | None = None) -> Lock | None:
        """The try was wrong: write it down; answers the Lock that it brought, if any."""
        now = self._clock()
        with self._writing() as transaction:
            rows = [_row(transaction, origin, now) for origin in _origins(name, address, device)]
            locks = [row.locked_until for row in rows if row.locked_until and row.locked_until > now]
            # A stranger may have typed a password where the name belongs: only names that exist are written down.
            known = transaction.scalars(select(Technician.id).where(Technician.name == name)).first() is not None
            actor = name if known else STRANGER
            if not locks:
                record(transaction, "sign_in_failed", now, actor, address=address)
                return None
            record(transaction, "locked_out", now, actor, address=address)
            return Lock(max(locks))

    def right(self, name: str, address: str, device: str | None = None) -> None:
        """The try was right: the account, or the device, begins anew; the address gets this one try back."""
        self._give_back(name, address, device, anew=True)

    def half_right(self, name: str, address: str, device: str | None = None) -> None:
        """The password was right, and a second factor is still to come: only this one try is given back.

        Whoever knows the password could otherwise try codes for ever, five and five.
        """
        self._give_back(name, address, device, anew=False)

    def _give_back(self, name: str, address: str, device: str | None, *, anew: bool) -> None:
        now = self._clock()
        with self._writing() as transaction:
            for origin in _origins(name, address, device):
                row = _row(transaction, origin, now)
                begins_anew = anew and not origin.startswith(ADDRESS)
                row.wrong, row.locked_until = 0 if begins_anew else max(0, row.wrong - 1), None

    def forget_old(self) -> int:
        """Drop what counts no more; answers how many."""
        old = Tries.since <= self._clock() - FORGOTTEN_AFTER
        with self._reading() as transaction:
            if transaction.scalars(select(Tries.origin).where(old).limit(1)).first() is None:
                return 0
        with self._writing() as transaction:
            return len(list(transaction.scalars(delete(Tries).where(old).returning(Tries.origin))))


ADDRESS = "address:"


def _origins(name: str, address: str, device: str | None) -> tuple[str, ...]:
    # Digests: what is typed may have any length, and may be anything.
    if device:
        return (f"device:{digest(f'{device}:{name}')[:40]}",)
    return (f"account:{digest(name)[:40]}", f"{ADDRESS}{origin_of(address)}")


def _row(transaction: Transaction, origin: str, now: datetime) -> Tries:
    row = transaction.get(Tries, origin, with_for_update=True) or _new_row(transaction, origin, now)
    is_over = row.locked_until is not None and row.locked_until <= now
    if is_over or row.since <= now - FORGOTTEN_AFTER:
        row.wrong, row.locked_until = 0, None
    return row


def _new_row(transaction: Transaction, origin: str, now: datetime) -> Tries:
    row = Tries(origin=origin, wrong=0, since=now)
    try:
        with transaction.begin_nested():
            transaction.add(row)
    except IntegrityError:
        # Another process was first, between our look and our row (databases with several writers).
        return transaction.get_one(Tries, origin, with_for_update=True)
    return row
