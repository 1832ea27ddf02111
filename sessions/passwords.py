"""Technicians' passwords: how long they are, how they are kept (argon2id), and whether one fits."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sessions.errors import BadPassword

MIN_PASSWORD = 10
MAX_PASSWORD = 1024
# What stands in the row of somebody who signs in without a password.
NO_PASSWORD = ""

_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """What is kept of a password. Raises BadPassword where it is too short, or absurdly long."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise BadPassword
    return _hasher.hash(password)


def fits(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; takes as long for nobody's (None, or no password) as for a wrong one."""
    if len(password) > MAX_PASSWORD:
        return False
    try:
        _hasher.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(password_hash)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody signs in with this")
