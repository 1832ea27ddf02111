"""Keeps a session's VNC password readable for the listener and for nobody who only has the database.

A link or a code is only ever compared, so a digest is enough. The VNC password is different: the relay must answer the
customer's server with it (RFC 6143 §7.2.2). It is sealed with a key that lives in the state directory, not in the
database, and is wiped when the session ends.
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken


class Vault:
    """Seals and opens short texts with one key (Fernet: AES-128-CBC with HMAC-SHA-256)."""

    def __init__(self, key: bytes) -> None:
        derived = hashlib.blake2b(key, person=b"reachback-vault", digest_size=32).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, text: str) -> str:
        """`text`, unreadable without the key."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """What was sealed, or None where the key has changed since."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None
