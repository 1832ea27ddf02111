"""Ways to feed a parser: whole, one byte at a time, with a tail; and as a dialogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rfb.events import Desktop
from rfb.fields import PixelFormat

if TYPE_CHECKING:
    from collections.abc import Callable

    from rfb.conversation import Conversation, Reading
    from rfb.errors import RfbError
    from rfb.events import Event

TAIL = b"\x02\x00RFB\xff"

# What every server measured so far offers: 32 bits, depth 24, little-endian, red at 16, green at 8, blue at 0.
PIXELS = bytes.fromhex("20 18 00 01 00ff 00ff 00ff 10 08 00 000000")
PIXEL_FORMAT = PixelFormat(32, 24, False, True, 255, 255, 255, 16, 8, 0)  # noqa: FBT003  # in the order of the RFC


def one_by_one(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def server_init(name: bytes, width: int = 1024, height: int = 768, pixels: bytes = PIXELS) -> bytes:
    sides = width.to_bytes(2, "big") + height.to_bytes(2, "big")
    return sides + pixels + len(name).to_bytes(4, "big") + name


def desktop(name: str, width: int = 1024, height: int = 768) -> Desktop:
    return Desktop(width, height, PIXEL_FORMAT, name)


def text(words: bytes) -> bytes:
    """Return a reason as servers send it: its length in four bytes, then the words."""
    return len(words).to_bytes(4, "big") + words


def tr(make: Callable[[], Reading], data: bytes, *expected: tuple[int, Event]) -> None:
    """Feed ``data`` three ways; each expected event appears when so many bytes are in, and neither sooner nor later."""
    events = [event for _, event in expected]
    whole = make()
    assert whole.receive_data(data) == events
    assert (whole.done, whole.trailing_data) == (True, b"")
    _slowly(make(), data, expected)
    with_tail = make()
    assert with_tail.receive_data(data + TAIL) == events
    assert (with_tail.done, with_tail.trailing_data) == (True, TAIL)


def _slowly(reading: Reading, data: bytes, expected: tuple[tuple[int, Event], ...]) -> None:
    for count, byte in enumerate(one_by_one(data), start=1):
        assert not reading.done
        assert reading.receive_data(b"") == []
        assert reading.receive_data(byte) == [event for at, event in expected if at == count]
    assert (reading.done, reading.trailing_data) == (True, b"")


def raises(make: Callable[[], Reading], data: bytes, error: type[RfbError], match: str | None = None) -> RfbError:
    """Feed ``data`` whole and byte by byte: it is refused at its last byte, no sooner, and stays refused."""
    with pytest.raises(error, match=match) as whole:
        make().receive_data(data + TAIL)
    reading = make()
    for byte in one_by_one(data[:-1]):
        reading.receive_data(byte)
    with pytest.raises(error, match=match) as slow:
        reading.receive_data(data[-1:])
    assert str(whole.value) == str(slow.value)
    for more in (b"", TAIL):
        with pytest.raises(error) as again:
            reading.receive_data(more)
        assert again.value is slow.value
    assert not reading.done
    return slow.value


def play(conversation: Conversation, *lines: tuple[bytes, bytes]) -> list[Event]:
    """Say each line's first half byte by byte; the second half is the whole answer, after the last byte only."""
    events = []
    for said, answer in lines:
        for byte in one_by_one(said):
            assert conversation.data_to_send() == b""
            events += conversation.receive_data(byte)
        assert conversation.data_to_send() == answer
    return events
