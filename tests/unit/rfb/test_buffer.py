from __future__ import annotations

import pytest

from rfb.buffer import ReceiveBuffer
from rfb.errors import TooMuchData


@pytest.fixture
def buffer() -> ReceiveBuffer:
    buffer = ReceiveBuffer(limit=8)
    buffer.append(b"abcde")
    return buffer


def test_takes_in_the_order_received(buffer: ReceiveBuffer) -> None:
    assert buffer.take(2) == b"ab"
    buffer.append(b"f")
    assert buffer.take(4) == b"cdef"
    assert len(buffer) == 0


def test_takes_nothing_while_too_little_is_here(buffer: ReceiveBuffer) -> None:
    assert buffer.take(6) is None
    assert buffer.take(5) == b"abcde"


def test_taking_nothing_is_always_possible() -> None:
    assert ReceiveBuffer(limit=8).take(0) == b""


def test_peeks_without_removing(buffer: ReceiveBuffer) -> None:
    assert buffer.peek(3) == b"abc"
    assert buffer.peek(6) is None
    assert len(buffer) == 5


def test_hands_over_what_is_left(buffer: ReceiveBuffer) -> None:
    buffer.take(3)
    assert buffer.take_all() == b"de"
    assert buffer.take_all() == b""


def test_holds_exactly_its_limit(buffer: ReceiveBuffer) -> None:
    buffer.append(b"fgh")
    with pytest.raises(TooMuchData, match="8"):
        buffer.append(b"i")
    assert buffer.take_all() == b"abcdefgh"


def test_has_room_again_after_taking(buffer: ReceiveBuffer) -> None:
    buffer.take(5)
    buffer.append(b"12345678")
    assert len(buffer) == 8
