from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from kit import folder as files
from kit.examination import Examined, State, examine, is_sound, is_usable, pinned_anew
from kit.pins import Pin
from tests.fakes.windows_program import program

OLD = program(version=(2, 8, 27, 0))
NEW = program(version=(2, 8, 81, 0))


def pinned(folder: Path, pins: dict[str, Pin] | None = None, *, accept: bool = False) -> dict[str, Pin]:
    return pinned_anew(examine(folder, pins or {}), pins or {}, accept=accept)


def states(folder: Path, pins: dict[str, Pin]) -> dict[str, State]:
    return {one.name: one.state for one in examine(folder, pins)}


def only(folder: Path, pins: dict[str, Pin]) -> Examined:
    (one,) = examine(folder, pins)
    return one


def test_a_new_file_is_pinned_by_its_contents_and_then_unchanged(folder: Path) -> None:
    (folder / "tvnserver.exe").write_bytes(OLD)
    assert only(folder, {}).state is State.NEW
    pins = pinned(folder)
    assert pins["tvnserver.exe"].sha256 == hashlib.sha256(OLD).hexdigest()
    assert (pins["tvnserver.exe"].version, pins["tvnserver.exe"].size) == ("2.8.27", len(OLD))
    assert only(folder, pins).state is State.PINNED


def test_a_changed_file_keeps_its_pin_until_it_is_accepted(folder: Path) -> None:
    (folder / "tvnserver.exe").write_bytes(OLD)
    pins = pinned(folder)
    (folder / "tvnserver.exe").write_bytes(NEW)
    found = examine(folder, pins)
    assert [one.state for one in found] == [State.CHANGED]
    assert not is_sound(found)
    assert not is_usable(found)
    assert pinned(folder, pins) == pins
    accepted = pinned(folder, pins, accept=True)
    assert accepted["tvnserver.exe"].version == "2.8.81"
    assert states(folder, accepted) == {"tvnserver.exe": State.PINNED}


def test_a_file_that_went_and_came_back_otherwise_is_changed_and_not_new(folder: Path) -> None:
    path = folder / "tvnserver.exe"
    path.write_bytes(OLD)
    pins = pinned(folder)
    path.unlink()
    assert states(folder, pins) == {"tvnserver.exe": State.GONE}
    pins = pinned(folder, pins)
    path.write_bytes(NEW)
    assert states(folder, pins) == {"tvnserver.exe": State.CHANGED}


def test_what_is_gone_is_forgotten_when_that_is_accepted(folder: Path) -> None:
    (folder / "tvnserver.exe").write_bytes(OLD)
    pins = pinned(folder)
    (folder / "tvnserver.exe").unlink()
    assert pinned(folder, pins, accept=True) == {}


@pytest.mark.parametrize("accept", [False, True])
def test_what_is_unknown_is_never_pinned(folder: Path, accept: bool) -> None:
    (folder / "setup.exe").write_bytes(OLD)
    (folder / "winvnc.exe").write_bytes(b"no program")
    (folder / "stunnel.exe").symlink_to("/etc/passwd")
    found = examine(folder, {})
    assert {one.state for one in found} == {State.OTHER}
    assert is_sound(found)
    assert pinned(folder, accept=accept) == {}


def test_a_pinned_file_that_became_a_link_has_changed(folder: Path) -> None:
    path = folder / "tvnserver.exe"
    path.write_bytes(OLD)
    pins = pinned(folder)
    path.rename(folder.parent / "elsewhere.exe")
    path.symlink_to(folder.parent / "elsewhere.exe")
    one = only(folder, pins)
    assert (one.state, one.why_not) == (State.CHANGED, "it is a symbolic link")
    assert pinned(folder, pins, accept=True) == {}


def test_names_that_windows_takes_for_one_are_one(folder: Path) -> None:
    (folder / "WinVNC.exe").write_bytes(OLD)
    (folder / "winvnc.exe").write_bytes(NEW)
    found = {one.name: one for one in examine(folder, {})}
    assert found["winvnc.exe"].why_not == "on Windows it has the same name as WinVNC.exe"
    assert set(pinned(folder)) == {"WinVNC.exe"}


def test_a_kit_has_so_many_files(folder: Path) -> None:
    small = program(version=None)
    for number in range(files.MAX_FILES + 1):
        (folder / f"libssl-{number:02}.dll").write_bytes(small)
    assert len(pinned(folder)) == files.MAX_FILES
    assert examine(folder, {})[-1].why_not.startswith("a kit has at most 32 files")


def test_a_kit_is_so_large(folder: Path) -> None:
    for number in range(3):
        with (folder / f"libssl-{number}.dll").open("wb") as file:
            file.write(program(version=None))
            file.truncate(files.MAX_FILE)
    assert len(pinned(folder)) == 2


def test_a_kit_without_a_server_helps_nobody(folder: Path) -> None:
    (folder / "screenhooks32.dll").write_bytes(OLD)
    assert not is_usable(examine(folder, pinned(folder)))
    (folder / "tvnserver.exe").write_bytes(OLD)
    assert not is_usable(examine(folder, {}))
    assert is_usable(examine(folder, pinned(folder)))
