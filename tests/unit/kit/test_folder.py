from __future__ import annotations

import os
from pathlib import Path

import pytest

from kit import folder as files
from kit.errors import KitError, Unfit

PLAIN = ["tvnserver.exe", "a", "libcrypto-1_1.dll", "LICENSE", "x" * 64]
OTHER = [
    "",
    ".",
    "..",
    ".hidden",
    "a/b",
    "../a",
    "/etc/passwd",
    "a\\b",
    "C:a",
    "a.",
    "a b",
    "ü",
    "a\n",
    "a\0b",
    "x" * 65,
]


@pytest.mark.parametrize("name", PLAIN)
def test_plain_names(name: str) -> None:
    assert files.is_plain(name)


@pytest.mark.parametrize("name", OTHER)
def test_a_name_that_is_a_path_or_means_something_else_elsewhere_is_refused(folder: Path, name: str) -> None:
    assert not files.is_plain(name)
    for look in (files.read, files.stamp):
        with pytest.raises(Unfit, match="its name"):
            look(folder, name)


def test_a_file_is_read_whole(folder: Path) -> None:
    (folder / "a").write_bytes(b"contents")
    stamp, data = files.read(folder, "a")
    assert data == b"contents"
    assert stamp == files.stamp(folder, "a")


@pytest.mark.parametrize("inside", [True, False])
def test_no_symbolic_link_is_followed(folder: Path, inside: bool) -> None:
    target = (folder if inside else folder.parent) / "target"
    target.write_bytes(b"secret")
    (folder / "a").symlink_to(target)
    for look in (files.read, files.stamp):
        with pytest.raises(Unfit, match="symbolic link"):
            look(folder, "a")


def test_nobody_waits_for_a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "a")
    with pytest.raises(Unfit, match="no regular file"):
        files.read(folder, "a")


def test_a_folder_is_no_file(folder: Path) -> None:
    (folder / "a").mkdir()
    with pytest.raises(Unfit, match="no regular file"):
        files.read(folder, "a")


def test_what_is_gone_is_told(folder: Path) -> None:
    with pytest.raises(Unfit, match="No such file"):
        files.read(folder, "a")


@pytest.mark.parametrize(("more", "fits"), [(0, True), (1, False)])
def test_a_file_has_a_limit(folder: Path, more: int, fits: bool) -> None:
    with (folder / "a").open("wb") as file:
        file.truncate(files.MAX_FILE + more)
    if fits:
        assert len(files.read(folder, "a")[1]) == files.MAX_FILE
    else:
        with pytest.raises(Unfit, match="larger than 12 MiB"):
            files.read(folder, "a")


def test_other_contents_have_another_stamp_though_size_and_time_of_writing_are_put_back(folder: Path) -> None:
    path = folder / "a"
    path.write_bytes(b"good")
    before, written = files.stamp(folder, "a"), path.stat().st_mtime_ns
    while path.stat().st_ctime_ns == before.changed:  # the file system's clock moves in steps of a few milliseconds
        path.write_bytes(b"evil")
        os.utime(path, ns=(written, written))
    after = files.stamp(folder, "a")
    assert (after.size, after.written, after.inode) == (before.size, before.written, before.inode)
    assert after != before


def test_no_folder_is_an_empty_one(tmp_path: Path) -> None:
    assert files.entries(tmp_path / "nowhere") == []


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KitError, match="REACHBACK_KIT_DIR"):
        files.entries(tmp_path / "file")


def test_somebodys_downloads_are_no_kit(folder: Path) -> None:
    for number in range(files.MAX_ENTRIES + 1):
        (folder / str(number)).touch()
    with pytest.raises(KitError, match="a folder of its own"):
        files.entries(folder)
