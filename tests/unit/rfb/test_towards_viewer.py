from __future__ import annotations

from functools import partial

import pytest

from rfb.errors import ProtocolViolation
from rfb.events import ClientInit
from rfb.towards_viewer import ViewerGreeting
from tests.unit.rfb.helpers import desktop, play, raises, server_init, text, tr

BANNER = b"RFB 003.008\n"
OFFER = b"\x01\x01"
OK = b"\0\0\0\0"

greet = partial(ViewerGreeting, desktop("Büro"))


def test_novnc() -> None:
    greeting = greet()
    events = play(
        greeting,
        (b"", BANNER),
        (BANNER, OFFER),
        (b"\x01", OK),
        (b"\x01", server_init("Büro".encode())),
    )
    assert events == [ClientInit(shared=True)]
    assert greeting.done


@pytest.mark.parametrize(("byte", "shared"), [(b"\0", False), (b"\x01", True), (b"\xff", True)])
def test_in_pieces_and_with_a_tail(byte: bytes, shared: bool) -> None:
    tr(greet, BANNER + b"\x01" + byte, (14, ClientInit(shared=shared)))


def test_the_largest_desktop_with_the_longest_name() -> None:
    greeting = ViewerGreeting(desktop("n" * 128, 65535, 65535))
    greeting.receive_data(BANNER + b"\x01\x01")
    assert greeting.data_to_send().endswith(server_init(b"n" * 128, 65535, 65535))


def test_a_name_that_is_no_text_does_no_harm() -> None:
    greeting = ViewerGreeting(desktop("a\udc80b"))
    greeting.receive_data(BANNER + b"\x01\x01")
    assert greeting.data_to_send().endswith(server_init(b"a?b"))


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (b"RFB 003.003\n", b"\0\0\0\0"),
        (b"RFB 003.006\n", b"\0\0\0\0"),
        (b"RFB 003.007\n", b"\0"),
        (b"RFB 003.889\n", b"\0"),
        (b"RFB 004.001\n", b"\0"),
    ],
)
def test_a_viewer_of_another_version_is_told_why(answer: bytes, refusal: bytes) -> None:
    raises(greet, answer, ProtocolViolation, r"must speak RFB 3\.8")
    greeting = greet()
    with pytest.raises(ProtocolViolation):
        greeting.receive_data(answer)
    assert greeting.data_to_send() == BANNER + refusal + text(b"The viewer must speak RFB 3.8, as noVNC does.")


@pytest.mark.parametrize("answer", [b"RFB 003.008\r", b"GET / HTTP/1", bytes(12)])
def test_what_is_no_version_is_told_nothing(answer: bytes) -> None:
    raises(greet, answer, ProtocolViolation, "does not answer with a version")
    greeting = greet()
    with pytest.raises(ProtocolViolation):
        greeting.receive_data(answer)
    assert greeting.data_to_send() == BANNER


@pytest.mark.parametrize("picked", [b"\0", b"\x02", b"\x10", b"\xff"])
def test_a_viewer_that_picks_what_was_not_offered_is_told_why(picked: bytes) -> None:
    raises(greet, BANNER + picked, ProtocolViolation, "not offered")
    greeting = greet()
    with pytest.raises(ProtocolViolation):
        greeting.receive_data(BANNER + picked)
    reason = b"The viewer picked a security type that was not offered."
    assert greeting.data_to_send() == BANNER + OFFER + b"\0\0\0\x01" + text(reason)
