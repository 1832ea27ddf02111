"""Sign-ins: one row for each browser in which somebody is signed in. Its cookie holds a secret, the row its digest.

So a sign-in can be ended from elsewhere, and a cookie that was copied is worth nothing once its owner has signed out.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select

from sessions.clock import Clock, utc_now
from sessions.dismissal import dismiss, sign_out
from sessions.errors import UnknownSignIn, UnknownTechnician
from sessions.models import SignIn, Technician
from sessions.secrets import Entropy, digest, new_link
from sessions.transactions import Register, Transaction, record_by, technician_view
from sessions.views import NewSignIn, SignedIn, SignInView, TechnicianView

DEFAULT_IDLE = timedelta(hours=12)
# How stale the note of the last visit may be; it is not written anew with every request.
NOTED_EVERY = timedelta(minutes=1)
MAX_BROWSER = 200


class SignInRegister(Register):
    """The verbs of sign-ins; `idle` is how long one lasts when nobody does anything."""

    def __init__(
        self, engine: Engine, clock: Clock = utc_now, entropy: Entropy = os.urandom, idle: timedelta = DEFAULT_IDLE
    ) -> None:
        super().__init__(engine, clock, entropy)
        self._idle = idle

    def begin(self, technician_id: int, how: str, address: str, browser: str) -> NewSignIn:
        """Somebody proved who they are: a new secret for their browser's cookie. `how`: `password` or `openid`.

        Raises:
            UnknownTechnician: they were removed meanwhile.
        """
        now, secret = self._clock(), new_link(self._entropy)
        with self._writing() as transaction:
            person = transaction.get(Technician, technician_id)
            if person is None or person.removed_at is not None:
                raise UnknownTechnician
            row = SignIn(
                digest=digest(secret),
                technician_id=technician_id,
                how=how,
                address=address,
                browser=browser[:MAX_BROWSER],
                since=now,
                seen_at=now,
            )
            transaction.add(row)
            transaction.flush()
            record_by(transaction, "signed_in", now, technician_view(person, address), how=how)
            return NewSignIn(row.id, secret)

    def who(self, secret: str, address: str) -> SignedIn | None:
        """Who holds this cookie, acting from `address` now; nobody where the sign-in ended, or idled for too long."""
        held = select(SignIn, Technician).join(Technician, Technician.id == SignIn.technician_id)
        with self._reading() as transaction:
            found = transaction.execute(held.where(SignIn.digest == digest(secret))).first()
        if found is None or found[1].removed_at is not None or self._is_stale(found[0]):
            return None
        row, person = found
        return SignedIn(
            technician=technician_view(person, address),
            sign_in_id=row.id,
            how=row.how,
            must_change_password=person.must_change_password,
            second_factor_set=person.totp_since is not None,
        )

    def seen(self, sign_in_id: int) -> None:
        """Somebody did something there: the idle time starts anew. Written once a minute at most."""
        now = self._clock()
        with self._reading() as transaction:
            row = transaction.get(SignIn, sign_in_id)
            if row is None or now - row.seen_at < NOTED_EVERY:
                return
        with self._writing() as transaction:
            row = transaction.get(SignIn, sign_in_id)
            if row is not None:
                row.seen_at = now

    def list(self, technician_id: int) -> list[SignInView]:
        """Where somebody is signed in, the last used first."""
        chosen = select(SignIn).where(SignIn.technician_id == technician_id).order_by(SignIn.seen_at.desc())
        with self._reading() as transaction:
            rows = [row for row in transaction.scalars(chosen) if not self._is_stale(row)]
        return [SignInView(row.id, row.how, row.address, row.browser, row.since, row.seen_at) for row in rows]

    def end(self, sign_in_id: int, by: TechnicianView) -> None:
        """A person ends one of their own sign-ins. Raises UnknownSignIn where it is not theirs."""
        with self._writing() as transaction:
            row = transaction.get(SignIn, sign_in_id)
            if row is None or row.technician_id != by.id:
                raise UnknownSignIn
            transaction.delete(row)
            record_by(transaction, "signed_out", self._clock(), by)

    def end_all(self, technician_id: int, by: TechnicianView | None, keep: int | None = None) -> int:
        """End somebody's sign-ins but `keep`, and their seats at once; answers how many sign-ins. API tokens stay."""
        now = self._clock()
        with self._writing() as transaction:
            person = transaction.get(Technician, technician_id)
            if person is None:
                return 0
            ended = sign_out(transaction, technician_id, keep)
            dismiss(transaction, technician_id)
            record_by(transaction, "signed_out_everywhere", now, by, technician=person.name, sign_ins=ended)
            return ended

    def forget_stale(self) -> int:
        """Drop the sign-ins that idled for too long; answers how many."""
        stale = SignIn.seen_at <= self._clock() - self._idle
        with self._reading() as transaction:
            if transaction.scalars(select(SignIn.id).where(stale).limit(1)).first() is None:
                return 0
        with self._writing() as transaction:
            return _rowcount(transaction, stale)

    def _is_stale(self, row: SignIn) -> bool:
        since: datetime = row.seen_at
        return since <= self._clock() - self._idle


def _rowcount(transaction: Transaction, stale: object) -> int:
    gone = transaction.scalars(delete(SignIn).where(stale).returning(SignIn.id))  # type: ignore[arg-type]
    return len(list(gone))
