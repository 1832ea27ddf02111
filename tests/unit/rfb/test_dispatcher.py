"""The exchange as TightVNC 2.8.11 for Windows was seen to hold it, and what others could make of it."""

from __future__ import annotations

import pytest

from rfb.dispatcher import Dispatcher
from rfb.errors import NotVnc, ProtocolViolation
from rfb.events import Dispatched
from tests.unit.rfb.helpers import TAIL, one_by_one, play, raises

HELLO = bytes.fromhex("54435044495350415443480a 01 03")
NUMBER = bytes.fromhex("12345678")
# The server's bytes until it waits: version, kind, number, keyword, name.
SAID = b"\x03" + b"\x00" + NUMBER + b"\x01\x00" + b"\x01\x00"
BANNER = b"RFB 003.008\n"


def greeted() -> Dispatcher:
    dispatcher = Dispatcher()
    assert dispatcher.data_to_send() == HELLO
    return dispatcher


def waiting() -> Dispatcher:
    """A dispatcher whose server has told its number and waits."""
    dispatcher = greeted()
    assert dispatcher.receive_data(SAID) == [Dispatched(305419896, "", "")]
    assert dispatcher.data_to_send() == b"\x00"
    return dispatcher


def test_tightvnc_2_8_11_byte_by_byte() -> None:
    dispatcher = greeted()
    events = play(
        dispatcher,
        (b"\x03", b""),
        (b"\x00", b""),
        (NUMBER, b""),
        (b"\x01\x00", b""),
        (b"\x01\x00", b"\x00"),
    )
    assert events == [Dispatched(0x12345678, "", "")]
    for _ in range(6):
        dispatcher.ping()
        assert dispatcher.data_to_send() == b"\x00"
        assert dispatcher.receive_data(b"\x00") == []
    assert not dispatcher.done
    dispatcher.go()
    assert dispatcher.data_to_send() == b"\x01"
    assert (dispatcher.done, dispatcher.trailing_data) == (True, b"")


@pytest.mark.parametrize(
    ("texts", "keyword", "name"),
    [
        (b"\x00\x00", "", ""),  # 2.8.23 and later
        (b"\x01\x00\x01\x00", "", ""),
        (b"\x04key\x00\x05shop\x00", "key", "shop"),
        (b"\xff" + b"k" * 255 + b"\xff" + b"\x00" * 255, "k" * 128, ""),
        (b"\x03a\nb\x02\x1b[", "a b", "["),
    ],
)
def test_texts_have_any_length_and_are_cleaned(texts: bytes, keyword: str, name: str) -> None:
    events = []
    dispatcher = greeted()
    for byte in one_by_one(b"\x03\x00" + NUMBER + texts):
        events += dispatcher.receive_data(byte)
    assert events == [Dispatched(0x12345678, keyword, name)]


@pytest.mark.parametrize("number", [1, 0x7FFF_FFFF, 0xFFFF_FFFF])
def test_numbers(number: int) -> None:
    (event,) = greeted().receive_data(b"\x03\x00" + number.to_bytes(4, "big") + b"\x00\x00")
    assert event == Dispatched(number, "", "")


def test_a_server_without_a_number_is_given_one() -> None:
    dispatcher = greeted()
    events = play(dispatcher, (b"\x03\x00" + bytes(4), b"\x00\x00\x00\x01"), (b"\x00\x00", b"\x00"))
    assert events == [Dispatched(0, "", "")]


@pytest.mark.parametrize("pings", [0, 1, 3])
def test_as_many_answers_as_pings_come_before_the_banner(pings: int) -> None:
    def gone() -> Dispatcher:
        dispatcher = waiting()
        for _ in range(pings):
            dispatcher.ping()
        dispatcher.go()
        assert dispatcher.data_to_send() == b"\x00" * pings + b"\x01"
        return dispatcher

    whole = gone()
    if pings:
        whole.receive_data(b"\x00" * pings + BANNER)
        assert whole.trailing_data == BANNER
    assert whole.done
    slow = gone()
    for _ in range(pings):
        assert not slow.done
        slow.receive_data(b"\x00")
    assert (slow.done, slow.trailing_data) == (True, b"")


def test_what_came_before_go_was_meant_for_nobody_and_stays_trailing() -> None:
    dispatcher = waiting()
    dispatcher.ping()
    dispatcher.go()
    dispatcher.receive_data(b"\x00" + TAIL)
    assert (dispatcher.done, dispatcher.trailing_data) == (True, TAIL)
    with pytest.raises(RuntimeError, match="whoever reads next"):
        dispatcher.receive_data(b"")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x02", "unknown"),
        (b"\x00", "unknown"),
        (b"G", "unknown"),
        (b"\x16", "unknown"),
        (b"\x03\x01", "viewer"),
        (b"\x03\x02", "unknown"),
    ],
)
def test_another_caller_is_refused_at_its_first_wrong_byte(data: bytes, what: str) -> None:
    error = raises(Dispatcher, data, NotVnc)
    assert isinstance(error, NotVnc)
    assert error.what == what


def test_a_banner_that_comes_too_late_is_told() -> None:
    raises(Dispatcher, b"R", ProtocolViolation, "kept silent so long.*dial again")


@pytest.mark.parametrize("early", [b"R", b"\x00", b"\x01"])
def test_a_server_that_does_not_wait_is_refused(early: bytes) -> None:
    raises(waiting, early, ProtocolViolation, "before the dispatcher told it to go on")


def test_a_wrong_answer_to_a_ping_is_refused() -> None:
    dispatcher = waiting()
    dispatcher.ping()
    with pytest.raises(ProtocolViolation, match="before the dispatcher told it"):
        dispatcher.receive_data(b"R")


def test_pings_and_go_have_their_time() -> None:
    early, late = greeted(), waiting()
    late.go()
    for dispatcher in (early, late):
        with pytest.raises(RuntimeError, match="between its number and its banner"):
            dispatcher.ping()
        with pytest.raises(RuntimeError, match="between its number and its banner"):
            dispatcher.go()
