"""What a decoder of a running compression stream has to know: the last 32 KiB that came out of it.

TightVNC and its kin deflate all rectangles of a connection in a few streams that are never reset, so a viewer that
comes later can decode nothing (facts: TightVNC 2.8.27, ``TightEncoder.cpp:469-531``, ``util/Deflater.cpp:33``). A
follower inflates on the side; what it keeps here is enough for :mod:`rfb.primers` to make a newcomer's decoder go on.

Inflating is the dear part of following, so it is done late: chunks wait until there is a batch of them, and a batch is
one call of zlib. What comes out is never stored whole, however much it is.
"""

from __future__ import annotations

import zlib
from collections import deque
from dataclasses import dataclass

WINDOW = 32 * 1024  # bytes: the farthest that deflate refers back (RFC 1951 §2)
# What every chunk ends with that was flushed on a byte boundary (zlib.h: Z_SYNC_FLUSH); only there can one begin.
SYNC = b"\x00\x00\xff\xff"
STEP = 1024 * 1024  # bytes inflated at a time
BATCH = 64 * 1024  # bytes followed until what waits is inflated
# Bytes of one ZRLE rectangle, inflated, for it has to be kept: twice a screen of 4096 × 2160, three bytes a pixel.
MAX_RECTANGLE = 64 * 1024 * 1024
MAX_PICTURE = 256 * 1024 * 1024  # bytes of any other, inflated

TOO_LARGE = "The VNC server sends a picture larger than any screen."
WRONG_SIZE = "The VNC server sends a compressed picture of the wrong size."

Place = tuple[int, int, int, int]  # x, y, width, height


class Stream:
    """One compression stream, inflated in batches. ``fault`` says, in a sentence, why it can no longer be continued.

    ``expected`` counts what is still to come of the chunks that wait.
    """

    def __init__(self) -> None:
        self.fault = ""
        self.expected = 0
        self._has_begun = False
        self._chunks: list[bytes] = []
        # Made when it is needed: most calls use one or two of six streams, and each inflater takes 10 kB.
        self._inflater: zlib._Decompress | None = None
        self._tail = b""

    @property
    def used(self) -> bool:
        """Whether anything came of it yet."""
        return self._has_begun or bool(self._chunks)

    @property
    def is_waiting(self) -> bool:
        """Whether anything waits to be inflated."""
        return bool(self._chunks) or self.expected != 0

    def _fail(self, why: str) -> None:
        self.fault = self.fault or why
        self._forget_waiting()

    def _forget_waiting(self) -> bytes:
        self._has_begun = self.used
        data = b"".join(self._chunks)
        self._chunks.clear()
        return data

    def _check_end(self, end: bytes) -> None:
        if end[-len(SYNC) :] != SYNC:
            self._fail("The VNC server compresses in a way that cannot be taken up again.")

    def _inflate(self, data: bytes) -> tuple[bytes, bytes]:
        """The next bytes out, at most ``STEP``, and what is left to go in; nothing where it broke."""
        self._inflater = self._inflater or zlib.decompressobj()
        try:
            out = self._inflater.decompress(data, STEP)
        except zlib.error:
            self._fail("The VNC server sends compressed pictures that cannot be read.")
            return b"", b""
        return out, self._inflater.unconsumed_tail


