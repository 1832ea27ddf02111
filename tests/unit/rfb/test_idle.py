from __future__ import annotations

import tracemalloc

import pytest

from rfb.errors import ProtocolViolation, TooMuchData
from rfb.idle import IdleMessages
from tests.unit.rfb.helpers import one_by_one

KIB = 1024
BELL = b"\x02"


def cut_text(words: bytes) -> bytes:
    return b"\x03\0\0\0" + len(words).to_bytes(4, "big") + words


def extended(body: bytes) -> bytes:
    return b"\x03\0\0\0" + (-len(body)).to_bytes(4, "big", signed=True) + body


def colours(count: int) -> bytes:
    return b"\x01\0\0\0" + count.to_bytes(2, "big") + bytes(6 * count)


def follow(data: bytes) -> IdleMessages:
    """Follow ``data`` whole and byte by byte; both must end alike."""
    whole, slow = IdleMessages(), IdleMessages()
    whole.receive_data(data)
    for byte in one_by_one(data):
        slow.receive_data(byte)
    assert (whole.clipboard, whole.pending, whole.between_messages) == (
        slow.clipboard,
        slow.pending,
        slow.between_messages,
    )
    return whole


def test_at_first_nothing_is_under_way() -> None:
    idle = follow(b"")
    assert idle.between_messages
    assert (idle.pending, idle.clipboard) == (b"", None)


@pytest.mark.parametrize("message", [BELL, colours(0), colours(1), colours(256), cut_text(b""), cut_text(b"hello")])
def test_knows_where_each_message_ends(message: bytes) -> None:
    idle = IdleMessages()
    for count, byte in enumerate(one_by_one(message)):
        assert idle.pending == message[:count]
        assert idle.between_messages is (count == 0)
        idle.receive_data(byte)
    assert idle.between_messages
    assert idle.pending == b""


@pytest.mark.parametrize("message", [cut_text(b""), cut_text(b"hello"), extended(b"\x01\0\0\x01"), extended(bytes(99))])
def test_keeps_a_clipboard_as_it_was_sent(message: bytes) -> None:
    assert follow(message).clipboard == message


def test_keeps_the_newest_clipboard_only() -> None:
    data = BELL + cut_text(b"old") + colours(256) + cut_text(b"new") + BELL + colours(2)
    assert follow(data).clipboard == cut_text(b"new")


def test_a_clipboard_under_way_does_not_replace_the_finished_one() -> None:
    idle = follow(cut_text(b"old") + cut_text(b"new")[:-1])
    assert idle.clipboard == cut_text(b"old")
    assert idle.pending == cut_text(b"new")[:-1]


def test_the_longest_clipboard_that_is_kept() -> None:
    message = cut_text(b"x" * (64 * KIB - 8))
    assert len(message) == 64 * KIB
    assert follow(message).clipboard == message


@pytest.mark.parametrize("message", [cut_text(bytes(64 * KIB - 7)), extended(bytes(64 * KIB)), colours(65535)])
def test_a_longer_message_is_skipped(message: bytes) -> None:
    nearly = follow(cut_text(b"old") + message[:-1])
    assert (nearly.between_messages, nearly.pending) == (False, None)
    over = follow(cut_text(b"old") + message + BELL)
    assert (over.between_messages, over.pending) == (True, b"")
    assert over.clipboard == cut_text(b"old")


def test_a_head_under_way_is_still_kept() -> None:
    idle = follow(cut_text(bytes(100 * KIB))[:7])
    assert idle.pending == cut_text(bytes(100 * KIB))[:7]
    idle.receive_data(cut_text(bytes(100 * KIB))[7:8])
    assert idle.pending is None


def test_skipping_stores_nothing() -> None:
    idle = IdleMessages()
    idle.receive_data(b"\x03\0\0\0" + (16 * KIB * KIB).to_bytes(4, "big"))
    piece = bytes(64 * KIB)
    tracemalloc.start()
    for _ in range(256):
        idle.receive_data(piece)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 256 * KIB
    assert idle.between_messages


@pytest.mark.parametrize("length", [16 * KIB * KIB + 1, 0x7FFFFFFF, -0x80000000, -16 * KIB * KIB - 1])
def test_a_length_beyond_the_limit_is_refused(length: int) -> None:
    head = b"\x03\0\0\0" + length.to_bytes(4, "big", signed=True)
    idle = follow(head[:-1])
    with pytest.raises(TooMuchData, match="16777216"):
        idle.receive_data(head[-1:])


@pytest.mark.parametrize("length", [-1, -3])
def test_an_extended_clipboard_without_room_for_its_flags_is_refused(length: int) -> None:
    with pytest.raises(ProtocolViolation, match="too short for its flags"):
        IdleMessages().receive_data(b"\x03\0\0\0" + length.to_bytes(4, "big", signed=True))


@pytest.mark.parametrize("kind", [0, 4, 7, 11, 150, 248, 250, 252, 255])
def test_another_message_is_refused_at_its_first_byte_and_for_good(kind: int) -> None:
    idle = IdleMessages()
    idle.receive_data(cut_text(b"kept"))
    for data in (bytes([kind]), b"", BELL):
        with pytest.raises(ProtocolViolation, match=f"message {kind} before"):
            idle.receive_data(data)
    assert idle.clipboard == cut_text(b"kept")


def test_bells_in_a_row_are_one_message_whatever_their_number() -> None:
    idle = IdleMessages()
    idle.receive_data(BELL * 1_000_000)
    assert (idle.finished, idle.between_messages) == (1, True)
    idle.receive_data(BELL + cut_text(BELL) + BELL * 2)
    assert (idle.finished, idle.clipboard) == (4, cut_text(BELL))
