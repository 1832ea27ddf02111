"""A VNC server's picture messages, with real compression, and a viewer that decodes them as noVNC does.

Both are small and slow, and written from RFC 6143 and rfbproto.rst, so that they check the follower and are not it.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from struct import pack, unpack_from

WIDTH, HEIGHT = 96, 80


def rectangle(x: int, y: int, w: int, h: int, encoding: int, data: bytes = b"") -> bytes:  # noqa: PLR0917  (a head's order)
    return pack(">HHHHi", x, y, w, h, encoding) + data


def update(*rectangles: bytes, count: int | None = None) -> bytes:
    return pack(">BxH", 0, len(rectangles) if count is None else count) + b"".join(rectangles)


def compact(n: int) -> bytes:
    low = n & 0x7F
    if n < 0x80:
        return bytes([low])
    if n < 0x4000:
        return bytes([low | 0x80, n >> 7])
    return bytes([low | 0x80, n >> 7 & 0x7F | 0x80, n >> 14])


class Server:
    """Paints at random on a desktop of WIDTH × HEIGHT; its streams go on from one rectangle to the next."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self._deflaters = {name: zlib.compressobj(self.random.randrange(1, 10)) for name in range(6)}

    def deflate(self, stream: int, data: bytes) -> bytes:
        deflater = self._deflaters[stream]
        return deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH)

    def place(self) -> tuple[int, int, int, int]:
        x, y = self.random.randrange(WIDTH), self.random.randrange(HEIGHT)
        return x, y, self.random.randrange(1, WIDTH - x + 1), self.random.randrange(1, HEIGHT - y + 1)

    def pixels(self, count: int, size: int) -> bytes:
        """So many pixels, some of them noise, some of them repeated."""
        words = [self.random.randbytes(3) + bytes(size - 3) for _ in range(self.random.choice((1, 2, 60)))]
        return b"".join(self.random.choice(words) for _ in range(count))

    # One rectangle of each kind.

    def raw(self) -> bytes:
        x, y, w, h = self.place()
        return rectangle(x, y, w, h, 0, self.pixels(w * h, 4))

    def copy(self) -> bytes:
        x, y, w, h = self.place()
        source = pack(">HH", self.random.randrange(WIDTH - w + 1), self.random.randrange(HEIGHT - h + 1))
        return rectangle(x, y, w, h, 1, source)

    def rre(self) -> bytes:
        x, y, w, h = self.place()
        spots = [self.pixels(1, 4) + pack(">HHHH", 0, 0, w, h) for _ in range(self.random.randrange(3))]
        return rectangle(x, y, w, h, 2, pack(">I", len(spots)) + self.pixels(1, 4) + b"".join(spots))

    def corre(self) -> bytes:
        x, y, w, h = self.place()
        spots = [self.pixels(1, 4) + bytes((0, 0, w, h)) for _ in range(self.random.randrange(3))]
        return rectangle(x, y, w, h, 4, pack(">I", len(spots)) + self.pixels(1, 4) + b"".join(spots))

    def hextile(self) -> bytes:
        x, y, w, h = self.place()
        tiles = [
            self._tile(min(16, w - across), min(16, h - down)) for down in range(0, h, 16) for across in range(0, w, 16)
        ]
        return rectangle(x, y, w, h, 5, b"".join(tiles))

    def _tile(self, w: int, h: int) -> bytes:
        kind = self.random.choice((1, 2, 2 | 4 | 8, 2 | 8 | 16))
        if kind == 1:
            return b"\x01" + self.pixels(w * h, 4)
        colours = self.pixels((kind >> 1 & 1) + (kind >> 2 & 1), 4)
        if not kind & 8:
            return bytes([kind]) + colours
        spots = [(self.pixels(1, 4) if kind & 16 else b"") + bytes((0, (w - 1) << 4 | h - 1)) for _ in range(3)]
        return bytes([kind]) + colours + bytes([len(spots)]) + b"".join(spots)

    def zlib(self) -> bytes:
        x, y, w, h = self.place()
        chunk = self.deflate(4, self.pixels(w * h, 4))
        return rectangle(x, y, w, h, 6, pack(">I", len(chunk)) + chunk)

    def zrle(self) -> bytes:
        x, y, w, h = self.place()
        tiles = b"".join(
            self._zrle_tile(min(64, w - across) * min(64, h - down))
            for down in range(0, h, 64)
            for across in range(0, w, 64)
        )
        chunk = self.deflate(5, tiles)
        return rectangle(x, y, w, h, 16, pack(">I", len(chunk)) + chunk)

    def _zrle_tile(self, count: int) -> bytes:
        return b"\x01" + self.pixels(1, 3) if self.random.random() < 0.3 else b"\x00" + self.pixels(count, 3)

    def tight(self) -> bytes:
        return self.random.choice((self.fill, self.jpeg, self.basic, self.palette, self.gradient))()

    def fill(self) -> bytes:
        return rectangle(*self.place(), 7, b"\x80" + self.pixels(1, 3))

    def jpeg(self) -> bytes:
        image = self.random.randbytes(self.random.choice((5, 200, 20_000)))
        return rectangle(*self.place(), 7, b"\x90" + compact(len(image)) + image)

    def basic(self) -> bytes:
        x, y, w, h = self.place()
        return self._tight((x, y, w, h), 0, self.random.choice((b"", b"\x00")), self.pixels(w * h, 3))

    def gradient(self) -> bytes:
        x, y, w, h = self.place()
        return self._tight((x, y, w, h), 3, b"\x02", self.pixels(w * h, 3))

    def palette(self) -> bytes:
        x, y, w, h = self.place()
        colours = self.random.choice((2, 3, 256))
        row = (w + 7) // 8 if colours == 2 else w
        indices = bytes(self.random.randrange(256 if colours != 3 else 3) for _ in range(row * h))
        stream = 1 if colours == 2 else 2
        return self._tight((x, y, w, h), stream, b"\x01" + bytes([colours - 1]) + self.pixels(colours, 3), indices)

    def _tight(self, place: tuple[int, int, int, int], stream: int, filtered: bytes, data: bytes) -> bytes:
        control = bytes([stream << 4 | (0x40 if filtered else 0)])
        if len(data) < 12:
            return rectangle(*place, 7, control + filtered + data)
        chunk = self.deflate(stream, data)
        return rectangle(*place, 7, control + filtered + compact(len(chunk)) + chunk)

    def cursor(self) -> bytes:
        w, h = self.random.choice(((0, 0), (9, 16), (33, 3)))
        return rectangle(1, 2, w, h, -239, self.pixels(w * h, 4) + bytes((w + 7) // 8 * h))

    def led(self) -> bytes:
        return rectangle(0, 0, 0, 0, -261, bytes([self.random.randrange(8)]))

    def name(self) -> bytes:
        words = self.random.choice((b"", b"kasse-7", b"x" * 2000))
        return rectangle(0, 0, 0, 0, -307, pack(">I", len(words)) + words)

    def screens(self) -> bytes:
        return rectangle(0, 0, WIDTH, HEIGHT, -308, pack(">Bxxx", 1) + bytes(16))

    # Messages.

    def message(self) -> bytes:
        kinds: list[Callable[[], bytes]] = [self.picture] * 8 + [self.bell, self.text, self.fence, self.colours]
        return self.random.choice(kinds)()

    def picture(self) -> bytes:
        painters = (
            self.raw, self.copy, self.rre, self.corre, self.hextile, self.zlib, self.zrle, self.tight, self.tight,
            self.cursor, self.led, self.name, self.screens,
        )  # fmt: skip
        painted = [self.random.choice(painters)() for _ in range(self.random.randrange(5))]
        if self.random.random() < 0.3:
            return update(*painted, rectangle(0, 0, 0, 0, -224), count=0xFFFF)
        return update(*painted)

    def whole(self) -> bytes:
        """All of the desktop, in every compressed encoding one after the other."""
        pixels = self.pixels(WIDTH * HEIGHT, 3)
        four = b"".join(pixels[at : at + 3] + b"\0" for at in range(0, len(pixels), 3))
        chunk = self.deflate(4, four)
        return update(
            self._tight((0, 0, WIDTH, HEIGHT), self.random.randrange(4), b"", pixels),
            rectangle(0, 0, WIDTH, HEIGHT, 6, pack(">I", len(chunk)) + chunk),
        )

    def bell(self) -> bytes:
        return b"\x02"

    def text(self) -> bytes:
        words = self.random.randbytes(self.random.choice((0, 5, 3000)))
        return b"\x03\0\0\0" + pack(">I", len(words)) + words

    def fence(self) -> bytes:
        return b"\xf8\0\0\0" + pack(">I", 0x8000_0001) + b"\x03abc"

    def colours(self) -> bytes:
        return b"\x01\0\0\0\0\x02" + bytes(12)


class Viewer:
    """Decodes updates into ``picture``, three bytes a pixel; AssertionError or zlib.error where it cannot.

    JPEG paints nothing. As in noVNC, what a stream's rectangle did not use up is lost.
    """

    def __init__(self) -> None:
        self.picture = bytearray(WIDTH * HEIGHT * 3)
        self.rectangles: list[bytes] = []
        self.updates = 0
        self._inflaters = {stream: zlib.decompressobj() for stream in range(6)}
        self._data = b""
        self._at = 0

    def show(self, data: bytes) -> None:
        """Decode whole messages."""
        self._data, self._at = data, 0
        while self._at < len(data):
            assert self._take(1) == b"\0", "the viewer has lost its place"
            count = unpack_from(">H", self._take(3), 1)[0]
            self._rectangles(count)
            self.updates += 1

    def _rectangles(self, count: int) -> None:
        for _ in range(count):
            began = self._at
            x, y, w, h, encoding = unpack_from(">HHHHi", self._take(12))
            self._decoders[encoding](self, x, y, w, h)
            self.rectangles.append(self._data[began : self._at])
            if encoding == -224:
                return

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        assert len(taken) == count, "a message is cut short"
        self._at += count
        return taken

    def _inflate(self, stream: int, size: int, count: int) -> bytes:
        out = self._inflaters[stream].decompress(self._take(size))
        assert len(out) == count, f"stream {stream} gives {len(out)} bytes instead of {count}"
        return out

    def _paint(self, x: int, y: int, w: int, h: int, pixels: bytes) -> None:
        for row in range(h):
            start = ((y + row) * WIDTH + x) * 3
            self.picture[start : start + w * 3] = pixels[row * w * 3 : (row + 1) * w * 3]

    def _cut(self, x: int, y: int, w: int, h: int) -> bytes:
        starts = (((y + row) * WIDTH + x) * 3 for row in range(h))
        return b"".join(bytes(self.picture[start : start + w * 3]) for start in starts)

    def _raw(self, x: int, y: int, w: int, h: int) -> None:
        self._paint(x, y, w, h, three_of_four(self._take(w * h * 4)))

    def _copy(self, x: int, y: int, w: int, h: int) -> None:
        self._paint(x, y, w, h, self._cut(*unpack_from(">HH", self._take(4)), w, h))

    def _rre(self, x: int, y: int, w: int, h: int, each: int = 12) -> None:
        (count,) = unpack_from(">I", self._take(4))
        colour = self._take(4)
        for _ in range(count):
            colour = self._take(each)[:4]
        self._paint(x, y, w, h, colour[:3] * (w * h))

    def _hextile(self, x: int, y: int, w: int, h: int) -> None:
        for down in range(0, h, 16):
            for across in range(0, w, 16):
                self._tile(x + across, y + down, min(16, w - across), min(16, h - down))

    def _tile(self, x: int, y: int, w: int, h: int) -> None:
        kind = self._take(1)[0]
        if kind & 1:
            self._paint(x, y, w, h, three_of_four(self._take(w * h * 4)))
            return
        colour = self._take(4)[:3] if kind & 2 else bytes(3)
        if kind & 4:
            self._take(4)
        if kind & 8:
            self._take(self._take(1)[0] * (6 if kind & 16 else 2))
        self._paint(x, y, w, h, colour * (w * h))

    def _zlib(self, x: int, y: int, w: int, h: int) -> None:
        (size,) = unpack_from(">I", self._take(4))
        self._paint(x, y, w, h, three_of_four(self._inflate(4, size, w * h * 4)))

    def _zrle(self, x: int, y: int, w: int, h: int) -> None:
        (size,) = unpack_from(">I", self._take(4))
        tiles = self._inflaters[5].decompress(self._take(size))
        at = 0
        for down in range(0, h, 64):
            for across in range(0, w, 64):
                wide, high = min(64, w - across), min(64, h - down)
                kind, length = tiles[at], 3 if tiles[at] else wide * high * 3
                assert kind in {0, 1}, "the viewer has lost its place in ZRLE"
                pixels = tiles[at + 1 : at + 1 + length] * (wide * high if kind else 1)
                self._paint(x + across, y + down, wide, high, pixels)
                at += 1 + length
        assert at == len(tiles), "a ZRLE rectangle has bytes left"

    def _tight(self, x: int, y: int, w: int, h: int) -> None:
        control = self._take(1)[0]
        if control >> 4 == 8:
            self._paint(x, y, w, h, self._take(3) * (w * h))
        elif control >> 4 == 9:
            self._take(self._compact())
        else:
            assert control < 0x80
            self._basic(control, x, y, w, h)

    def _basic(self, control: int, x: int, y: int, w: int, h: int) -> None:
        kind = self._take(1)[0] if control & 0x40 else 0
        palette, size = b"", w * h * 3
        if kind == 1:
            palette = self._take((self._take(1)[0] + 1) * 3)
            size = ((w + 7) // 8 if len(palette) == 6 else w) * h
        data = self._take(size) if size < 12 else self._inflate(control >> 4 & 3, self._compact(), size)
        # What an index or a gradient looks like does not matter here: that its bytes are right is all that is asked.
        self._paint(x, y, w, h, data.ljust(w * h * 3, b"\0")[: w * h * 3])

    def _compact(self) -> int:
        length = shift = 0
        while True:
            byte = self._take(1)[0]
            length |= (byte if shift == 14 else byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift > 14:
                return length

    def _cursor(self, _x: int, _y: int, w: int, h: int) -> None:
        self._take(w * h * 4 + (w + 7) // 8 * h)

    def _name(self, *_place: int) -> None:
        self._take(unpack_from(">I", self._take(4))[0])

    def _screens(self, *_place: int) -> None:
        self._take(self._take(4)[0] * 16)

    def _nothing(self, *_place: int) -> None:
        """It has no bytes of its own."""

    _decoders = {  # noqa: RUF012  (read only)
        0: _raw, 1: _copy, 2: _rre, 4: lambda self, *place: self._rre(*place, 8), 5: _hextile, 6: _zlib, 7: _tight,
        16: _zrle, -223: _nothing, -224: _nothing, -239: _cursor, -258: _nothing, -261: lambda self, *_: self._take(1),
        -307: _name, -308: _screens, -316: _nothing,
    }  # fmt: skip


def three_of_four(pixels: bytes) -> bytes:
    three = bytearray(len(pixels) // 4 * 3)
    for band in range(3):
        three[band::3] = pixels[band::4]
    return bytes(three)
