"""A stream of updates as TightVNC sends them: Tight rectangles of about so many bytes, deflated in one stream.

Made beforehand, for making it costs more than anything that is measured with it.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass
from struct import pack

from rfb.primers import compact

RECTANGLES = 12  # in an update
WIDTH = 64  # pixels of a rectangle
TIGHT = 7
JPEG, BASIC = 0x90, 0x00


@dataclass(frozen=True, slots=True)
class Stream:
    """Whole updates. `deflated` counts the bytes of them that have to be inflated, `pixels` what they become."""

    data: bytes
    rectangles: int
    deflated: int
    inflated: int


def stream(size: int, total: int, *, deflated: bool) -> Stream:
    """At least `total` bytes in rectangles of about `size`; not `deflated` ones are JPEG, which needs no inflating."""
    chance, made = random.Random(size), bytearray()
    deflater, words = zlib.compressobj(6), _words(chance)
    count = packed = pixels = 0
    while len(made) < total:
        made += pack(">BxH", 0, RECTANGLES)
        for _ in range(RECTANGLES):
            raw = _picture(chance, words, max(40, int(chance.expovariate(1 / size))))
            body = deflater.compress(raw) + deflater.flush(zlib.Z_SYNC_FLUSH) if deflated else raw[: max(40, size)]
            rows = max(1, len(raw) // 3 // WIDTH)
            kind = BASIC if deflated else JPEG
            made += pack(">HHHHiB", 0, 0, WIDTH, rows, TIGHT, kind) + compact(len(body)) + body
            count, packed, pixels = count + 1, packed + len(body) * deflated, pixels + len(raw) * deflated
    return Stream(bytes(made), count, packed, pixels)


def _words(chance: random.Random) -> list[bytes]:
    return [chance.randbytes(3) * chance.randrange(4, 30) for _ in range(200)]


def _picture(chance: random.Random, words: list[bytes], size: int) -> bytes:
    """Pixels that become about `size` bytes."""
    raw = b"".join(chance.choice(words) + chance.randbytes(6) for _ in range(max(1, size // 9)))
    rows = max(1, len(raw) // 3 // WIDTH)
    return raw.ljust(rows * WIDTH * 3, b"\0")[: rows * WIDTH * 3]
