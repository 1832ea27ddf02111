"""Rectangles that make a newcomer's decoder go on in the middle of a compression stream.

A fresh inflater that is given ``78 01`` and one stored block with the last 32 KiB of a stream's output can decode what
the server deflates next; one that was fed before takes the block without the header, which slides the right window in.
The block is wrapped into a rectangle of exactly its size, and hidden: a fill covers it in the same update.

ZRLE's output is tiles, and noVNC drops what it did not need for them. So its last whole rectangles are told again,
deflated anew (facts, coming-back, Z1 to Z3: measured with noVNC 1.7.0 and four servers).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from struct import Struct

from rfb.zlib_window import Rectangle, Streams

TIGHT, ZLIB, ZRLE = 7, 6, 16
ZLIB_STREAM, ZRLE_STREAM = 4, 5  # as Streams.used numbers them; Tight's own are 0 to 3
ZLIB_HEADER = b"\x78\x01"  # RFC 1950 §2.2: deflate, a window of 32 KiB, no dictionary
MAX_WIDTH = 2048  # of a Tight rectangle (rfbproto.rst, "Tight Encoding")
TIGHT_PIXEL, PIXEL = 3, 4  # bytes, in noVNC's pixel format
LEAST = 12  # bytes: Tight sends less without compression
FILL = 0x80

_HEAD = Struct(">HHHHi")
_LENGTH = Struct(">I")


def primers(streams: Streams, fed: frozenset[int], width: int, height: int) -> list[bytes]:
    """Rectangles, for a desktop of this size, that ready a decoder for every stream that has begun.

    ``fed`` are the streams that this decoder was given anything of before. ``streams`` must be settled. The last of
    the rectangles hides the others' noise at the desktop's upper left.
    """
    made: list[bytes] = []
    covered = 0
    for number in sorted(streams.used):
        if number == ZRLE_STREAM:
            continue
        for rectangle, rows in _of_window(streams, number, number in fed, width, height):
            made.append(rectangle)
            covered = max(covered, rows)
    if streams.zrle.used:
        made += zrle_primers(streams.zrle.rectangles, fed=ZRLE_STREAM in fed)
    if covered:
        made.append(_head(min(width, MAX_WIDTH), covered, TIGHT) + bytes([FILL]) + bytes(TIGHT_PIXEL))
    return made


def _of_window(streams: Streams, number: int, is_fed: bool, width: int, height: int) -> Iterator[tuple[bytes, int]]:
    pixel = PIXEL if number == ZLIB_STREAM else TIGHT_PIXEL
    window = (streams.zlib if number == ZLIB_STREAM else streams.tight[number]).window
    across = min(width, MAX_WIDTH)
    header = b"" if is_fed else ZLIB_HEADER
    for pixels in slices(window, across * pixel, height):
        rows = len(pixels) // (across * pixel)
        block = header + stored(pixels)
        if number == ZLIB_STREAM:
            yield _head(across, rows, ZLIB) + _LENGTH.pack(len(block)) + block, rows
        else:
            yield _head(across, rows, TIGHT) + bytes([number << 4]) + compact(len(block)) + block, rows
        header = b""


def slices(window: bytes, row: int, height: int) -> list[bytes]:
    """Cut ``window`` into whole rows of ``row`` bytes, at most ``height`` of them at a time; NULs go in front.

    What is too small to be compressed at all cannot be primed, and need not: the server does not compress it either.
    """
    rows = max(-(-len(window) // row), -(-LEAST // row))
    padded = bytes(rows * row - len(window)) + window
    most = row * height
    first = len(padded) % most or most
    parts = [padded[:first]] + [padded[at : at + most] for at in range(first, len(padded), most)]
    return [part for part in parts if len(part) >= LEAST]


def stored(data: bytes) -> bytes:
    """One stored block of deflate, not the last one (RFC 1951 §3.2.4); at most 65,535 bytes."""
    size = len(data)
    return b"\x00" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + data


def compact(length: int) -> bytes:
    """A length in Tight's one to three bytes (rfbproto.rst, "Tight Encoding")."""
    if length < 0x80:
        return bytes([length])
    if length < 0x4000:
        return bytes([length & 0x7F | 0x80, length >> 7])
    return bytes([length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14])


def zrle_primers(rectangles: Sequence[Rectangle], *, fed: bool) -> list[bytes]:
    """The same ZRLE rectangles once more, deflated so that they stand on nothing before them."""
    deflater = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    header = b"" if fed else ZLIB_HEADER
    made = []
    for rectangle in rectangles:
        chunk = header + deflater.compress(rectangle.tiles) + deflater.flush(zlib.Z_SYNC_FLUSH)
        made.append(_HEAD.pack(*rectangle.place, ZRLE) + _LENGTH.pack(len(chunk)) + chunk)
        header = b""
    return made


def _head(width: int, height: int, encoding: int) -> bytes:
    return _HEAD.pack(0, 0, width, height, encoding)
