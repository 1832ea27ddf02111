"""What systemd keeps open, and for whom."""

from __future__ import annotations

import json

import pytest

from reachback.socket_units import activated, commands_behind

LISTING = json.dumps(
    [
        {"listen": "0.0.0.0:5500", "unit": "reachback-listener.socket", "activates": "reachback-listener.service"},
        {"listen": "[::]:15500", "unit": "other.socket", "activates": "other.service"},
        {"listen": "/run/dbus/system_bus_socket", "unit": "dbus.socket", "activates": "dbus.service"},
    ]
)


@pytest.mark.parametrize(
    ("port", "units"), [(5500, ["reachback-listener.service"]), (15500, ["other.service"]), (80, [])]
)
def test_the_units_of_a_port(port: int, units: list[str]) -> None:
    assert activated(LISTING, port) == units


@pytest.mark.parametrize("listing", ["", "Failed to connect to bus", "{}", "[1]", '[{"listen": "0.0.0.0:5500"}]'])
def test_without_systemd_nobody_is_behind_a_port(listing: str) -> None:
    assert activated(listing, 5500) == []


def test_a_machine_without_systemctl_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert commands_behind(5500) == []
