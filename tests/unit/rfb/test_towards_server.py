"""Byte transcripts of real servers; what they send was recorded from TightVNC, TigerVNC and x11vnc dialling out."""

from __future__ import annotations

from functools import partial

import pytest

from rfb.errors import (
    PasswordNeeded,
    PasswordWrong,
    ProtocolViolation,
    RfbError,
    ServerRefused,
    TooMuchData,
    UnsupportedSecurity,
)
from rfb.events import ServerVersion
from rfb.towards_server import ServerGreeting, spoken_version
from tests.unit.rfb.helpers import PIXELS, desktop, play, raises, server_init, text, tr

V33, V37, V38 = ServerVersion(3, 3), ServerVersion(3, 7), ServerVersion(3, 8)
HELLO = (b"", b"RFB 003.008\n")
OK, FAILED, TOO_MANY = (number.to_bytes(4, "big") for number in (0, 1, 2))
SHARED = b"\x01"
CHALLENGE = bytes(range(16))
ANSWER = CHALLENGE[::-1]

NONE_ONLY, PASSWORD_ONLY, TIGHT_ONLY = b"\x01\x01", b"\x01\x02", b"\x01\x10"
NO_LIST = b"\0\0\0\0"
CAP_TUNNEL = b"\0\0\0\0TGHTNOTUNNEL"
CAP_SECURE_TUNNEL = b"\0\0\0\x07OTHRSECUREIT"
CAP_NONE = b"\0\0\0\x01STDVNOAUTH__"
CAP_PASSWORD = b"\0\0\0\x02STDVVNCAUTH_"
CAP_LOGIN = b"\0\0\0\x81TGHTULGNAUTH"
NO_INTERACTION = b"\0\0\0\0\0\0\0\0"
INTERACTION = b"\0\x01\0\x02\0\x03\xff\xff" + 6 * b"\0\0\0\x05TGHTSOMETHNG"


def a_list(*capabilities: bytes) -> bytes:
    return len(capabilities).to_bytes(4, "big") + b"".join(capabilities)


def answer(challenge: bytes) -> bytes:
    return challenge[::-1]


greet = partial(ServerGreeting, V38)
greet_knowing = partial(ServerGreeting, V38, answer)


@pytest.mark.parametrize(
    ("announced", "spoken"),
    [
        ((3, 3), (3, 3)),
        ((3, 4), (3, 3)),
        ((3, 5), (3, 3)),
        ((3, 6), (3, 3)),
        ((3, 7), (3, 7)),
        ((3, 8), (3, 8)),
        ((3, 14), (3, 3)),
        ((3, 16), (3, 3)),
        ((3, 18), (3, 8)),
        ((3, 889), (3, 8)),
        ((4, 0), (3, 8)),
        ((4, 1), (3, 8)),
        ((5, 0), (3, 8)),
        ((999, 999), (3, 8)),
    ],
)
def test_which_version_is_answered(announced: tuple[int, int], spoken: tuple[int, int]) -> None:
    assert spoken_version(ServerVersion(*announced)) == ServerVersion(*spoken)
    greeting = ServerGreeting(ServerVersion(*announced))
    assert greeting.version == ServerVersion(*spoken)
    assert greeting.data_to_send() == b"RFB %03d.%03d\n" % spoken


@pytest.mark.parametrize("announced", [(0, 0), (3, 2), (2, 889)])
def test_versions_before_the_first_one_are_refused(announced: tuple[int, int]) -> None:
    with pytest.raises(ProtocolViolation, match=r"begins with 3\.3"):
        ServerGreeting(ServerVersion(*announced))


# Dialogues with real servers


def test_tightvnc_for_windows() -> None:
    greeting = greet()
    events = play(
        greeting,
        HELLO,
        (b"\x02\x01\x10", b"\x01"),
        (OK, SHARED),
        (server_init(b"kasse-7"), b""),
    )
    assert events == [desktop("kasse-7")]
    assert greeting.done


def test_tightvnc_2_8_11_leaves_a_nul_in_the_name() -> None:
    data = b"\x02\x01\x10" + OK + server_init(b"kasse-7\0", 0x269, 0x193)
    tr(greet, data, (len(data), desktop("kasse-7", 617, 403)))


def test_x11vnc_says_ff_for_true_colour() -> None:
    data = NONE_ONLY + OK + server_init(b"box:0", pixels=PIXELS[:3] + b"\xff" + PIXELS[4:])
    tr(greet, data, (len(data), desktop("box:0")))


def test_tigervnc_with_a_password() -> None:
    greeting = greet_knowing()
    events = play(
        greeting,
        HELLO,
        (b"\x02\x13\x02", b"\x02"),
        (CHALLENGE, ANSWER),
        (OK, SHARED),
        (server_init(b"box"), b""),
    )
    assert events == [desktop("box")]


def test_ultravnc_lists_its_own_types_first() -> None:
    events = play(greet(), HELLO, (b"\x03\x11\x75\x01", b"\x01"), (OK, SHARED), (server_init(b"pc ( 10.0.0.7 )"), b""))
    assert events == [desktop("pc ( 10.0.0.7 )")]


