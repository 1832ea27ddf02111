"""The units, read by systemd itself."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from reachback.parts import parts
from sessions.settings import CREDENTIALS, SETTINGS, Settings

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
    for unit in (*UNITS.glob("*.service"), *UNITS.glob("*.socket"), *UNITS.glob("*.target")):
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
    assert len(units) == 8
    assert complaints(units) == []


@pytest.mark.integration
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("RestartSec=2", "RestartSeconds=2"),
        ("RestrictAddressFamilies=", "RestrictAddressFamilies=AF_TELEPATHY "),
        ("reachback-listener.socket", "reachback-listner.socket"),
        ("/bin/python", "/bin/pyhton"),
    ],
)
def test_a_planted_mistake_is_complained_about(units: list[Path], right: str, wrong: str) -> None:
    listener = next(unit for unit in units if unit.name == "reachback-listener.service")
    listener.write_text(listener.read_text().replace(right, wrong))
    assert complaints(units)


@pytest.mark.parametrize("unit", sorted(UNITS.glob("reachback*.*")), ids=lambda unit: unit.name)
def test_a_unit_names_only_units_that_there_are(unit: Path) -> None:
    named = set(re.findall(r"reachback[-a-z]*\.(?:service|socket|target)\b", unit.read_text()))
    assert {name for name in named if not (UNITS / name).exists()} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_unit_starts_what_reachback_up_starts(service: str) -> None:
    part = next(part for part in parts(Settings.from_env({})) if part.name == service)
    found = re.search(r"^ExecStart=(.*)$", text_of(service), re.MULTILINE)
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


@pytest.mark.integration
@pytest.mark.parametrize("service", [*SERVICES, "migrate"])
def test_a_service_is_fenced_in(service: str) -> None:
    unit = UNITS / f"reachback-{service}.service"
    command = ["systemd-analyze", "security", "--offline=yes", "--json=short", "--threshold=15", str(unit)]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)
    exposed = [one["description"] for one in json.loads(judged.stdout) if not one["set"] and one["exposure"]]
    assert judged.returncode == 0, exposed


@pytest.mark.parametrize("service", SERVICES)
def test_a_part_with_sockets_tells_how_it_is_and_is_bounded(service: str) -> None:
    unit = text_of(service)
    assert f"Requires=reachback-{service}.socket" in unit
    for wanted in ("Type=notify", "WatchdogSec", "ExecReload", "LimitNOFILE", "TasksMax", "MemoryHigh", "MemoryMax"):
        assert re.search(rf"^{wanted}", unit, re.MULTILINE), wanted


@pytest.mark.parametrize("service", SERVICES)
def test_a_socket_lies_where_the_settings_have_it_by_default(service: str) -> None:
    part = next(part for part in parts(Settings.from_env({})) if part.name == service)
    socket = (UNITS / f"reachback-{service}.socket").read_text()
    assert re.findall(r"^ListenStream=(.*)$", socket, re.MULTILINE) == [str(address) for address in part.addresses]


@pytest.mark.parametrize("service", [*SERVICES, "migrate"])
def test_every_secret_that_a_setting_may_be_is_loaded(service: str) -> None:
    assert re.findall(r"^LoadCredential=(.*)$", text_of(service), re.MULTILINE) == list(CREDENTIALS.values())


def test_the_example_of_the_environment_names_every_setting_and_no_other() -> None:
    example = (UNITS / "reachback.env.example").read_text()
    assert re.findall(r"^#(REACHBACK_\w+)=", example, re.MULTILINE) == [setting.name for setting in SETTINGS]
    assert not re.search(r"^[^#\n]", example, re.MULTILINE), "every line of the example shows a default"
