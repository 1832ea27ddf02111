from __future__ import annotations

import pytest

from rfb.errors import (
    NotVnc,
    PasswordNeeded,
    PasswordWrong,
    ProtocolViolation,
    RfbError,
    ServerRefused,
    TooMuchData,
    UnsupportedSecurity,
)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotVnc("http"), ["HTTP", "web address"]),
        (NotVnc("tls"), ["TLS", "certificate"]),
        (NotVnc("ssh"), ["SSH"]),
        (NotVnc("viewer"), ["a viewer", "dial out"]),
        (NotVnc("unknown"), ["does not speak VNC"]),
        (ProtocolViolation("The peer is rude."), ["The peer is rude."]),
        (TooMuchData("the name", 4096), ["the name", "4096"]),
        (ServerRefused("no viewers today"), ['said "no viewers today"']),
        (ServerRefused(""), ["without giving a reason"]),
        (PasswordNeeded(), ["asks for a password", "store its VNC password"]),
        (PasswordWrong("bad"), ["did not accept", '"bad"', "compare"]),
        (PasswordWrong(""), ["VNC password: compare"]),
        (UnsupportedSecurity((19, 200)), ["VeNCrypt 19, type 200", "allow"]),
    ],
)
def test_says_one_sentence(error: RfbError, words: list[str]) -> None:
    sentence = str(error)
    assert isinstance(error, RfbError)
    assert all(word in sentence for word in words)
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_carries_its_values() -> None:
    assert NotVnc("tls").what == "tls"
    assert (TooMuchData("x", 7).what, TooMuchData("x", 7).limit) == ("x", 7)
    assert ServerRefused("no").reason == "no"
    assert PasswordWrong("no").reason == "no"
    assert UnsupportedSecurity((19,)).types == (19,)


def test_too_much_data_breaks_a_rule() -> None:
    assert issubclass(TooMuchData, ProtocolViolation)


def test_a_long_list_of_types_is_cut() -> None:
    assert str(UnsupportedSecurity(tuple(range(200, 255)))).count("type ") == 8
    assert "…" in str(UnsupportedSecurity(tuple(range(200, 255))))
    assert "…" not in str(UnsupportedSecurity(tuple(range(200, 208))))
