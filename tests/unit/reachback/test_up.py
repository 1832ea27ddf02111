"""`reachback up`, started as a person starts it, with the real parts."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reachback import doctor
from reachback.health import failing_parts
from reachback.ports import is_listening
from reachback.register import opened
from sessions.settings import Settings
from sessions.technicians import TechnicianRegister

REACHBACK = Path(sys.executable).parent / "reachback"

pytestmark = pytest.mark.integration


class Running:
    """One `reachback up` and what it has printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []

    def read_until(self, words: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if words in line:
                return
        pytest.fail("\n".join(["it ended without saying: " + words, *self.lines]))

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        self.lines += self.process.communicate(timeout=30)[0].splitlines()
        return self.process.returncode

    def parts(self) -> list[Path]:
        """The parts' folders in /proc: below us is honcho, one process for each part, and below that the part."""
        return [part for between in children(Path(f"/proc/{self.process.pid}")) for part in children(between)]


def children(process: Path) -> list[Path]:
    return [Path("/proc") / pid for pid in (process / "task" / process.name / "children").read_text().split()]


@contextmanager
def up(environ: dict[str, str]) -> Iterator[Running]:
    with subprocess.Popen(
        [REACHBACK, "up"],
        env={"PATH": os.environ["PATH"], **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield Running(process)
        finally:
            process.terminate()


def password_in(lines: list[str]) -> str:
    (found,) = (line.split()[-1] for line in lines if re.match(r"\s+password\s", line))
    return found


def test_everything_starts_tells_where_and_stops(environ: dict[str, str], settings: Settings) -> None:
    with up(environ) as running:
        running.read_until("websockify       ws://")
        assert f"    technicians      {settings.public_url}/sign-in" in running.lines
        assert failing_parts(settings.http) == []
        assert len(running.parts()) == 3
        assert [f"{finding}" for finding in doctor.examine(settings) if not finding.well] == []
        assert running.stop() == 0
    assert running.lines[-1] == "Reachback has stopped."
    assert not any(is_listening(address.port) for address in (settings.http, settings.websocket, *settings.listen))


def test_the_first_technician_is_told_once_to_the_terminal_only(environ: dict[str, str], settings: Settings) -> None:
    with up(environ) as running:
        running.read_until("Reachback is ready")
        password = password_in(running.lines)
        environments = [(part / "environ").read_bytes() for part in running.parts()]
        assert len(environments) == 3
        assert not any(password.encode() in one for one in environments)
        running.stop()
    assert sum(password in line for line in running.lines) == 1
    with opened(settings.database_url) as engine:
        technician = TechnicianRegister(engine).check_password("admin", password)
    assert technician is not None
    assert technician.role == "admin"

    with up(environ) as again:
        again.read_until("Reachback is ready")
        again.stop()
    assert not [line for line in again.lines if "password" in line]


def test_a_part_that_dies_stops_the_rest_and_is_named(environ: dict[str, str], settings: Settings) -> None:
    with up(environ) as running:
        running.read_until("Reachback is ready")
        victim = next(part for part in running.parts() if b"reverse_listener" in (part / "cmdline").read_bytes())
        os.kill(int(victim.name), signal.SIGKILL)
        running.read_until("listener ended by itself with signal SIGKILL")
        assert running.process.wait(timeout=30) == 1
    assert not any(is_listening(address.port) for address in (settings.http, settings.websocket))


def test_a_signal_while_it_starts_stops_it_as_well(environ: dict[str, str], settings: Settings) -> None:
    with up(environ) as running:
        running.read_until("portal     |")
        assert running.stop(signal.SIGTERM) == 0
    assert not is_listening(settings.http.port)


def test_an_answer_that_is_no_portals_counts_as_none(settings: Settings) -> None:
    assert failing_parts(settings.http) is None
    with subprocess.Popen(
        [sys.executable, "-m", "http.server", "--bind", settings.http.host, str(settings.http.port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as other:
        try:
            while not is_listening(settings.http.port):
                assert other.poll() is None
            assert failing_parts(settings.http) is None
            assert not doctor.health(settings.http).well
        finally:
            other.terminate()
