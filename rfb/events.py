"""What the bytes of a peer turned out to mean: values that cannot be changed, and cannot be invalid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rfb.fields import PixelFormat

MAX_SIDE = 0xFFFF
MAX_PORT = 0xFFFF
MAX_NUMBER = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class RepeaterId:
    """The caller's ID block: ``text`` without ``ID:``, printable ASCII without spaces around it, perhaps empty."""

    text: str

    def __post_init__(self) -> None:
        if not (self.text.isascii() and self.text.isprintable() and self.text == self.text.strip()):
            raise ValueError("a repeater ID is printable ASCII without spaces around it")


@dataclass(frozen=True, slots=True)
class TlsHello:
    """The caller begins with TLS: ``begun`` is what was read of its ClientHello, and the trailing data follow it."""

    begun: bytes


@dataclass(frozen=True, slots=True)
class Relayed:
    """A proxy passes a connection on: it came from ``address`` and dialled ``port``."""

    address: str
    port: int

    def __post_init__(self) -> None:
        if not 0 <= self.port <= MAX_PORT:
            raise ValueError(f"a port is 0 to {MAX_PORT}, not {self.port}")


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What a server told the dispatcher: its ``number``, 0 where it has none, and two texts, cleaned, mostly empty."""

    number: int
    keyword: str
    name: str

    def __post_init__(self) -> None:
        if not 0 <= self.number <= MAX_NUMBER:
            raise ValueError(f"a dispatcher's number is 0 to {MAX_NUMBER}, not {self.number}")


@dataclass(frozen=True, slots=True, order=True)
class ServerVersion:
    """The version a server announces, e.g. (3, 8), or (3, 889) for Apple's."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


@dataclass(frozen=True, slots=True)
class Desktop:
    """A server's ServerInit (RFC 6143 §7.3.2): pixels across and down, pixel format, cleaned name."""

    width: int
    height: int
    pixel_format: PixelFormat
    name: str

    def __post_init__(self) -> None:
        if not (1 <= self.width <= MAX_SIDE and 1 <= self.height <= MAX_SIDE):
            raise ValueError(f"a desktop has 1 to {MAX_SIDE} pixels each way, not {self.width}×{self.height}")


@dataclass(frozen=True, slots=True)
class ClientInit:
    """A viewer's ClientInit (RFC 6143 §7.3.1): ``shared`` is False where it asks to be the only one."""

    shared: bool


Event = RepeaterId | TlsHello | Relayed | Dispatched | ServerVersion | Desktop | ClientInit
