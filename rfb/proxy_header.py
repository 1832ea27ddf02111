r"""What a proxy puts in front of a connection: whose it is, and where it was dialled (HAProxy's PROXY protocol).

::

    "PROXY TCP4 198.51.100.7 203.0.113.1 4711 5500\r\n"   version 1 (proxy-protocol.txt §2.1), at most 107 bytes
    "PROXY UNKNOWN ...\r\n"                               the same, of a connection that is the proxy's own
    "\r\n\r\n\0\r\nQUIT\n", 4 bytes, addresses, TLVs      version 2 (§2.2)

Whoever reads it must know that a proxy is there: anybody can write such a header (§2: the receiver must be configured).
"""

from __future__ import annotations

import re
import struct
from ipaddress import IPv4Address, IPv6Address

from rfb.conversation import Reading, Script
from rfb.errors import NotVnc
from rfb.events import Relayed

# No VNC server's first byte is one of these (see `preamble`), so one byte tells whether there is a header.
FIRST_BYTES = b"P\r"

MAX_LINE = 107  # bytes of version 1, its CRLF included (§2.1)
# The length field allows 65,535 bytes. Addresses are 36, what load balancers add as TLVs has been seen below 1 KiB.
MAX_BLOCK = 4096

_PREFIX = b"PROXY "
_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_LOCAL, _PROXY = 0x20, 0x21  # version 2 and a command, in one byte (§2.2)
_TCP4, _TCP6 = 0x11, 0x21  # an address family and a transport, in one byte
# Valid, and nothing that can reach a TCP port: UNSPEC, UDP, Unix. The receiver "falls back to the UNSPEC mode" (§2.2).
_OTHER_FAMILIES = frozenset({0x00, 0x12, 0x22, 0x31, 0x32})
_V4 = struct.Struct(">4s4sHH")
_V6 = struct.Struct(">16s16sHH")

# The numbers of §2.1 are in ranges and without leading zeros; addresses are left to `ipaddress`, but for IPv6 zones.
_LINE = re.compile(rb"PROXY (TCP4|TCP6) ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+) (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4})\r\n")
_UNKNOWN = b"PROXY UNKNOWN"


class ProxyHeader(Reading):
    """Reads one header and not one byte more.

    Emits a Relayed where the proxy passes somebody on; nothing where it speaks for itself (a health check), or says
    nothing that could be used: then the connection's own addresses hold. Raises NotVnc at what is no such header.
    """

    def __init__(self) -> None:
        super().__init__(self._header(), limit=MAX_BLOCK)

    def _header(self) -> Script[None]:
        first = yield 1
        if first == _PREFIX[:1]:
            yield from _expect(_PREFIX[1:])
            self._tell(_understood(_PREFIX + (yield from _rest_of_line())))
        elif first == _SIGNATURE[:1]:
            yield from _expect(_SIGNATURE[1:])
            yield from self._version_2()
        else:
            raise NotVnc("proxy")

    def _version_2(self) -> Script[None]:
        command, family, length = struct.unpack(">BBH", (yield 4))
        _insist(command in {_LOCAL, _PROXY} and length <= MAX_BLOCK)
        block = (yield length) if length else b""
        if command == _PROXY:
            self._tell(_decoded(family, block))

    def _tell(self, relayed: Relayed | None) -> None:
        if relayed is not None:
            self._emit(relayed)


def _expect(wanted: bytes) -> Script[None]:
    for expected in wanted:
        _insist((yield 1)[0] == expected)


def _rest_of_line() -> Script[bytes]:
    """Read up to the line's end, which must come within what §2.1 allows."""
    line = bytearray()
    while not line.endswith(b"\r\n"):
        _insist(len(_PREFIX) + len(line) < MAX_LINE)
        line += yield 1
    return bytes(line)


def _understood(line: bytes) -> Relayed | None:
    """What a whole line of version 1 says; of an UNKNOWN one the rest "must be ignored" (§2.1)."""
    if line[len(_UNKNOWN) : len(_UNKNOWN) + 1] in (b" ", b"\r") and line.startswith(_UNKNOWN):
        return None
    found = _LINE.fullmatch(line)
    if not found:
        raise NotVnc("proxy")
    family, source, target, source_port, port = (word.decode("ascii") for word in found.groups())
    _insist(int(source_port) <= 0xFFFF and int(port) <= 0xFFFF)
    kind = IPv4Address if family == "TCP4" else IPv6Address
    try:
        kind(target)
        return Relayed(_plain(kind(source)), int(port))
    except ValueError:
        raise NotVnc("proxy") from None


def _decoded(family: int, block: bytes) -> Relayed | None:
    """What the addresses of version 2 say; the TLVs behind them are nobody's business here."""
    layout = {_TCP4: _V4, _TCP6: _V6}.get(family)
    if layout is None:
        _insist(family in _OTHER_FAMILIES)
        return None
    _insist(len(block) >= layout.size)
    source, _target, _source_port, port = layout.unpack_from(block)
    return Relayed(_plain(IPv4Address(source) if family == _TCP4 else IPv6Address(source)), port)


def _plain(address: IPv4Address | IPv6Address) -> str:
    """An address as text, an IPv4 one inside IPv6 as plain IPv4: the portal knows its customers so."""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _insist(fits: bool) -> None:
    if not fits:
        raise NotVnc("proxy")