class ZlibWindow(Stream):
    """A stream whose output is pixels and nothing else (Tight, Zlib): any 32 KiB of it will do."""

    def __init__(self) -> None:
        super().__init__()
        self._window = b""
        self._is_open = False

    @property
    def window(self) -> bytes:
        """The last 32 KiB that came out, less where less did. Call ``settle`` first."""
        return self._window

    def whole(self, chunk: bytes, size: int) -> None:
        """One rectangle's chunk, which has to become ``size`` bytes."""
        self._chunks.append(chunk)
        self.expected += size
        if size > MAX_PICTURE:
            self._fail(TOO_LARGE)
        if chunk[-4:] != SYNC:
            self._check_end(chunk)

    def begin(self, size: int) -> None:
        """A chunk begins whose pieces follow, and which has to become ``size`` bytes."""
        self._is_open = self._has_begun = True
        self.expected += size
        if size > MAX_PICTURE:
            self._fail(TOO_LARGE)

    def piece(self, data: bytes) -> None:
        """A part of it."""
        self._chunks.append(data)
        self._tail = (self._tail + data)[-len(SYNC) :]

    def end(self) -> None:
        """All of it was here."""
        self._check_end(self._tail)
        self._is_open, self._tail = False, b""

    def settle(self) -> None:
        """Inflate what waits."""
        data = self._forget_waiting()
        while not self.fault:
            out, data = self._inflate(data)
            self.expected -= len(out)
            self._window = (self._window + out)[-WINDOW:]
            if self.expected < 0 or len(out) < STEP:
                break
        if self.expected < 0 or (self.expected and not self._is_open):
            self._fail(WRONG_SIZE)

    def forget(self) -> None:
        """Drop what waits, for whoever wants no newcomers."""
        self._forget_waiting()
        self.expected = 0

    def reset(self) -> None:
        """The server begins the stream anew (RFC 6143 has no Tight; rfbproto.rst, "Tight Encoding": reset bits)."""
        self.settle()
        self._inflater = None
        self._window = b""
        self._has_begun = False


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A ZRLE rectangle: where it is, and its tiles as they were before compression."""

    place: Place
    tiles: bytes


class ZrleHistory(Stream):
    """A stream whose output has a structure (ZRLE's tiles), so that only whole rectangles of it can be told again."""

    def __init__(self) -> None:
        super().__init__()
        self._ends: list[tuple[Place, int]] = []  # each chunk that waits: its rectangle, and its length
        self._place: Place = (0, 0, 0, 0)
        self._begun = 0
        self._kept: deque[Rectangle] = deque()
        self._total = 0  # bytes of their tiles

    @property
    def rectangles(self) -> list[Rectangle]:
        """The last rectangles, the oldest first: together 32 KiB at least, or all there were. Call ``settle`` first."""
        return list(self._kept)

    def whole(self, chunk: bytes, place: Place) -> None:
        """One rectangle's chunk."""
        self.begin(place)
        self.piece(chunk)
        self.end()

    def begin(self, place: Place) -> None:
        """The chunk of the rectangle at ``place`` begins; its pieces follow."""
        self._has_begun = True
        self._place, self._begun = place, 0

    def piece(self, data: bytes) -> None:
        """A part of it."""
        self._chunks.append(data)
        self._begun += len(data)
        self._tail = (self._tail + data)[-len(SYNC) :]
        if self._begun > most_tiles(self._place):
            self._fail(WRONG_SIZE)

    def end(self) -> None:
        """All of it was here."""
        self._check_end(self._tail)
        self._ends.append((self._place, self._begun))
        self.expected += self._place[2] * self._place[3] * 3
        self._begun, self._tail = 0, b""

    def settle(self) -> None:
        """Inflate the rectangles that wait; the pieces of one that is not whole wait on."""
        if not self._ends and not self.fault:
            return
        data, ends = self._forget_waiting(), self._ends
        self._ends, self.expected = [], 0
        at = 0
        for place, length in ends:
            if not self.fault:
                self._keep(place, self._tiles(data[at : at + length], place))
            at += length
        if data[at:] and not self.fault:
            self._chunks.append(data[at:])

    def _tiles(self, data: bytes, place: Place) -> bytes:
        limit = most_tiles(place)
        tiles = bytearray()
        while True:
            out, data = self._inflate(data)
            tiles += out
            if len(tiles) > limit:
                self._fail(WRONG_SIZE)
            if self.fault or len(out) < STEP:
                return bytes(tiles)

    def _keep(self, place: Place, tiles: bytes) -> None:
        if not tiles:
            return
        self._kept.append(Rectangle(place, tiles))
        self._total += len(tiles)
        while self._total - len(self._kept[0].tiles) >= WINDOW:
            self._total -= len(self._kept.popleft().tiles)


def most_tiles(place: Place) -> int:
    """Bytes that a ZRLE rectangle may have: it tells no size, but nothing sane is longer than raw tiles and heads."""
    _x, _y, width, height = place
    heads = (width // 64 + 1) * (height // 64 + 1) * 512
    return min(width * height * 4 + heads, MAX_RECTANGLE)


class Streams:
    """All compression streams of one connection."""

    def __init__(self) -> None:
        self.tight = tuple(ZlibWindow() for _ in range(4))
        self.zlib = ZlibWindow()
        self.zrle = ZrleHistory()
        self._all: tuple[ZlibWindow | ZrleHistory, ...] = (*self.tight, self.zlib, self.zrle)

    @property
    def fault(self) -> str:
        """Why a newcomer could not decode what follows; empty where one could."""
        return next((stream.fault for stream in self._all if stream.fault), "")

    @property
    def used(self) -> frozenset[int]:
        """Which streams have begun: 0 to 3 are Tight's, 4 is Zlib's, 5 is ZRLE's."""
        return frozenset(number for number, stream in enumerate(self._all) if stream.used)

    def settle(self) -> None:
        """Inflate whatever waits."""
        for stream in self._all:
            if stream.is_waiting:
                stream.settle()
