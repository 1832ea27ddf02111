"""The three secrets (link, code, ticket), API tokens and first passwords: how they look, how they are made and stored.

Clear text exists once, in the answer of the verb that made it. The register keeps `digest()` of it. Randomness is an
argument everywhere: `entropy(n)` answers n random bytes, `os.urandom` in production.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

Entropy = Callable[[int], bytes]

SECRET_BYTES = 16
TOKEN_BYTES = 20
TOKEN_PREFIX = "rb_"  # noqa: S105  (a prefix that lets people and scanners recognise an API token; not a secret)
CODE_DIGITS = 9
# Read aloud and typed by hand on first start, so neither 0/o nor 1/l/i.
PASSWORD_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105  (an alphabet, not a password)
PASSWORD_LENGTH = 16
VNC_PASSWORD_LENGTH = 8

# Damm's quasigroup of order 10 (H. Michael Damm, 2004): its check digit finds every single wrong digit and every
# swap of two neighbours, the two slips people make when they read a number over the phone.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


def digest(secret: str) -> str:
    """SHA-256 of a secret, as 64 hexadecimal digits: the only form in which the register keeps one."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_link(entropy: Entropy) -> str:
    """128 random bits as 26 characters of lower-case base32; the last part of the customer's URL."""
    return _base32(entropy(SECRET_BYTES))


def new_ticket(entropy: Entropy) -> str:
    """128 random bits as 26 characters of lower-case base32; opens one seat once."""
    return _base32(entropy(SECRET_BYTES))


def new_token(entropy: Entropy) -> str:
    """An API token: `rb_` and 160 random bits as 32 characters of lower-case base32."""
    return TOKEN_PREFIX + _base32(entropy(TOKEN_BYTES))


def new_code(entropy: Entropy) -> str:
    """Nine digits of which the last checks the others.

    The first is never 0: the code also travels as a number (TightVNC's dispatcher), where leading zeros are lost.
    """
    number = 10_000_000 + _below(90_000_000, entropy)
    return f"{number}{check_digit(str(number))}"


def number_of(link: str) -> str:
    """What a computer says as its ID: nine digits like a code, made from `link` and leading to it nowhere but here.

    A code is known in clear to nobody after it was read aloud. Pages and scripts, which have the link, need something
    that a VNC server can say; this is it, and it can be made again whenever the link is shown.
    """
    drawn = hashlib.blake2b(link.encode(), person=b"reachback-number", digest_size=8).digest()
    return new_code(lambda _count: drawn)


def new_script_password(entropy: Entropy) -> str:
    """A VNC password for one session: 8 characters, for VNC looks at no more (40 bits)."""
    return _drawn(VNC_PASSWORD_LENGTH, entropy)


def new_password(entropy: Entropy) -> str:
    """A technician's first password: 16 characters that are hard to mistake for one another (79 bits)."""
    return _drawn(PASSWORD_LENGTH, entropy)


def new_session_id(entropy: Entropy) -> str:
    """A session's public name: 12 hexadecimal digits. Not a secret, but not countable either."""
    return entropy(6).hex()


def check_digit(digits: str) -> str:
    """The digit that belongs behind `digits` (Damm's algorithm)."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return str(interim)


def normal_code(typed: str) -> str | None:
    """The nine digits in what a person typed, or None where they cannot be a code (length, letters, check digit)."""
    digits = nine_digits(typed)
    return digits if digits and digits[0] != "0" and check_digit(digits) == "0" else None


def nine_digits(typed: str) -> str | None:
    """The nine digits in what a person typed, whether or not they check, or None where it is something else."""
    digits = re.sub(r"[\s.\-–]", "", typed)
    return digits if re.fullmatch(r"[0-9]{9}", digits) else None


def _drawn(length: int, entropy: Entropy) -> str:
    return "".join(PASSWORD_ALPHABET[_below(len(PASSWORD_ALPHABET), entropy)] for _ in range(length))


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _below(limit: int, entropy: Entropy) -> int:
    # 64 bits over at most 27: the bias is below 2**-37, far below what anyone could measure.
    return int.from_bytes(entropy(8), "big") % limit
