from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from reachback import recordings_check
from reachback.cli import main
from reachback.register import opened
from sessions.call_values import Arrival
from sessions.calls import CallRegister
from sessions.database import upgrade
from sessions.matching import Claims, MatchedBy, Said
from sessions.recordings import Ending, RecordingRegister
from sessions.register import SessionRegister
from sessions.settings import Recordings, Settings
from sessions.technicians import TechnicianRegister
from sessions.vault import Vault
from tests.unit.recordings.made import small_file


@pytest.fixture
def limits(tmp_path: Path) -> Recordings:
    return Recordings("always", tmp_path / "recordings", 90, 10**9, 0)


def findings(limits: Recordings) -> list[str]:
    return [str(one) for one in recordings_check.examine(limits)]


def test_where_nothing_is_recorded_nothing_is_said(limits: Recordings) -> None:
    assert findings(replace(limits, policy="off")) == []


def test_a_folder_that_can_be_made_and_one_that_is_there(limits: Recordings) -> None:
    assert findings(limits)[0] == f"✔ recordings' folder {limits.folder} can be made"
    limits.folder.mkdir(mode=0o700)
    first, room = findings(limits)
    assert first == f"✔ recordings' folder {limits.folder} can be written"
    assert room.startswith("✔ the disk of the recordings has ")


def test_a_folder_that_others_can_read_is_told(limits: Recordings) -> None:
    limits.folder.mkdir()
    limits.folder.chmod(0o755)
    assert findings(limits)[0].endswith(f": chmod 700 {limits.folder}")


def test_what_is_no_folder_is_told(limits: Recordings) -> None:
    limits.folder.write_text("in the way")
    (only,) = findings(limits)
    assert only.startswith("✘")
    assert "REACHBACK_RECORDINGS_DIR" in only


def test_a_full_disk_is_told(limits: Recordings) -> None:
    _folder, room = findings(replace(limits, free=10**18))
    assert room.startswith("✘")
    assert "nothing is recorded" in room


def checked(file: Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["recordings", "check", str(file)])
    return result.exit_code, result.output


def test_a_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "one.rbrec"
    file.write_bytes(small_file())
    status, said = checked(file)
    assert status == 0
    assert said.startswith("✔ whole. the session ended\n0:00:05 of Büro-PC, begun 2026-03-01T09:30:00+00:00\n")
    assert "610 bytes of pictures, 2 refresh points, 1 gaps" in said
    assert hashlib.sha256(small_file()).hexdigest() in said


def test_a_torn_a_damaged_and_a_foreign_file(tmp_path: Path) -> None:
    file = tmp_path / "one.rbrec"
    for data, said in (
        (small_file()[:-3], "not whole"),
        (small_file() + b"more than a heading", "damaged: Something follows"),
        (b"GIF89a", "This is no recording"),
    ):
        file.write_bytes(data)
        status, told = checked(file)
        assert status == 1
        assert said in told


def test_what_a_file_says_cannot_steer_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "one.rbrec"
    file.write_bytes(small_file().replace("Büro-PC".encode(), b"\\u001b[2J", 1))
    assert "\x1b" not in checked(file)[1]


def record_twice(engine: Engine) -> None:
    """Two recordings of a session's call, of which the newer one was deleted."""
    who = TechnicianRegister(engine).add("ida", "admin", password=None, openid_email="ida@example.org").technician
    new = SessionRegister(engine, vault=Vault(b"k" * 32)).create(by=who, customer="Huber\x1b[2J")
    calls, recordings = CallRegister(engine), RecordingRegister(engine, policy="always")
    claims = Claims("198.51.100.7", (Said(MatchedBy.ID, new.code),))
    call_id = calls.arrived(Arrival(claims, "KASSE-1", 1024, 768)).call_id
    calls.hold(call_id, 40001)
    made = [recordings.begin(call_id) for _each in range(2)]
    for one in made:
        assert one
        recordings.finish(one.id, Ending(2_500_000, 61_000, "ab" * 32, "The call was over."))
    recordings.delete(2, who)


def test_the_list(settings: Settings, environ: dict[str, str]) -> None:
    with opened(settings.database_url) as engine:
        upgrade(engine)
        record_twice(engine)
    kept = CliRunner(env=environ).invoke(main, ["recordings", "list"])
    assert kept.exit_code == 0, kept.output
    head, row = kept.output.splitlines()
    assert head.split()[:2] == ["ID", "BEGUN"]
    assert row.split()[3:6] == ["0:01:01", "2.5", "done"]
    assert row.endswith("KASSE-1   Huber[2J")
    everything = CliRunner(env=environ).invoke(main, ["recordings", "list", "--deleted"])
    assert len(everything.output.splitlines()) == 3
