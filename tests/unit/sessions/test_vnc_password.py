from __future__ import annotations

import pytest

from sessions.vnc_password import answer_challenge

COUNTING = bytes(range(16))
# The key with which every VNC server stores its password (vncauth.c), as text, for it is ours that takes text.
STORING = bytes([23, 82, 107, 6, 35, 78, 88, 7]).decode("latin-1")


@pytest.mark.parametrize(
    ("password", "stored"),
    [
        # The line `ultravnc.ini` and the registry of TightVNC hold for this password, known far and wide.
        ("password", "dbd83cfd727a1458"),
        # printf 's3cret\n' | vncpasswd -f
        ("s3cret", "e1431299b176609d"),
    ],
)
def test_what_servers_store(password: str, stored: str) -> None:
    block = password.encode().ljust(8, b"\0")
    assert answer_challenge(STORING, block * 2).hex() == stored * 2


@pytest.mark.parametrize(
    ("password", "answer"),
    [
        # openssl enc -des-ecb -nopad -provider legacy -K (the bytes with mirrored bits)
        ("s3cret", "fc9a2bb8546a63388eb45b530d3a6337"),
        ("password1", "b866924125c8eebb9debc1db61c538e2"),
        ("€12", "9362cb5263e20fee9f4ff5eb9b2eb783"),
    ],
)
def test_answers_as_openssl_computes_them(password: str, answer: str) -> None:
    assert answer_challenge(password, COUNTING).hex() == answer


def test_eight_characters_count() -> None:
    assert answer_challenge("password1", COUNTING) == answer_challenge("password", COUNTING)
    assert answer_challenge("passwor", COUNTING) != answer_challenge("password", COUNTING)
