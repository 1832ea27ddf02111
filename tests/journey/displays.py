"""What an X display shows, as a picture: `xwd`'s dump is read here, for Pillow knows no such format."""

from __future__ import annotations

import struct
import subprocess

from PIL import Image, ImageChops

HEADER = struct.Struct(">25I")
COLOUR = struct.Struct(">IHHHBB")


def seen_on(display: str) -> Image.Image:
    """A picture of the whole screen."""
    words = ("xwd", "-root", "-silent", "-display", display)
    return from_dump(subprocess.run(words, capture_output=True, check=True, timeout=10).stdout)


def from_dump(dump: bytes) -> Image.Image:
    """A dump of 8 bits with a palette, or of 24 in 32 (X11's XWDFile.h), as RGB."""
    fields = HEADER.unpack_from(dump)
    size, width, height, bits, stride, colours = fields[0], fields[4], fields[5], fields[11], fields[12], fields[19]
    pixels = dump[size + colours * COLOUR.size :]
    if bits == 32:
        return Image.frombytes("RGB", (width, height), pixels, "raw", "BGRX", stride)
    picture = Image.frombytes("P", (width, height), pixels, "raw", "P", stride)
    picture.putpalette(_palette(dump, size, colours))
    return picture.convert("RGB")


def middle_of(picture: Image.Image, colour: tuple[int, int, int], nearly: int) -> tuple[int, int] | None:
    """The middle of what has nearly this colour, such as a button; None where nothing has it."""
    red, green, blue = (_mask(band, at, nearly) for band, at in zip(picture.split(), colour, strict=True))
    box = ImageChops.multiply(ImageChops.multiply(red, green), blue).getbbox()
    return ((box[0] + box[2]) // 2, (box[1] + box[3]) // 2) if box else None


def _mask(band: Image.Image, at: int, nearly: int) -> Image.Image:
    return band.point(lambda value: 255 * (abs(value - at) <= nearly))


def _palette(dump: bytes, size: int, colours: int) -> bytes:
    entries = (COLOUR.unpack_from(dump, size + index * COLOUR.size) for index in range(colours))
    return bytes(value >> 8 for _, red, green, blue, _, _ in entries for value in (red, green, blue))
