"""What a newcomer is told, so that it can follow a server in the middle of its stream."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

from rfb.encodings import Encoding
from rfb.primers import primers
from rfb.updates import Follower

_UPDATE = Struct(">BxH")
_HEAD = Struct(">HHHHi")

# Whoever leaves an update early is told that it is over (rfbproto.rst, "LastRect").
LAST_RECT = _HEAD.pack(0, 0, 0, 0, Encoding.LAST_RECT)

# Sizes come first: noVNC clears its picture with them.
_ORDER = (
    Encoding.EXTENDED_DESKTOP_SIZE,
    Encoding.DESKTOP_NAME,
    Encoding.QEMU_KEY,
    Encoding.QEMU_LED,
    Encoding.EXTENDED_MOUSE_BUTTONS,
)


def beginning(follower: Follower, *, fed: frozenset[int] = frozenset(), size: tuple[int, int] | None = None) -> bytes:
    """The updates for one who begins here: for a decoder that was ``fed`` these streams and takes ``size`` for granted.

    The follower must be between rectangles. In the middle of an update, the last bytes are a header for its rest.
    Whether a newcomer can begin at all, ``follower.fault`` says afterwards.
    """
    follower.streams.settle()
    told = _size(follower, size)
    told += primers(follower.streams, fed, follower.width, follower.height)
    told += [follower.announced[kind] for kind in _ORDER if kind in follower.announced]
    told += [follower.cursor] if follower.cursor else []
    return _update(told) + (_UPDATE.pack(0, follower.remaining) if follower.remaining else b"")


def _size(follower: Follower, size: tuple[int, int] | None) -> list[bytes]:
    now = (follower.width, follower.height)
    return [] if size in {None, now} else [_HEAD.pack(0, 0, *now, Encoding.DESKTOP_SIZE)]


def _update(rectangles: Sequence[bytes]) -> bytes:
    return _UPDATE.pack(0, len(rectangles)) + b"".join(rectangles) if rectangles else b""