def test_a_server_without_a_name() -> None:
    data = NONE_ONLY + OK + server_init(b"")
    tr(greet, data, (len(data), desktop("")))


def test_the_longest_name() -> None:
    data = NONE_ONLY + OK + server_init(b"n" * 4096)
    tr(greet, data, (len(data), desktop("n" * 128)))


def test_version_3_7_sends_no_result_where_there_is_no_password() -> None:
    greeting = ServerGreeting(V37)
    events = play(greeting, (b"", b"RFB 003.007\n"), (b"\x01\x01", b"\x01" + SHARED), (server_init(b"x11vnc"), b""))
    assert events == [desktop("x11vnc")]


def test_version_3_7_sends_a_result_after_a_password() -> None:
    greeting = ServerGreeting(V37, answer)
    events = play(
        greeting,
        (b"", b"RFB 003.007\n"),
        (PASSWORD_ONLY, b"\x02"),
        (CHALLENGE, ANSWER),
        (OK, SHARED),
        (server_init(b"old"), b""),
    )
    assert events == [desktop("old")]


def test_in_version_3_3_the_server_decides_for_none() -> None:
    events = play(ServerGreeting(V33), (b"", b"RFB 003.003\n"), (b"\0\0\0\x01", SHARED), (server_init(b"old"), b""))
    assert events == [desktop("old")]


def test_in_version_3_3_the_server_decides_for_a_password() -> None:
    events = play(
        ServerGreeting(V33, answer),
        (b"", b"RFB 003.003\n"),
        (b"\0\0\0\x02", b""),
        (CHALLENGE, ANSWER),
        (OK, SHARED),
        (server_init(b"old"), b""),
    )
    assert events == [desktop("old")]


def test_none_is_preferred_to_a_known_password() -> None:
    greeting = greet_knowing()
    greeting.data_to_send()
    greeting.receive_data(b"\x03\x10\x02\x01")
    assert greeting.data_to_send() == b"\x01"


def test_a_known_password_is_preferred_to_tight() -> None:
    greeting = greet_knowing()
    greeting.data_to_send()
    greeting.receive_data(b"\x02\x10\x02")
    assert greeting.data_to_send() == b"\x02"


# Tight, which only TightVNC offers


@pytest.mark.parametrize("interaction", [NO_INTERACTION, INTERACTION])
def test_tight_without_tunnels_and_authentication(interaction: bytes) -> None:
    greeting = greet()
    events = play(
        greeting,
        HELLO,
        (TIGHT_ONLY, b"\x10"),
        (NO_LIST, b""),
        (NO_LIST, b""),
        (OK, SHARED),
        (server_init(b"kasse-7") + interaction, b""),
    )
    assert events == [desktop("kasse-7")]


def test_tight_in_pieces_and_with_a_tail() -> None:
    data = TIGHT_ONLY + NO_LIST + NO_LIST + OK + server_init(b"k") + INTERACTION
    tr(greet, data, (len(data), desktop("k")))


def test_tight_with_a_choice_of_tunnels_and_no_authentication() -> None:
    events = play(
        greet(),
        HELLO,
        (TIGHT_ONLY, b"\x10"),
        (a_list(CAP_SECURE_TUNNEL, CAP_TUNNEL), b"\0\0\0\0"),
        (a_list(CAP_PASSWORD, CAP_NONE), b"\0\0\0\x01"),
        (OK, SHARED),
        (server_init(b"kasse-7") + NO_INTERACTION, b""),
    )
    assert events == [desktop("kasse-7")]


def test_tight_with_a_password_inside() -> None:
    events = play(
        ServerGreeting(V37, answer),
        (b"", b"RFB 003.007\n"),
        (TIGHT_ONLY, b"\x10"),
        (NO_LIST, b""),
        (a_list(CAP_LOGIN, CAP_PASSWORD), b"\0\0\0\x02"),
        (CHALLENGE, ANSWER),
        (OK, SHARED),
        (server_init(b"kasse-7") + NO_INTERACTION, b""),
    )
    assert events == [desktop("kasse-7")]


def test_tight_in_version_3_7_sends_no_result_without_a_password() -> None:
    data = TIGHT_ONLY + NO_LIST + NO_LIST + server_init(b"k") + NO_INTERACTION
    tr(partial(ServerGreeting, V37), data, (len(data), desktop("k")))


def test_tight_may_turn_out_to_want_a_password() -> None:
    raises(greet, b"\x02\x02\x10" + NO_LIST + a_list(CAP_PASSWORD), PasswordNeeded)


def test_tight_with_nothing_for_us() -> None:
    error = raises(greet, TIGHT_ONLY + NO_LIST + a_list(CAP_LOGIN), UnsupportedSecurity)
    assert isinstance(error, UnsupportedSecurity)
    assert error.types == (129,)


def test_tight_with_tunnels_only() -> None:
    error = raises(greet, TIGHT_ONLY + a_list(CAP_SECURE_TUNNEL), UnsupportedSecurity)
    assert isinstance(error, UnsupportedSecurity)
    assert error.types == (16,)


