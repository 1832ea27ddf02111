"""People who sign in, and their API tokens."""

from __future__ import annotations

import re
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from sessions.errors import BadName, BadPassword, NameTaken, UnknownTechnician
from sessions.models import ApiToken, Technician
from sessions.secrets import digest, new_password, new_token
from sessions.transactions import Register, record, technician_view
from sessions.views import NewTechnician, TechnicianView

ROLES = ("admin", "technician", "auditor")
PREFERENCES = frozenset({"theme", "sound", "notify", "keyboard"})
MIN_PASSWORD = 10
MAX_PASSWORD = 1024
_NAME = re.compile(r"[^\W_][\w .@-]{0,63}")

_hasher = PasswordHasher()


class TechnicianRegister(Register):
    """The verbs of people."""

    def add(self, name: str, role: str = "technician", password: str | None = None) -> NewTechnician:
        """Make a technician; where no password is given, one is made and answered once.

        Raises:
            BadName, BadPassword, NameTaken
            ValueError: the role is none of `ROLES`.
        """
        if role not in ROLES:
            raise ValueError(f"a role is one of {', '.join(ROLES)}")
        if not _NAME.fullmatch(name):
            raise BadName
        secret = new_password(self._entropy) if password is None else password
        if not MIN_PASSWORD <= len(secret) <= MAX_PASSWORD:
            raise BadPassword
        row = Technician(name=name, role=role, password_hash=_hasher.hash(secret), created_at=self._clock())
        try:
            with self._writing() as transaction:
                transaction.add(row)
                transaction.flush()
                record(transaction, "technician_added", self._clock(), name, role=role)
        except IntegrityError:
            raise NameTaken from None
        return NewTechnician(technician_view(row), secret)

    def sign_in(self, name: str, password: str) -> TechnicianView | None:
        """The technician, where name and password fit. Takes as long for an unknown name as for a wrong password."""
        with self._reading() as transaction:
            row = transaction.scalars(select(Technician).where(Technician.name == name)).first()
        fits = _fits(row.password_hash if row else _nobodys_hash(), password)
        return technician_view(row) if row and fits else None

    def get(self, technician_id: int) -> TechnicianView | None:
        """One technician by number."""
        with self._reading() as transaction:
            row = transaction.get(Technician, technician_id)
            return technician_view(row) if row else None

    def by_name(self, name: str) -> TechnicianView | None:
        """One technician by name."""
        with self._reading() as transaction:
            row = transaction.scalars(select(Technician).where(Technician.name == name)).first()
            return technician_view(row) if row else None

    def prefer(self, technician_id: int, **wishes: str) -> None:
        """Remember how somebody likes their pages: any of `PREFERENCES`; the names are for the pages to understand."""
        with self._writing() as transaction:
            row = transaction.get_one(Technician, technician_id)
            known = {name: wish for name, wish in wishes.items() if name in PREFERENCES}
            row.preferences = dict(row.preferences or {}) | known

    def count(self) -> int:
        """How many there are."""
        with self._reading() as transaction:
            return transaction.scalars(select(func.count()).select_from(Technician)).one()

    def new_token(self, name: str) -> str:
        """A new API token for a technician, in clear, once. Raises UnknownTechnician."""
        token = new_token(self._entropy)
        with self._writing() as transaction:
            row = transaction.scalars(select(Technician).where(Technician.name == name)).first()
            if row is None:
                raise UnknownTechnician
            transaction.add(ApiToken(technician_id=row.id, digest=digest(token), created_at=self._clock()))
            record(transaction, "token_made", self._clock(), name)
        return token

    def by_token(self, token: str) -> TechnicianView | None:
        """Whose API token this is."""
        owner = select(Technician).join(ApiToken, ApiToken.technician_id == Technician.id)
        with self._reading() as transaction:
            row = transaction.scalars(owner.where(ApiToken.digest == digest(token))).first()
            return technician_view(row) if row else None


def _fits(password_hash: str, password: str) -> bool:
    if len(password) > MAX_PASSWORD:
        return False
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody signs in with this")
