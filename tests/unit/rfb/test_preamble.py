from __future__ import annotations

import pytest

from rfb.errors import NotVnc
from rfb.events import RepeaterId, ServerVersion, TlsHello
from rfb.preamble import Preamble
from tests.unit.rfb.helpers import raises, tr

BANNER = b"RFB 003.008\n"


def id_block(text: bytes, rubbish: bytes = b"") -> bytes:
    return (b"ID:" + text + b"\0" + rubbish).ljust(250, b"\0")


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        (b"RFB 003.008\n", ServerVersion(3, 8)),
        (b"RFB 003.003\n", ServerVersion(3, 3)),
        (b"RFB 003.889\n", ServerVersion(3, 889)),
        (b"RFB 005.000\n", ServerVersion(5, 0)),
    ],
)
def test_a_bare_banner(banner: bytes, version: ServerVersion) -> None:
    tr(Preamble, banner, (12, version))


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (id_block(b"123456789"), "123456789"),
        (id_block(b"1234", b"\xcc\xccRFB 003.003\n\0ID:9"), "1234"),  # UltraVNC before August 2010
        (id_block(b" KASSE 7 "), "KASSE 7"),
        (id_block(b""), ""),
        (b"ID:" + b"7" * 247, "7" * 247),
        (b"ID:" + b"7" * 246 + b"\0", "7" * 246),
    ],
)
def test_an_id_block_before_the_banner(block: bytes, text: str) -> None:
    assert len(block) == 250
    tr(Preamble, block + BANNER, (250, RepeaterId(text)), (262, ServerVersion(3, 8)))


@pytest.mark.parametrize(
    ("first", "what"),
    [
        (b"S", "ssh"),
        (b"G", "http"),
        (b"P", "http"),
        (b"H", "http"),
        (b"D", "http"),
        (b"O", "http"),
        (b"C", "http"),
        (b"T", "http"),
        (b"\x03", "unknown"),
        (b"\0", "unknown"),
        (b"\xff", "unknown"),
        (b"i", "unknown"),
        (b"r", "unknown"),
    ],
)
def test_another_protocol_is_known_by_its_first_byte(first: bytes, what: str) -> None:
    error = raises(Preamble, first, NotVnc)
    assert isinstance(error, NotVnc)
    assert error.what == what


@pytest.mark.parametrize(
    "data",
    [
        b"RT",
        b"RFC",
        b"RFB0",
        b"RFB /",
        b"RFB :",
        b"RFB 003,",
        b"RFB 003.00x",
        b"RFB 003.008\r",
        b"IM",
        b"ID ",
        b"ID:12\n",
        b"ID:12\x7f",
        b"ID:12\x80",
        id_block(b"1234") + b"I",
        id_block(b"1234") + b"RFB 3.",
        id_block(b"1234") + b"\x16",
    ],
)
def test_refuses_at_the_first_wrong_byte(data: bytes) -> None:
    error = raises(Preamble, data, NotVnc)
    assert isinstance(error, NotVnc)
    assert error.what == "unknown"


def test_a_tls_hello_is_known_by_its_first_byte_and_the_rest_is_left_alone() -> None:
    tr(Preamble, b"\x16", (1, TlsHello(b"\x16")))


def test_what_comes_behind_the_banner_is_left_alone() -> None:
    preamble = Preamble()
    preamble.receive_data(BANNER + b"ID:" + BANNER)
    assert preamble.trailing_data == b"ID:" + BANNER


def test_a_large_piece_is_no_obstacle() -> None:
    preamble = Preamble()
    assert preamble.receive_data(id_block(b"1") + BANNER + bytes(100_000))[1] == ServerVersion(3, 8)
    assert preamble.trailing_data == bytes(100_000)
