"""Shows one picture after another on an X display: a gradient, a few colours, black and white, noise, for ever."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
import time
from pathlib import Path

SIZE = 180


def gradient(x: int, y: int) -> tuple[int, int, int]:
    return (x * 255 // SIZE, y * 255 // SIZE, (x + y) * 255 // (2 * SIZE))


def few(x: int, y: int) -> tuple[int, int, int]:
    return ((255, 80, 0), (0, 90, 200), (250, 250, 230), (30, 160, 60))[(x // 9 + y // 13) % 4]


def two(x: int, y: int) -> tuple[int, int, int]:
    return ((0, 0, 0), (255, 255, 255))[(x * x + y * y) // 99 % 2]


def noise(_x: int, _y: int) -> tuple[int, int, int]:
    return (random.randrange(256), random.randrange(256), random.randrange(256))


def dump(paint) -> bytes:
    """The picture as xwd would write it (X11's XWDFile.h): 24 bits in 32, little-endian, true colour."""
    name = b"picture\0"
    fields = (
        100 + len(name),
        7,
        2,
        24,
        SIZE,
        SIZE,
        0,
        0,
        32,
        0,
        32,
        32,
        SIZE * 4,
        4,
        0xFF0000,
        0xFF00,
        0xFF,
        8,
        256,
        0,
    )
    head = struct.pack(">25I", *fields, SIZE, SIZE, 0, 0, 0)
    pixels = bytearray()
    for y in range(SIZE):
        for x in range(SIZE):
            red, green, blue = paint(x, y)
            pixels += bytes((blue, green, red, 0))
    return head + name + pixels


def main(display: str, folder: Path) -> None:
    files = []
    for paint in (gradient, few, two, noise):
        files.append(folder / f"{paint.__name__}.xwd")
        files[-1].write_bytes(dump(paint))
    while True:
        for file in files:
            place = f"+{random.randrange(40, 560)}+{random.randrange(180, 400)}"
            shown = subprocess.Popen(("xwud", "-display", display, "-in", str(file), "-geometry", place))
            time.sleep(random.uniform(0.1, 0.5))
            shown.kill()
            shown.wait()


main(sys.argv[1], Path(sys.argv[2]))
