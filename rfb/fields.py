"""The small parts messages are made of: big-endian numbers, the version banner, the pixel format, text from a peer."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import astuple, dataclass
from struct import Struct

from rfb.errors import ProtocolViolation

MAX_NAME = 128  # characters of a name that come from a customer's machine
MAX_REASON = 500  # characters of a server's own words

_BANNER = re.compile(rb"RFB ([0-9]{3})\.([0-9]{3})\n")

# Whatever Unicode calls a control (Cc: C0, DEL, C1), a format mark (Cf: bidi overrides and isolates, zero-width
# marks, the byte order mark), a lone surrogate (Cs) or a line or paragraph separator (Zl, Zp).
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LINE_SPACE = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")


def u8(value: int) -> bytes:
    """One byte, unsigned."""
    return value.to_bytes(1, "big")


def u16(value: int) -> bytes:
    """Two bytes, unsigned, the most significant first."""
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    """Four bytes, unsigned, the most significant first."""
    return value.to_bytes(4, "big")


def unsigned(data: bytes) -> int:
    """Read ``data``, however long, as one unsigned number with its most significant byte first."""
    return int.from_bytes(data, "big")


def signed(data: bytes) -> int:
    """Read ``data`` as one number in two's complement with its most significant byte first."""
    return int.from_bytes(data, "big", signed=True)


def banner(major: int, minor: int) -> bytes:
    """Return the 12 bytes that name a version (RFC 6143 §7.1.1)."""
    return b"RFB %03d.%03d\n" % (major, minor)


def read_banner(data: bytes) -> tuple[int, int] | None:
    """Return (major, minor) of a 12-byte version banner, or None where ``data`` is no banner."""
    found = _BANNER.fullmatch(data)
    return (int(found[1]), int(found[2])) if found else None


def clean_text(raw: bytes, limit: int) -> str:
    """Make text from an untrusted peer fit to be shown: at most ``limit`` characters on one line.

    RFC 6143 asks for Latin-1 in names and names no encoding for reasons; TigerVNC, UltraVNC and TightVNC 2.8.53+
    send UTF-8. So: UTF-8 where the bytes are valid UTF-8, else Latin-1. Line breaks and tabs become one space;
    control characters and invisible format marks go, and with them the NUL that TightVNC 2.8.11 leaves at the end.
    """
    one_line = _LINE_SPACE.sub(" ", _decoded(raw))
    visible = "".join(char for char in one_line if unicodedata.category(char) not in _INVISIBLE)
    return visible.strip()[:limit].rstrip()


def clean_name(raw: bytes) -> str:
    """Make a name from an untrusted machine fit to be shown: at most 128 characters (see clean_text)."""
    return clean_text(raw, MAX_NAME)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How a pixel is stored (RFC 6143 §7.4): ``bits_per_pixel`` 8, 16 or 32, the rest as named there."""

    bits_per_pixel: int
    depth: int
    big_endian: bool
    true_colour: bool
    red_max: int
    green_max: int
    blue_max: int
    red_shift: int
    green_shift: int
    blue_shift: int

    def __post_init__(self) -> None:
        if self.bits_per_pixel not in {8, 16, 32}:
            raise ValueError(f"a pixel has 8, 16 or 32 bits, not {self.bits_per_pixel}")
        if not all(0 <= value <= 0xFF for value in (self.depth, *astuple(self)[7:])):
            raise ValueError("depth and shifts fit into one byte")
        if not all(0 <= value <= 0xFFFF for value in astuple(self)[4:7]):
            raise ValueError("the greatest values of the colours fit into two bytes")

    @classmethod
    def decode(cls, data: bytes) -> PixelFormat:
        """Read the 16 bytes of RFC 6143 §7.4; raise ProtocolViolation where a pixel has an impossible size.

        Any byte but 0 counts as true: x11vnc sends 0xff for true colour.
        """
        bits, depth, big_endian, true_colour, *colours = _PIXEL_FORMAT.unpack(data)
        if bits not in {8, 16, 32}:
            raise ProtocolViolation(f"The VNC server announces pixels of {bits} bits; RFB knows 8, 16 and 32.")
        return cls(bits, depth, big_endian != 0, true_colour != 0, *colours)

    def encode(self) -> bytes:
        """Return the 16 bytes of RFC 6143 §7.4, with 1 for true and NULs as padding."""
        return _PIXEL_FORMAT.pack(*astuple(self))


_PIXEL_FORMAT = Struct(">BBBBHHHBBB3x")
