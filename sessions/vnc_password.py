"""What is done with VNC passwords: a challenge is answered (RFC 6143 §7.2.2), and TightVNC's registry value is made."""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

KEY_BYTES = 8
# The key with which TightVNC and its relatives keep passwords: it hides them from eyes, from nobody else
# (TightVNC's util/VncPassCrypt.cpp and 1.3's vncauth.c).
FIXED_KEY = bytes((23, 82, 107, 6, 35, 78, 88, 7))


def answer_challenge(password: str, challenge: bytes) -> bytes:
    """The 16 bytes of `challenge`, encrypted as the server does it, with the first eight bytes of the password."""
    return _encrypted(challenge, _eight_bytes(password))


def kept_password(password: str) -> bytes:
    """`password` as TightVNC keeps it in the registry: 8 bytes."""
    return _encrypted(_eight_bytes(password), FIXED_KEY)


def _encrypted(blocks: bytes, key: bytes) -> bytes:
    """DES with each byte of `key` mirrored: RFC 6143 says *DES with a key*, every implementation mirrors the bits.

    Triple DES with three equal keys is single DES.
    """
    mirrored = bytes(_mirrored(byte) for byte in key)
    # ECB is what the protocol prescribes; the password protects nothing that we rely on.
    cipher = Cipher(TripleDES(mirrored * 3), modes.ECB())  # noqa: S305
    encryptor = cipher.encryptor()
    return encryptor.update(blocks) + encryptor.finalize()


def _eight_bytes(password: str) -> bytes:
    return password.encode("latin-1", "replace")[:KEY_BYTES].ljust(KEY_BYTES, b"\0")


def _mirrored(byte: int) -> int:
    return int(f"{byte:08b}"[::-1], 2)
