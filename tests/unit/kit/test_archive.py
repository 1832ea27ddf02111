from __future__ import annotations

import io
import struct
import zipfile

import pytest

from kit import build
from tests.fakes.windows_program import program

FILES = {"tvnserver.exe": program(signer="GlavSoft LLC."), "LICENSE": b"GNU GENERAL PUBLIC LICENSE\n" * 100}
SCRIPTS = {"connect.bat": b"@echo off\r\n", "README.txt": b""}


def test_every_file_comes_out_as_it_went_in() -> None:
    with zipfile.ZipFile(io.BytesIO(build(FILES, SCRIPTS))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES | SCRIPTS


def test_the_same_files_make_the_same_archive() -> None:
    assert build(FILES, SCRIPTS) == build(FILES, SCRIPTS)


def test_an_old_unpacker_finds_every_size_in_front_of_the_data() -> None:
    made = build(FILES, SCRIPTS)
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        for entry in archive.infolist():
            # Local file header (PKWARE's APPNOTE, 4.3.7): version needed, flags, method, time, date, crc, two sizes
            needed, flags, method, *_, crc, packed, size = struct.unpack_from(
                "<HHHHHIII", made, entry.header_offset + 4
            )
            assert (needed, flags, method) == (20, 0, zipfile.ZIP_DEFLATED)
            assert (crc, packed, size) == (entry.CRC, entry.compress_size, entry.file_size)
            assert entry.create_system == 0


@pytest.mark.parametrize("name", ["../evil.exe", "a/b", "/a", "C:\\a", "", ".", "a b"])
def test_names_with_paths_are_refused(name: str) -> None:
    for files, extra in (({name: b""}, {}), ({}, {name: b""})):
        with pytest.raises(ValueError, match="cannot be the name"):
            build(files, extra)


def test_a_script_never_takes_the_place_of_a_program() -> None:
    with pytest.raises(ValueError, match="is there already"):
        build({"Connect.bat": b"vendor"}, {"connect.bat": b"ours"})
