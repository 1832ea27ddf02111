from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from reachback import doctor, files_check
from reachback.parts import parts
from reachback.register import opened
from sessions.database import upgrade
from sessions.settings import Settings
from sessions.technicians import TechnicianRegister

Occupy = Callable[[int], socket.socket]


@pytest.fixture
def novnc(tmp_path: Path) -> Path:
    """What the doctor looks for of noVNC."""
    for name in doctor.NOVNC_FILES:
        (tmp_path / "noVNC" / name).mkdir(parents=True)
    return tmp_path / "noVNC"


@pytest.fixture
def installed(settings: Settings) -> Settings:
    """An installation that has been started once."""
    with opened(settings.database_url) as engine:
        upgrade(engine)
        TechnicianRegister(engine).add("ada", "admin", "long enough a password")
    settings.secret_key()
    return settings


def complaints(settings: Settings, novnc: Path) -> list[str]:
    return [str(finding) for finding in doctor.examine(settings, novnc) if not finding.well]


def test_a_sound_installation_has_no_complaint(installed: Settings, novnc: Path) -> None:
    findings = list(doctor.examine(installed, novnc))
    assert [str(finding) for finding in findings if not finding.well] == []
    assert [finding.name for finding in findings] == [
        "settings",
        "state-dir",
        "disk",
        "secret-key",
        "schema",
        "people",
        "clock",
        "listeners",
        "viewer",
        "kit",
        "ports",
        "ports",
        "ports",
    ]


def test_an_untouched_machine_lacks_a_database_and_stays_untouched(settings: Settings, novnc: Path) -> None:
    assert complaints(settings, novnc) == [
        "✘ there is no database yet: run `reachback db upgrade` (`reachback up` does it by itself)"
    ]
    assert not settings.state_dir.exists()


def test_a_state_directory_that_takes_no_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "in_the_way").touch()
    (finding,) = files_check.state_dir(tmp_path / "in_the_way" / "state")
    assert not finding.well
    assert "REACHBACK_STATE_DIR" in finding.cure


def test_a_key_that_others_can_read_is_told(installed: Settings, novnc: Path) -> None:
    key = installed.state_dir / "secret_key"
    key.chmod(0o640)
    assert complaints(installed, novnc) == [f"✘ others can read {key}: chmod 600 {key}"]


def test_a_database_of_another_version_names_the_cure(installed: Settings, novnc: Path) -> None:
    engine = create_engine(installed.database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    engine.dispose()
    (complaint,) = complaints(installed, novnc)
    assert "reachback db upgrade" in complaint


def test_a_file_that_is_no_database_is_told(settings: Settings, novnc: Path) -> None:
    settings.state_dir.mkdir(mode=0o700)
    (settings.state_dir / "reachback.db").write_text("no database at all, whatever its name says\n" * 50)
    (complaint,) = complaints(settings, novnc)
    assert complaint == "✘ the database does not answer (DatabaseError): check REACHBACK_DATABASE_URL"


def test_a_driver_that_is_not_installed_is_told_without_the_urls_password(settings: Settings, novnc: Path) -> None:
    elsewhere = replace(settings, database_url="mysql+nosuchdriver://reachback:hunter2@db.example.org/reachback")
    (finding,) = [one for one in doctor.examine(elsewhere, novnc) if one.name == "database"]
    assert not finding.well
    assert "hunter2" not in str(finding)


def test_an_installation_that_nobody_can_sign_in_to_is_told(settings: Settings, novnc: Path) -> None:
    with opened(settings.database_url) as engine:
        upgrade(engine)
    (complaint,) = complaints(settings, novnc)
    assert complaint.startswith("✘ nobody can sign in: run `reachback technician add")


def test_missing_viewer_files_are_told(installed: Settings, novnc: Path) -> None:
    (novnc / "src").rmdir()
    (complaint,) = complaints(installed, novnc)
    assert "src missing" in complaint
    assert "npm ci" in complaint


def test_a_port_that_another_program_holds_is_told_with_its_setting(
    installed: Settings, novnc: Path, occupied: Occupy
) -> None:
    occupied(installed.websocket.port)
    complaint = next(one for one in complaints(installed, novnc) if "websockify" in one)
    assert complaint.startswith(f"✘ websockify cannot listen on {installed.websocket}")
    assert "REACHBACK_WEBSOCKET" in complaint


def test_a_part_that_runs_is_no_complaint(installed: Settings, occupied: Occupy) -> None:
    occupied(installed.http.port)
    here = replace(parts(installed)[0], command=(Path("/proc/self/cmdline").read_text().split("\0")[0],))
    assert doctor.port(here, installed.http).words == f"portal listens on {installed.http}"
