from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reachback import call_checks, doctor
from reachback.certificates import Use, examine
from reachback.findings import Finding
from reachback.parts import parts
from sessions.settings import CertFiles, Settings
from tests.fakes.certificates import write_certificate
from tests.processes import free_ports

NOW = datetime.now(UTC)
USE = Use("calls", "calls cannot be encrypted", "REACHBACK_CALL_TLS_CERT", None)
Occupy = Callable[[int], socket.socket]


def certificate(files: CertFiles, now: datetime, name: str | None = None) -> Finding:
    """The last of what is found: about the name where that is wrong, else about the days."""
    return list(examine(files, replace(USE, name=name), now))[-1]


@pytest.fixture
def files(tmp_path: Path) -> CertFiles:
    return CertFiles(*write_certificate(tmp_path))


def test_a_certificate_that_lasts_is_well(files: CertFiles) -> None:
    finding = certificate(files, NOW - timedelta(days=30))
    assert finding.well
    assert f"{NOW + timedelta(days=1):%Y-%m-%d}" in finding.words


@pytest.mark.parametrize(("days", "words"), [(0, "only"), (2, "was valid until")])
def test_one_that_ends_soon_or_has_ended_is_told_with_its_day(files: CertFiles, days: int, words: str) -> None:
    finding = certificate(files, NOW + timedelta(days=days))
    assert not finding.well
    assert words in finding.words
    assert "renew" in finding.cure


def test_files_that_do_not_fit_are_told(files: CertFiles, tmp_path: Path) -> None:
    _, other_key = write_certificate(tmp_path, "other")
    gone = tmp_path / "none"
    for wrong in (replace(files, key=other_key), replace(files, cert=gone), replace(files, cert=files.key)):
        finding = certificate(wrong, NOW)
        assert not finding.well
        assert "REACHBACK_CALL_TLS_CERT" in finding.cure


def test_a_session_port_that_another_program_holds_is_told(settings: Settings, occupied: Occupy) -> None:
    _, listener, _ = parts(settings)
    free, taken = free_ports(2)
    assert call_checks.session_ports((free,), listener).well
    occupied(taken)
    finding = call_checks.session_ports((free, taken), listener)
    assert not finding.well
    assert f"({taken})" in finding.words
    assert "REACHBACK_SESSION_PORTS" in finding.cure


def test_the_doctor_tells_of_both(settings: Settings, files: CertFiles) -> None:
    (port,) = free_ports(1)
    told = replace(settings, call_tls=files, session_ports=(port,))
    words = " ".join(str(finding) for finding in doctor.examine(told))
    assert "certificate" in words
    assert f"session ports {port}" in words


@pytest.mark.parametrize("name", ["calls.example.org", "123456789.calls.example.org", "CALLS.example.org"])
def test_a_certificate_that_is_made_out_to_the_name_is_well(files: CertFiles, name: str) -> None:
    assert certificate(files, NOW - timedelta(days=30), name).well


@pytest.mark.parametrize("name", ["example.org", "a.b.calls.example.org", "192.0.2.1", "calls.example.net"])
def test_one_that_is_made_out_to_another_names_both(files: CertFiles, name: str) -> None:
    finding = certificate(files, NOW - timedelta(days=30), name)
    assert f"is not made out to {name} (*.calls.example.org, calls.example.org)" in finding.words
    assert name in finding.cure
