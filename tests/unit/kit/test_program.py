from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit import der, signature
from kit.errors import NotAProgram
from kit.program import Program, read_program
from kit.version_resource import MAX_RESOURCE, read_version
from tests.fakes import windows_program as made
from tests.fakes.windows_program import X64, X86, program

SIGNED = program(signer="GlavSoft LLC.")
ENOUGH_SECONDS = (
    5.0  # for the worst file that fits; each takes milliseconds, and reading one must never be a way to stay
)


def read_or_refused(data: bytes) -> Program | None:
    """What the law of this package allows: a file is understood, or refused as no program; and soon."""
    begun = time.monotonic()
    try:
        return read_program(data)
    except NotAProgram:
        return None
    finally:
        assert time.monotonic() - begun < ENOUGH_SECONDS


@pytest.mark.parametrize("machine", [X86, X64])
def test_a_program_tells_all_that_people_ask(machine: int) -> None:
    found = read_program(program(machine=machine, signer="GlavSoft LLC."))
    assert (found.machine, found.needs, found.version) == (machine, (5, 1), "2.8.27")
    assert found.resource.strings == made.TIGHTVNC
    assert found.signer == "GlavSoft LLC."


def test_a_program_that_says_nothing_of_itself_is_a_program_still() -> None:
    found = read_program(program(version=None))
    assert (found.version, found.resource.strings, found.signer) == (None, {}, None)


@pytest.mark.parametrize(
    ("version", "words"),
    [((2, 8, 27, 0), "2.8.27"), ((1, 3, 10, 0), "1.3.10"), ((2, 0, 0, 0), "2.0.0"), ((1, 2, 1, 7), "1.2.1.7")],
)
def test_a_version_is_written_as_people_say_it(version: tuple[int, int, int, int], words: str) -> None:
    assert read_program(program(version=version)).version == words


@pytest.mark.parametrize(
    ("needs", "words", "on_xp"),
    [
        ((4, 0), "Windows 2000", True),
        ((5, 0), "Windows 2000", True),
        ((5, 1), "Windows XP", True),
        ((5, 2), "Windows XP x64 or Server 2003", False),
        ((6, 0), "Windows Vista", False),
        ((6, 1), "Windows 7", False),
        ((6, 2), "Windows 8", False),
        ((6, 3), "Windows 8.1", False),
        ((10, 0), "Windows 10", False),
        ((11, 0), "a Windows newer than 10", False),
    ],
)
def test_the_lowest_windows_is_named(needs: tuple[int, int], words: str, on_xp: bool) -> None:
    found = read_program(program(needs=needs))
    assert (found.lowest_windows, found.starts_on_xp) == (words, on_xp)


def test_a_64_bit_program_never_starts_on_an_ordinary_xp() -> None:
    found = read_program(program(machine=X64, needs=(5, 1)))
    assert found.architecture == "64-bit (x64)"
    assert not found.starts_on_xp


def test_an_unknown_processor_is_told_by_its_number() -> None:
    assert read_program(program(machine=0x01C0)).architecture == "for a machine of kind 0x01c0"


@pytest.mark.parametrize("others", [0, 1, 5])
def test_the_signer_is_found_among_the_certificates_of_others(others: int) -> None:
    assert signature.signer(made.signature("Émile & Söhne", more_certificates=others)) == "Émile & Söhne"


def test_what_was_signed_may_be_of_a_kind_that_only_windows_knows() -> None:
    table = made.signature("GlavSoft LLC.", authenticode=True)
    assert made.MICROSOFT in table
    assert signature.signer(table) == "GlavSoft LLC."


def test_a_signer_cannot_write_on_the_terminal() -> None:
    assert signature.signer(made.signature("evil\x1b[2J\r\nname")) == "evil[2Jname"


def test_a_signature_of_another_kind_is_none() -> None:
    content = made.signature("GlavSoft LLC.")[8:]
    assert signature.signer(made.win_certificate(content, kind=1)) is None


