"""Recordings of a desktop that never was, with the picture that is seen at any moment of them.

The file is written as docs/recording.md has it, but by other code than the recorder's. Rectangles are raw, so that a
refresh point needs no primers: after it the whole picture is sent, in pieces, and then a record says that it is whole.
"""

from __future__ import annotations

import json
import random
import struct
import zlib
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

MAGIC = b"RBREC\0\r\n"
HEAD = {"version": 1, "session": "abc", "call": 1, "begun_at": "2026-03-01T10:00:00Z"}
PIECE = 60_000
# Each piece of a whole picture comes so many milliseconds after the one before it.
PACE = 5


@dataclass
class FakeRecording:
    """A recording under way: what happens is added in order of time, and later where what was before took so long.

    `seen` are the pictures, each from its moment on; `offsets` says where in the file the picture of a moment is whole.
    """

    width: int = 320
    height: int = 240
    name: str = "Front desk"
    file: bytearray = field(default_factory=lambda: bytearray(MAGIC))
    points: list[list[int]] = field(default_factory=list)
    seen: list[tuple[int, Image.Image]] = field(default_factory=list)
    offsets: dict[int, int] = field(default_factory=dict)
    now: int = 0

    def __post_init__(self) -> None:
        self.picture = Image.new("RGB", (self.width, self.height))
        self._record(b"H", json.dumps(HEAD | {"width": self.width, "height": self.height, "name": self.name}).encode())

    def refresh(self, at: int, *, gap: bool = False) -> None:
        """A point where a player can begin, and all of the picture after it."""
        name, previous = self.name.encode(), self.points[-1][1] if self.points else 0
        offset = len(self.file)
        said = struct.pack(">QBHHH", previous, gap, self.width, self.height, len(name)) + name
        self.now = at
        self._record(b"R", said + zlib.compress(b""))
        self._send(_update(self.picture, (0, 0)), PACE)
        self._record(b"W", struct.pack(">Q", offset))
        self.points.append([at, offset, self.now])
        self._saw()

    def gap(self, until: int) -> None:
        """The recorder missed what was sent up to here; the desktop had become green by then."""
        self.picture.paste((20, 160, 60), (0, 0, self.width, self.height))
        self.refresh(until, gap=True)

    def paint(self, at: int, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> None:
        """A rectangle of the desktop gets a colour."""
        ImageDraw.Draw(self.picture).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), colour)
        self.now = max(self.now, at)
        self._send(_update(self.picture.crop(box), box[:2]), 0)
        self._saw()

    def resize(self, at: int, width: int, height: int) -> None:
        """The desktop gets another size; what was on it is gone."""
        self.width, self.height = width, height
        self.picture = Image.new("RGB", (width, height), (60, 60, 90))
        self.now = at
        self._send(b"\0\0\0\1" + struct.pack(">HHHHi", 0, 0, width, height, -223), 0)
        self._send(_update(self.picture, (0, 0)), 0)
        self._saw()

    def end(self, at: int) -> None:
        """It ends, as a recording does that nobody killed."""
        self.now = max(self.now, at)
        said = {"reason": "The call was over.", "bytes": 0, "index": self.points}
        self._record(b"E", json.dumps(said).encode())

    def at(self, moment: int) -> Image.Image:
        """The picture that is seen at a moment."""
        return next(picture for at, picture in reversed(self.seen) if at <= moment)

    def _saw(self) -> None:
        """What is seen from now on, and where in the file it is all there."""
        self.seen.append((self.now, self.picture.copy()))
        self.offsets[self.now] = len(self.file)

    def _send(self, data: bytes, pace: int) -> None:
        for begin in range(0, len(data), PIECE):
            piece = data[begin : begin + PIECE]
            self.now += pace
            self._record(b"D", piece)

    def _record(self, kind: bytes, payload: bytes) -> None:
        self.file += struct.pack(">cII", kind, self.now, len(payload)) + payload


def busy(seconds: int, seed: int = 1, every: int = 100) -> FakeRecording:
    """A desktop on which something changes ten times a second, with refresh points between 3 and 8 s apart."""
    chance = random.Random(seed)
    made = FakeRecording()
    made.refresh(0)
    refresh_at = 5000
    for at in range(every, seconds * 1000, every):
        if at >= refresh_at:
            made.refresh(made.now)
            refresh_at += chance.randrange(3000, 8000)
        x, y = chance.randrange(made.width - 20), chance.randrange(made.height - 20)
        box = (x, y, chance.randrange(x + 1, made.width), chance.randrange(y + 1, made.height))
        made.paint(at, box, (chance.randrange(256), chance.randrange(256), chance.randrange(256)))
    made.end(seconds * 1000)
    return made


def _update(picture: Image.Image, at: tuple[int, int]) -> bytes:
    """A message with one raw rectangle, as noVNC's pixel format has it."""
    head = b"\0\0\0\1" + struct.pack(">HHHHi", *at, *picture.size, 0)
    return head + picture.convert("RGBX").tobytes()
