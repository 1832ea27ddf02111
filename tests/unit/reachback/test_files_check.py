from __future__ import annotations

import os
from pathlib import Path

import pytest

from reachback import files_check
from reachback.findings import Status
from sessions.settings import MEGABYTE


@pytest.mark.parametrize(("megabytes", "status"), [(99, Status.PROBLEM), (999, Status.WARNING), (1000, Status.OK)])
def test_room_on_the_disk(tmp_path: Path, megabytes: int, status: Status) -> None:
    finding = files_check.room(tmp_path, megabytes * MEGABYTE)
    assert finding.status is status
    assert f"{megabytes} MB left" in finding.words
    assert str(tmp_path) in finding.cure or status is Status.OK


def test_the_disk_of_a_folder_that_is_not_made_yet_is_its_parents(tmp_path: Path) -> None:
    assert "MB left" in files_check.disk(tmp_path / "not" / "yet").words


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_another_user_owns_in_the_state_directory_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    os.chown(tmp_path, 65534, -1)
    (tmp_path / "reachback.db").touch()
    (finding,) = files_check.state_dir(tmp_path)
    assert "reachback.db" in finding.words
    assert finding.cure == f"chown -R {files_check.user_name(65534)}: {tmp_path}"


@pytest.mark.parametrize(
    ("text", "mode", "words", "cure"),
    [
        (None, 0o600, "cannot be read", "correct REACHBACK_X"),
        (" \n", 0o600, "is empty", "put the secret into it"),
        ("secret", 0o604, "everybody on this machine can read", "chmod o= "),
    ],
)
def test_a_secrets_file(tmp_path: Path, text: str | None, mode: int, words: str, cure: str) -> None:
    file = tmp_path / "secret"
    if text is not None:
        file.write_text(text)
        file.chmod(mode)
    finding = files_check.secret_file(file, "the secret", "REACHBACK_X")
    assert words in finding.words
    assert cure in finding.cure


def test_a_secret_that_only_its_group_reads_is_well(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hush")
    (tmp_path / "secret").chmod(0o640)
    assert files_check.secret_file(tmp_path / "secret", "the secret", "REACHBACK_X").well


def test_only_a_whole_key_is_one(tmp_path: Path) -> None:
    file = tmp_path / "key"
    assert files_check.key_in(file) is None
    file.write_bytes(b"short")
    assert files_check.key_in(file) is None
    file.write_bytes(b"k" * 32)
    assert files_check.key_in(file) == b"k" * 32


def test_a_user_without_a_name_is_told_by_number() -> None:
    assert files_check.user_name(4_000_000) == "4000000"
