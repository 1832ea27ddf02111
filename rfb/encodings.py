"""The numbers of encodings and pseudo-encodings, and which of them a server is asked for.

Sources: RFC 6143 §7.7 and §7.8, rfbproto.rst, and for PointerPos TightVNC's own ``UpdateSender.cpp``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from struct import pack

from rfb.fields import PixelFormat


class Encoding(IntEnum):
    """How a rectangle is written, or, below zero and from 0x574d5664, what it says instead of a picture."""

    RAW = 0
    COPY_RECT = 1
    RRE = 2
    CORRE = 4
    HEXTILE = 5
    ZLIB = 6
    TIGHT = 7
    ZRLE = 16
    JPEG = 21
    H264 = 50
    DESKTOP_SIZE = -223
    LAST_RECT = -224
    POINTER_POS = -232
    CURSOR = -239
    X_CURSOR = -240
    QEMU_KEY = -258
    TIGHT_PNG = -260
    QEMU_LED = -261
    DESKTOP_NAME = -307
    EXTENDED_DESKTOP_SIZE = -308
    XVP = -309
    FENCE = -312
    CONTINUOUS_UPDATES = -313
    EXTENDED_MOUSE_BUTTONS = -316
    EXTENDED_CLIPBOARD = -1063131698  # 0xC0A1E5CE
    VMWARE_CURSOR = 0x574D5664


# What noVNC asks every server for, right after ServerInit: 32 bits a pixel, little-endian, red in the first byte
# (noVNC 1.7.0, core/rfb.js). A stream in another format could not be shown to it.
NOVNC_FORMAT = PixelFormat(
    bits_per_pixel=32,
    depth=24,
    big_endian=False,
    true_colour=True,
    red_max=255,
    green_max=255,
    blue_max=255,
    red_shift=0,
    green_shift=8,
    blue_shift=16,
)

# By what is preferred: in which order servers are asked. Not H.264, JPEG (21) and TightPNG, whose decoders keep a state
# that nobody can make a newcomer's; not Fence and ContinuousUpdates, whose state is the call's and not a seat's; not
# xvp, which is for hypervisors.
_PICTURES = (Encoding.TIGHT, Encoding.ZRLE, Encoding.HEXTILE, Encoding.RRE, Encoding.ZLIB, Encoding.RAW)
PREFERENCES: Mapping[str, Encoding] = {
    "tight": Encoding.TIGHT,
    "zrle": Encoding.ZRLE,
    "zlib": Encoding.ZLIB,
    "hextile": Encoding.HEXTILE,
}
_EXTRAS = (
    Encoding.DESKTOP_SIZE,
    Encoding.LAST_RECT,
    Encoding.QEMU_KEY,
    Encoding.QEMU_LED,
    Encoding.EXTENDED_DESKTOP_SIZE,
    Encoding.DESKTOP_NAME,
    Encoding.EXTENDED_CLIPBOARD,
    Encoding.EXTENDED_MOUSE_BUTTONS,
    Encoding.VMWARE_CURSOR,
    Encoding.CURSOR,
)
QUALITY, COMPRESSION = -32, -256  # of the pseudo-encodings for level 0; ten each (rfbproto.rst)
LOSSLESS = 9  # the quality that asks for no losses at all, and so for no JPEG
LEVELS = range(10)


def levels_of(encodings: Iterable[int]) -> tuple[int | None, int | None]:
    """Quality and compression (0 to 9) that a viewer asks for with its list, None for what it does not name."""
    quality = compression = None
    for number in encodings:
        if number - QUALITY in LEVELS:
            quality = number - QUALITY
        elif number - COMPRESSION in LEVELS:
            compression = number - COMPRESSION
    return quality, compression


def asked_for(preferred: str, quality: int | None, compression: int | None) -> list[int]:
    """The list for a server: the preferred encoding first.

    The highest quality means that nothing is lost, so no level is named and no server answers with JPEG. Compression
    0 is never asked for: UltraVNC then sends Tight without zlib, which noVNC cannot read (UltraVNC,
    ``vncEncodeTight.cpp:575-578``).
    """
    first = PREFERENCES[preferred]
    pictures = [Encoding.COPY_RECT, first, *(kind for kind in _PICTURES if kind is not first)]
    levels = [] if quality is None or quality == LOSSLESS else [QUALITY + quality]
    if compression is not None:
        levels.append(COMPRESSION + max(1, compression))
    return [int(number) for number in (*pictures, *levels, *_EXTRAS)]


def set_encodings(encodings: Iterable[int]) -> bytes:
    """The message with this list (RFC 6143 §7.5.2)."""
    numbers = list(encodings)
    return pack(f">BxH{len(numbers)}i", 2, len(numbers), *numbers)


def set_pixel_format(pixel_format: PixelFormat) -> bytes:
    """The message (RFC 6143 §7.5.1)."""
    return b"\x00\x00\x00\x00" + pixel_format.encode()


def update_request(width: int, height: int, *, incremental: bool) -> bytes:
    """Ask for the whole desktop (RFC 6143 §7.5.3)."""
    return pack(">BBHHHH", 3, incremental, 0, 0, width, height)
