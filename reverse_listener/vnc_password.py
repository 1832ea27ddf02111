"""The answer to a VNC server's challenge (RFC 6143 §7.2.2)."""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

KEY_BYTES = 8


def answer_challenge(password: str, challenge: bytes) -> bytes:
    """The 16 bytes of `challenge`, encrypted as the server does it.

    DES with the first eight bytes of the password as its key, each byte's bits in reverse order: RFC 6143 says
    *DES with a key*, every implementation mirrors the bits. Triple DES with three equal keys is single DES.
    """
    key = bytes(_mirrored(byte) for byte in password.encode("latin-1", "replace")[:KEY_BYTES].ljust(KEY_BYTES, b"\0"))
    # ECB is what the protocol prescribes; the password protects nothing that we rely on.
    cipher = Cipher(TripleDES(key * 3), modes.ECB())  # noqa: S305
    encryptor = cipher.encryptor()
    return encryptor.update(challenge) + encryptor.finalize()


def _mirrored(byte: int) -> int:
    return int(f"{byte:08b}"[::-1], 2)
