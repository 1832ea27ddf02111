from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from kit import Kit, pins
from kit.examination import examine, pinned_anew
from tests.fakes.windows_program import program

SERVER = program()
HOOKS = program(version=None)


def pin(folder: Path, pins_file: Path) -> None:
    pins.save(pins_file, pinned_anew(examine(folder, {}), {}, accept=True))


@pytest.fixture
def kit(folder: Path, pins_file: Path) -> Kit:
    """A kit of two files, pinned."""
    (folder / "tvnserver.exe").write_bytes(SERVER)
    (folder / "screenhooks32.dll").write_bytes(HOOKS)
    pin(folder, pins_file)
    return Kit(folder, pins_file)


def test_pinned_files_are_served_byte_for_byte(kit: Kit) -> None:
    assert kit.files() == {"tvnserver.exe": SERVER, "screenhooks32.dll": HOOKS}
    assert kit.is_usable()
    assert kit.tightvnc_version() == "2.8.27"


def test_nothing_is_served_before_it_is_pinned(folder: Path, pins_file: Path) -> None:
    (folder / "tvnserver.exe").write_bytes(SERVER)
    kit = Kit(folder, pins_file)
    assert (kit.files(), kit.is_usable(), kit.tightvnc_version()) == ({}, False, None)
    pin(folder, pins_file)
    assert kit.is_usable()


def test_a_file_beside_the_pinned_ones_is_not_served(kit: Kit, folder: Path) -> None:
    (folder / "hookldr.exe").write_bytes(HOOKS)
    assert set(kit.files()) == {"tvnserver.exe", "screenhooks32.dll"}


def test_a_changed_part_is_left_out_and_told_once(kit: Kit, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "screenhooks32.dll").write_bytes(HOOKS + b"\0")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert set(kit.files()) == {"tvnserver.exe"}
    (record,) = caplog.records
    assert record.getMessage() == (
        "kit: screenhooks32.dll is not served, it is not what was pinned: run `reachback kit check`"
    )


def test_without_its_server_a_kit_is_not_served(kit: Kit, folder: Path) -> None:
    assert kit.tightvnc_version() == "2.8.27"
    (folder / "tvnserver.exe").write_bytes(SERVER + b"\0")
    assert (kit.files(), kit.is_usable(), kit.tightvnc_version()) == ({}, False, None)
    (folder / "tvnserver.exe").write_bytes(SERVER)
    assert kit.tightvnc_version() == "2.8.27"


def test_the_download_compares_what_it_hands_out_whatever_the_file_system_says(kit: Kit, folder: Path) -> None:
    assert kit.is_usable()
    path = folder / "tvnserver.exe"
    before = path.stat()
    path.write_bytes(SERVER[:-1] + b"!")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert kit.files() == {}


def test_an_exchanged_file_of_the_same_size_and_time_is_noticed(kit: Kit, folder: Path) -> None:
    assert kit.is_usable()
    path = folder / "tvnserver.exe"
    before = path.stat()
    while path.stat().st_ctime_ns == before.st_ctime_ns:  # the file system's clock moves in steps
        path.write_bytes(SERVER[:-1] + b"!")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not kit.is_usable()


def test_a_link_in_a_files_place_is_not_followed(kit: Kit, folder: Path) -> None:
    (folder / "tvnserver.exe").rename(folder.parent / "same.exe")
    (folder / "tvnserver.exe").symlink_to(folder.parent / "same.exe")
    assert (kit.files(), kit.is_usable()) == ({}, False)


def test_what_is_asked_every_few_seconds_reads_no_file_twice(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "tvnserver.exe").write_bytes(SERVER + b"changed")
    assert not kit.is_usable()
    assert kit.tightvnc_version() is None
    monkeypatch.setattr("kit.folder.read", lambda *_: pytest.fail("a file was read again"))
    assert not kit.is_usable()
    assert kit.tightvnc_version() is None


def test_damaged_pins_serve_nothing_and_are_told_once(
    kit: Kit, pins_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pins_file.write_text("{")
    with caplog.at_level(logging.WARNING):
        assert kit.files() == {}
        assert not kit.is_usable()
    assert len(caplog.records) == 1
