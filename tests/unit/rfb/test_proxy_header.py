"""The PROXY protocol's headers; the examples are those of HAProxy's specification, or made after its tables."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfb.errors import NotVnc
from rfb.events import Relayed
from rfb.proxy_header import FIRST_BYTES, MAX_BLOCK, MAX_LINE, ProxyHeader
from tests.unit.rfb.helpers import TAIL, raises, tr
from tests.unit.rfb.test_fuzz import CUTS, fuzz, outcome, pieces

SIGNATURE = bytes.fromhex("0D0A0D0A000D0A515549540A")
PROXY, LOCAL = 0x21, 0x20
TCP4, TCP6, UNIX, UDP4, UNSPEC = 0x11, 0x21, 0x31, 0x12, 0x00
V4 = bytes([198, 51, 100, 7, 203, 0, 113, 1]) + struct.pack(">HH", 4711, 5500)
V6 = ip_address("2001:db8::7").packed + ip_address("2001:db8::1").packed + struct.pack(">HH", 4711, 5500)
LONGEST = "ffff:" * 7 + "ffff"
NOOP_TLV = b"\x04\x00\x03abc"
Addresses = st.ip_addresses()
Ports = st.integers(0, 0xFFFF)


def version_2(command: int, family: int, block: bytes, length: int | None = None) -> bytes:
    return SIGNATURE + struct.pack(">BBH", command, family, len(block) if length is None else length) + block


RELAYED = [
    (b"PROXY TCP4 198.51.100.7 203.0.113.1 4711 5500\r\n", Relayed("198.51.100.7", 5500)),
    (b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", Relayed("255.255.255.255", 65535)),
    (b"PROXY TCP6 2001:DB8:0::7 2001:db8::1 4711 5500\r\n", Relayed("2001:db8::7", 5500)),
    (f"PROXY TCP6 {LONGEST} {LONGEST} 65535 65535\r\n".encode(), Relayed(LONGEST, 65535)),
    (b"PROXY TCP6 ::ffff:198.51.100.7 ::1 0 5500\r\n", Relayed("198.51.100.7", 5500)),
    (version_2(PROXY, TCP4, V4), Relayed("198.51.100.7", 5500)),
    (version_2(PROXY, TCP6, V6), Relayed("2001:db8::7", 5500)),
    (version_2(PROXY, TCP4, V4 + NOOP_TLV), Relayed("198.51.100.7", 5500)),
    (version_2(PROXY, TCP6, V6 + bytes(MAX_BLOCK - len(V6))), Relayed("2001:db8::7", 5500)),
    (version_2(PROXY, TCP6, ip_address("::ffff:192.0.2.1").packed + V6[16:]), Relayed("192.0.2.1", 5500)),
]  # fmt: skip

THE_PROXYS_OWN = [
    b"PROXY UNKNOWN\r\n",
    f"PROXY UNKNOWN {LONGEST} {LONGEST} 65535 65535\r\n".encode(),
    b"PROXY UNKNOWN \xff\x00 anything\r\n",
    version_2(LOCAL, UNSPEC, b""),
    version_2(LOCAL, TCP4, V4),
    version_2(LOCAL, 0xFF, b"whatever"),
    version_2(PROXY, UNSPEC, b""),
    version_2(PROXY, UNSPEC, NOOP_TLV),
    version_2(PROXY, UNIX, bytes(216)),
    version_2(PROXY, UDP4, V4),
]


@pytest.mark.parametrize(("header", "event"), RELAYED)
def test_whose_connection_it_is(header: bytes, event: Relayed) -> None:
    tr(ProxyHeader, header, (len(header), event))


@pytest.mark.parametrize("header", THE_PROXYS_OWN)
def test_a_proxy_that_speaks_for_itself(header: bytes) -> None:
    tr(ProxyHeader, header)


def test_the_longest_line_is_the_specifications() -> None:
    longest = next(header for header in THE_PROXYS_OWN if b"65535" in header)
    assert len(longest) == MAX_LINE


@pytest.mark.parametrize(
    "header",
    [
        b"R",
        b"PO",
        b"PROXX",
        b"PROXY  TCP4\r\n",
        b"PROXY TCP4 198.51.100.7 203.0.113.1 4711\r\n",
        b"PROXY TCP4 198.51.100.7 203.0.113.1 4711 5500 \r\n",
        b"PROXY TCP4  198.51.100.7 203.0.113.1 4711 5500\r\n",
        b"PROXY TCP4 198.51.100.7 203.0.113.1 4711 65536\r\n",
        b"PROXY TCP4 198.51.100.7 203.0.113.1 99999 5500\r\n",
        b"PROXY TCP4 198.51.100.7 203.0.113.1 04711 5500\r\n",
        b"PROXY TCP4 198.51.100.7 203.0.113.1 +471 5500\r\n",
        b"PROXY TCP4 198.51.100.256 203.0.113.1 4711 5500\r\n",
        b"PROXY TCP4 198.51.100.7 203.0.113 4711 5500\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::1 4711 5500\r\n",
        b"PROXY TCP6 198.51.100.7 203.0.113.1 4711 5500\r\n",
        b"PROXY TCP6 fe80::7%eth0 fe80::1 4711 5500\r\n",
        b"PROXY TCP5 198.51.100.7 203.0.113.1 4711 5500\r\n",
        b"PROXY UNKNOWNS\r\n",
        b"PROXY \r\n",
        b"PROXY UNKNOWN ".ljust(MAX_LINE, b"x"),
        b"\r\r",
        SIGNATURE[:-1] + b"\r",
        version_2(0x11, TCP4, V4, 0)[:16],
        version_2(0x22, TCP4, V4, 0)[:16],
        version_2(PROXY, TCP4, b"", MAX_BLOCK + 1),
        version_2(LOCAL, UNSPEC, b"", 0xFFFF),
        version_2(PROXY, TCP4, V4[:-1]),
        version_2(PROXY, TCP6, V4),
        version_2(PROXY, 0x13, V4),
        version_2(PROXY, 0x41, V6),
    ],
)
def test_what_is_no_header_is_refused_where_that_is_certain(header: bytes) -> None:
    error = raises(ProxyHeader, header, NotVnc)
    assert isinstance(error, NotVnc)
    assert error.what == "proxy"


def test_no_header_begins_like_a_vnc_server() -> None:
    assert not set(FIRST_BYTES) & set(b"RI\x16\x03\x00")


@fuzz
@given(Addresses, Ports, Ports)
def test_every_address_comes_out_as_it_went_in(address: IPv4Address | IPv6Address, source_port: int, port: int) -> None:
    target = "::1" if address.version == 6 else "127.0.0.1"
    line = f"PROXY TCP{address.version} {address} {target} {source_port} {port}\r\n".encode()
    block = address.packed + ip_address(target).packed + struct.pack(">HH", source_port, port)
    family = TCP6 if address.version == 6 else TCP4
    expected = Relayed(str(getattr(address, "ipv4_mapped", None) or address), port)
    for header in (line, version_2(PROXY, family, block)):
        reading = ProxyHeader()
        assert reading.receive_data(header + TAIL) == [expected]
        assert reading.trailing_data == TAIL


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a header with a few bytes changed, perhaps cut short, perhaps with something behind it."""
    header = bytearray(draw(st.sampled_from([header for header, _ in RELAYED] + THE_PROXYS_OWN)))
    for at in draw(st.lists(st.integers(0, len(header) - 1), max_size=3)):
        header[at] = draw(st.integers(0, 255))
    keep = draw(st.integers(0, len(header)) | st.just(len(header)))
    return bytes(header[:keep]) + draw(st.binary(max_size=20))


@fuzz
@given(damaged() | st.binary(max_size=300) | st.binary(max_size=40).map(SIGNATURE.__add__), CUTS)
def test_whatever_comes_is_understood_or_refused_however_it_is_cut(data: bytes, cuts: list[int]) -> None:
    assert outcome(ProxyHeader(), pieces(data, cuts)) == outcome(ProxyHeader(), [data])
