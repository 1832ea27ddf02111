"""A word that only who can read the installation's key can say, and that is good for a minute.

`reachback doctor` says it to a portal that it reaches through the public address: the portal then tells what arrived
there. Whoever overhears it learns, for a minute, what arrives of their own requests, and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

HEADER = "X-Reachback-Doctor"
GOOD_SECONDS = 60


def proof(key: bytes, now: datetime) -> str:
    """The word of this moment."""
    return _word(key, int(now.timestamp()))


def is_proof(word: str, key: bytes, now: datetime) -> bool:
    """Whether `word` was made with this key, within the last minute or, by a clock that is ahead, the next."""
    said, _, _ = word.partition(".")
    if not said.isascii() or not said.isdigit() or len(said) > 12:
        return False
    is_fresh = abs(int(said) - now.timestamp()) <= GOOD_SECONDS
    return is_fresh and hmac.compare_digest(_word(key, int(said)).encode(), word.encode())


def _word(key: bytes, moment: int) -> str:
    return f"{moment}.{hashlib.blake2b(str(moment).encode(), key=key, person=b'reachback-doctor').hexdigest()}"