# Refusals


def test_loopback_is_refused_by_tightvnc() -> None:
    words = b"Sorry, loopback connections are not enabled\0"
    error = raises(greet, b"\0" + text(words), ServerRefused)
    assert isinstance(error, ServerRefused)
    assert error.reason == "Sorry, loopback connections are not enabled"


def test_a_refusal_in_version_3_3() -> None:
    raises(partial(ServerGreeting, V33), b"\0\0\0\0" + text(b"Too many"), ServerRefused, "Too many")


def test_a_refusal_without_words() -> None:
    raises(greet, b"\0" + text(b""), ServerRefused, "without giving a reason")


def test_a_refusal_is_cleaned_and_cut() -> None:
    error = raises(greet, b"\0" + text(b"\x1b[2J" + b"a" * 4000), ServerRefused)
    assert isinstance(error, ServerRefused)
    assert error.reason == "[2J" + "a" * 497


def test_a_refusal_after_none() -> None:
    raises(greet, NONE_ONLY + FAILED + text(b"Server is full"), ServerRefused, "Server is full")


@pytest.mark.parametrize("result", [FAILED, TOO_MANY])
def test_a_wrong_password(result: bytes) -> None:
    data = PASSWORD_ONLY + CHALLENGE + result + text(b"Server is not configured properly\0")
    error = raises(greet_knowing, data, PasswordWrong)
    assert isinstance(error, PasswordWrong)
    assert error.reason == "Server is not configured properly"


@pytest.mark.parametrize(("version", "data"), [(V37, b"\x01\x02"), (V33, b"\0\0\0\x02")])
def test_a_wrong_password_in_old_versions_comes_without_words(version: ServerVersion, data: bytes) -> None:
    greet_old = partial(ServerGreeting, version, answer)
    raises(greet_old, data + CHALLENGE + FAILED, PasswordWrong, "VNC password: compare")


@pytest.mark.parametrize(
    ("version", "data"), [(V38, PASSWORD_ONLY), (V38, b"\x02\x13\x02"), (V37, PASSWORD_ONLY), (V33, b"\0\0\0\x02")]
)
def test_a_password_is_asked_for_and_none_is_known(version: ServerVersion, data: bytes) -> None:
    raises(partial(ServerGreeting, version), data, PasswordNeeded)


@pytest.mark.parametrize(
    ("version", "data", "types"),
    [
        (V38, b"\x02\x13\x71", (19, 113)),
        (V38, b"\x01\x00", (0,)),
        (V33, b"\xff\xff\xff\xfa", (0xFFFFFFFA,)),  # UltraVNC's MS-Logon of those days
    ],
)
def test_nothing_on_offer_can_be_used(version: ServerVersion, data: bytes, types: tuple[int, ...]) -> None:
    error = raises(partial(ServerGreeting, version, answer), data, UnsupportedSecurity)
    assert isinstance(error, UnsupportedSecurity)
    assert error.types == types


# Limits


@pytest.mark.parametrize(
    "data",
    [
        b"\0" + b"\0\0\x10\x01",
        NONE_ONLY + FAILED + b"\xff\xff\xff\xff",
        NONE_ONLY + OK + server_init(b"")[:-4] + b"\0\0\x10\x01",
        NONE_ONLY + OK + server_init(b"")[:-4] + b"\xff\xff\xff\xff",
        TIGHT_ONLY + b"\0\0\x01\x01",
        TIGHT_ONLY + NO_LIST + b"\xff\xff\xff\xff",
        TIGHT_ONLY + NO_LIST + NO_LIST + OK + server_init(b"") + b"\x01\x01\0\0\0\0\0\0",
        TIGHT_ONLY + NO_LIST + NO_LIST + OK + server_init(b"") + b"\0\0\0\0\xff\xff\0\0",
    ],
)
def test_lengths_are_limited_before_anything_is_stored(data: bytes) -> None:
    raises(greet, data, TooMuchData)


def test_as_many_capabilities_as_are_allowed() -> None:
    data = TIGHT_ONLY + a_list(*[CAP_TUNNEL] * 256) + NO_LIST + OK + server_init(b"k") + NO_INTERACTION
    tr(greet, data, (len(data), desktop("k")))


@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 768), (1024, 0)])
def test_a_desktop_without_pixels_is_refused(width: int, height: int) -> None:
    raises(greet, NONE_ONLY + OK + server_init(b"void", width, height), ProtocolViolation, "nothing to show")


def test_impossible_pixels_are_refused() -> None:
    data = NONE_ONLY + OK + server_init(b"", pixels=b"\x18" + PIXELS[1:])
    raises(greet, data[:-4], ProtocolViolation, "24 bits")


def test_an_answer_of_the_wrong_length_is_our_own_mistake() -> None:
    greeting = ServerGreeting(V38, lambda challenge: challenge[:8])
    with pytest.raises(ValueError, match="has 16 bytes, not 8") as caught:
        greeting.receive_data(PASSWORD_ONLY + CHALLENGE)
    assert not isinstance(caught.value, RfbError)
    assert not greeting.done
