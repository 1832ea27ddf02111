from __future__ import annotations

from dataclasses import FrozenInstanceError, astuple

import pytest

from rfb.errors import ProtocolViolation
from rfb.fields import (
    PixelFormat,
    banner,
    clean_name,
    clean_text,
    read_banner,
    signed,
    u8,
    u16,
    u32,
    unsigned,
)
from tests.unit.rfb.helpers import PIXEL_FORMAT, PIXELS


def test_writes_numbers_with_the_most_significant_byte_first() -> None:
    assert (u8(254), u16(0x0102), u32(0x01020304)) == (b"\xfe", b"\x01\x02", b"\x01\x02\x03\x04")


def test_a_number_too_large_is_not_cut() -> None:
    with pytest.raises(OverflowError):
        u8(256)


def test_reads_numbers() -> None:
    assert unsigned(b"\xff\xfe") == 0xFFFE
    assert signed(b"\xff\xff\xff\xfe") == -2
    assert signed(b"\x00\x00\x00\x02") == 2


def test_banner_both_ways() -> None:
    assert banner(3, 8) == b"RFB 003.008\n"
    assert read_banner(b"RFB 003.889\n") == (3, 889)


@pytest.mark.parametrize("wrong", [b"RFB 003.008\r", b"RFB 003.00\n", b"RFB 003.008\n\n", b"RFB \xb2\xb2\xb2.008\n"])
def test_what_is_no_banner(wrong: bytes) -> None:
    assert read_banner(wrong) is None


def test_pixel_format_both_ways() -> None:
    assert PixelFormat.decode(PIXELS) == PIXEL_FORMAT
    assert PIXEL_FORMAT.encode() == PIXELS


def test_any_byte_but_nought_is_true() -> None:
    of_x11vnc = bytes.fromhex("20 18 00 ff 00ff 00ff 00ff 10 08 00 000000")
    assert PixelFormat.decode(of_x11vnc) == PIXEL_FORMAT
    assert PixelFormat.decode(of_x11vnc).encode() == PIXELS


def test_padding_is_not_looked_at() -> None:
    assert PixelFormat.decode(PIXELS[:-3] + b"abc") == PIXEL_FORMAT


def test_colour_map_format() -> None:
    data = bytes.fromhex("08 08 01 00 0000 0000 0000 00 00 00 000000")
    decoded = PixelFormat.decode(data)
    assert (decoded.big_endian, decoded.true_colour) == (True, False)
    assert decoded.encode() == data


def test_impossible_pixels_from_a_peer() -> None:
    with pytest.raises(ProtocolViolation, match="24 bits"):
        PixelFormat.decode(b"\x18" + PIXELS[1:])


@pytest.mark.parametrize(("at", "value"), [(0, 24), (1, 256), (4, 0x10000), (6, -1), (7, -1), (9, 256)])
def test_an_impossible_pixel_format_cannot_exist(at: int, value: int) -> None:
    values = list(astuple(PIXEL_FORMAT))
    values[at] = value
    with pytest.raises(ValueError, match=r"byte|bits"):
        PixelFormat(*values)


def test_pixel_format_cannot_change() -> None:
    with pytest.raises(FrozenInstanceError):
        PIXEL_FORMAT.depth = 8  # type: ignore[misc]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"workstation", "workstation"),
        (b"  two  words ", "two  words"),
        ("Büro 東京".encode(), "Büro 東京"),
        (b"B\xfcro", "Büro"),
        (b"kasse\0", "kasse"),
        (b"kasse\0\0\0", "kasse"),
        (b"ka\0sse", "kasse"),
        (b"one\r\ntwo\tthree", "one two three"),
        ("one\u2028two".encode(), "one two"),
        (b"\x1b[31mred\x07\x7f", "[31mred"),
        (b"C1 \x9b31m latin", "C1 31m latin"),
        ("C1 \x9b31m utf".encode(), "C1 31m utf"),
        ("abc\u202egpj.exe".encode(), "abcgpj.exe"),
        ("\u2066a\u2069\u200e\u200f\u061cb".encode(), "ab"),
        ("\ufeffa\u200bb\u00adc".encode(), "abc"),
        (b"\xed\xa0\x80", "í"),  # a lone surrogate is no UTF-8
        (b"", ""),
        (b"\0\0", ""),
    ],
)
def test_cleans_names(raw: bytes, name: str) -> None:
    assert clean_name(raw) == name


def test_cuts_names_at_128_characters() -> None:
    assert clean_name("ü".encode() * 200) == "ü" * 128
    assert clean_name(b"\x07" * 500 + b"a") == "a"


def test_leaves_no_space_where_it_cuts() -> None:
    assert clean_text(b"abc def", 4) == "abc"
