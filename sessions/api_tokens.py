"""API tokens: a technician's keys for scripts, each with a name, its last use, and an end."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from sessions.errors import BadTokenName, UnknownTechnician, UnknownToken
from sessions.models import ApiToken, Technician
from sessions.secrets import digest, new_token
from sessions.transactions import Register, record_by, technician_view
from sessions.views import NewToken, TechnicianView, TokenView

MAX_NAME = 64
# How stale the note of the last use may be: a script that asks every second must not write every second.
NOTED_EVERY = timedelta(minutes=1)


class ApiTokenRegister(Register):
    """The verbs of API tokens."""

    def make(self, technician_id: int, name: str, by: TechnicianView | None = None) -> NewToken:
        """A new one for somebody, in clear, once. Raises BadTokenName, UnknownTechnician."""
        if not 0 < len(name) <= MAX_NAME:
            raise BadTokenName
        token, now = new_token(self._entropy), self._clock()
        with self._writing() as transaction:
            person = transaction.get(Technician, technician_id)
            if person is None or person.removed_at is not None:
                raise UnknownTechnician
            row = ApiToken(technician_id=technician_id, digest=digest(token), name=name, created_at=now)
            transaction.add(row)
            transaction.flush()
            record_by(transaction, "token_made", now, by, technician=person.name, token=row.id, name=name)
            return NewToken(row.id, token)

    def list(self, technician_id: int) -> list[TokenView]:
        """Somebody's, the newest first."""
        mine = select(ApiToken).where(ApiToken.technician_id == technician_id).order_by(ApiToken.id.desc())
        with self._reading() as transaction:
            return [_view(row) for row in transaction.scalars(mine)]

    def revoke(self, token_id: int, by: TechnicianView | None, owner_id: int | None = None) -> None:
        """Let it open nothing any more. Raises UnknownToken: also where it is not `owner_id`'s."""
        with self._writing() as transaction:
            row = transaction.get(ApiToken, token_id)
            if row is None or owner_id not in {None, row.technician_id}:
                raise UnknownToken
            person = transaction.get_one(Technician, row.technician_id)
            transaction.delete(row)
            record_by(
                transaction, "token_revoked", self._clock(), by, technician=person.name, token=token_id, name=row.name
            )

    def whose(self, token: str, address: str) -> TechnicianView | None:
        """Whose it is, who acts from `address` now; its use is noted, once a minute at most."""
        owned = select(ApiToken, Technician).join(Technician, Technician.id == ApiToken.technician_id)
        with self._reading() as transaction:
            found = transaction.execute(owned.where(ApiToken.digest == digest(token))).first()
        if found is None or found[1].removed_at is not None:
            return None
        row, person = found
        now = self._clock()
        if row.last_used_at is None or now - row.last_used_at >= NOTED_EVERY or row.last_used_from != address:
            self._note(row.id, now, address)
        return technician_view(person, address)

    def _note(self, token_id: int, now: datetime, address: str) -> None:
        with self._writing() as transaction:
            row = transaction.get(ApiToken, token_id)
            if row is not None:
                row.last_used_at, row.last_used_from = now, address


def _view(row: ApiToken) -> TokenView:
    return TokenView(row.id, row.name, row.created_at, row.last_used_at, row.last_used_from)