def test_a_signer_whose_certificate_is_missing_is_not_guessed() -> None:
    table = bytearray(made.signature("GlavSoft LLC.", more_certificates=1))
    content = list(der.read(memoryview(bytes(table))[8:]).children())[1]
    infos = list(next(content.children()).children())[-1]
    _version, issuer_and_serial, *_rest = next(infos.children()).children()
    serial = list(issuer_and_serial.children())[1]
    table[8 + serial.end - 1] ^= 1
    assert signature.signer(bytes(table)) is None


def test_no_cut_of_a_signature_is_more_than_no_signature() -> None:
    table = made.signature("GlavSoft LLC.")
    for length in range(len(table) - 16):
        assert signature.signer(table[:length]) is None


@pytest.mark.long
@pytest.mark.timeout(240)
def test_no_cut_of_a_program_breaks_anything() -> None:
    for length in range(len(SIGNED)):
        found = read_or_refused(SIGNED[:length])
        assert found is None or found.version in {None, "2.8.27"}


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize("value", [0x00, 0x7F, 0x80, 0xFF])
def test_no_changed_byte_of_a_program_breaks_anything(value: int) -> None:
    for at in range(0x800):
        read_or_refused(SIGNED[:at] + bytes([value]) + SIGNED[at + 1 :])


@pytest.mark.long
@pytest.mark.timeout(240)
@given(data=st.binary(max_size=2048))
@settings(deadline=None)
def test_any_bytes_are_a_program_or_none(data: bytes) -> None:
    read_or_refused(data)
    read_or_refused(SIGNED[:0x40] + data)
    read_or_refused(SIGNED[:0x200] + data)


@pytest.mark.long
@pytest.mark.timeout(240)
@given(st.lists(st.tuples(st.integers(0, len(SIGNED) - 1), st.binary(min_size=1, max_size=8)), max_size=12))
@settings(deadline=None, max_examples=300)
def test_any_damage_is_borne(damage: list[tuple[int, bytes]]) -> None:
    data = bytearray(SIGNED)
    for at, value in damage:
        data[at : at + len(value)] = value
    read_or_refused(bytes(data))


@given(data=st.binary(max_size=512))
@settings(deadline=None)
def test_any_bytes_are_a_signature_or_none(data: bytes) -> None:
    signature.signer(data)
    signature.signer(made.win_certificate(data))


@given(data=st.binary(max_size=512))
@settings(deadline=None)
def test_any_bytes_are_a_version_resource_or_none(data: bytes) -> None:
    read_version(data)
    read_version(made.block("VS_VERSION_INFO", data))
    read_version(made.block("VS_VERSION_INFO", made.block("StringFileInfo", made.block("040904b0", data))))


@pytest.mark.parametrize("head", ["", "VS_VERSION_INFO"])
def test_the_smallest_blocks_in_the_largest_resource_end(head: str) -> None:
    smallest = struct.pack("<HHH", 8, 0, 0) + b"\0\0"
    inner = made.block("StringFileInfo", smallest * 8000)[:60_000]
    begun = time.monotonic()
    read_version(made.block(head, inner))
    read_version(made.block(head, made.block("StringFileInfo", made.block("", smallest * 8000))[:65_000]))
    assert time.monotonic() - begun < ENOUGH_SECONDS


def test_a_resource_that_claims_more_than_is_read_is_cut() -> None:
    assert read_version(bytes(MAX_RESOURCE * 4)).version is None


def test_directories_that_lead_to_themselves_end() -> None:
    entry = struct.pack("<II", 16, 0x8000_0000)
    loop = struct.pack("<12xHH", 0, 0xFFFF) + entry * 2000
    data = bytearray(program(version=(1, 0, 0, 0), strings={"Comments": "x" * 20_000}))
    data[0x200 : 0x200 + len(loop)] = loop
    found = read_or_refused(bytes(data))
    assert found
    assert found.version is None


def test_a_section_table_as_long_as_it_can_be_is_read_soon() -> None:
    data = bytearray(program())
    data[0x46:0x48] = b"\xff\xff"
    section = data[0x138:0x160]
    read_or_refused(bytes(data[:0x138] + section * 65_535))
