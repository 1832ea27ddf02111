"""The units, read by systemd itself."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from reachback.parts import parts
from sessions.settings import SETTINGS, Settings

UNITS = Path(__file__).parents[3] / "systemd"
INSTALLED = "/opt/reachback/bin"
SERVICES = ("portal", "listener", "websockify")


def text_of(service: str) -> str:
    return (UNITS / f"reachback-{service}.service").read_text()


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """Copies of the units whose programs exist on this machine: systemd insists on that."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("python", "gunicorn", "reachback"):
        (programs / name).symlink_to("/bin/true")
    copies = []
    for unit in (*UNITS.glob("*.service"), *UNITS.glob("*.target")):
        copies.append(tmp_path / unit.name)
        copies[-1].write_text(unit.read_text().replace(INSTALLED, str(programs)))
    return copies


def complaints(units: list[Path]) -> list[str]:
    """What `systemd-analyze verify` says about our units; this machine's own units are not ours to mend."""
    command = ["systemd-analyze", "verify", "--man=no", *map(str, units)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    return [line for line in (verified.stdout + verified.stderr).splitlines() if "reachback" in line]


@pytest.mark.integration
def test_systemd_has_no_complaint(units: list[Path]) -> None:
    assert len(units) == 5
    assert complaints(units) == []


@pytest.mark.integration
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("RestartSec=2", "RestartSeconds=2"),
        ("RestrictAddressFamilies=", "RestrictAddressFamilies=AF_TELEPATHY "),
        ("reachback-migrate.service", "reachback-migrat.service"),
        ("/bin/python", "/bin/pyhton"),
    ],
)
def test_a_planted_mistake_is_complained_about(units: list[Path], right: str, wrong: str) -> None:
    listener = next(unit for unit in units if unit.name == "reachback-listener.service")
    listener.write_text(listener.read_text().replace(right, wrong))
    assert complaints(units)


@pytest.mark.parametrize("service", SERVICES)
def test_a_unit_starts_what_reachback_up_starts(service: str) -> None:
    part = next(part for part in parts(Settings.from_env({})) if part.name == service)
    unit = text_of(service).replace("\\\n", " ").replace("${REACHBACK_HTTP}", "127.0.0.1:8080")
    found = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert found
    started = found[1].replace(f"{INSTALLED}/gunicorn", "python -m gunicorn").split()
    assert started[1:] == list(part.command[1:])


@pytest.mark.parametrize("service", [*SERVICES, "migrate"])
def test_a_service_keeps_its_hands_off_the_system(service: str) -> None:
    unit = text_of(service).splitlines()
    wanted = {
        "User=reachback",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "PrivateTmp=yes",
        "CapabilityBoundingSet=",
    }
    assert wanted <= set(unit)
    assert "EnvironmentFile=-/etc/reachback/reachback.env" in unit


def test_the_example_of_the_environment_names_every_setting_and_no_other() -> None:
    example = (UNITS / "reachback.env.example").read_text()
    assert re.findall(r"^#(REACHBACK_\w+)=", example, re.MULTILINE) == [setting.name for setting in SETTINGS]
    assert not re.search(r"^[^#\n]", example, re.MULTILINE), "every line of the example shows a default"
