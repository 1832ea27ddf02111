"""One whole installation, started by `reachback up` as people start it, and what it told them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sessions.database import open_engine
from sessions.settings import Settings
from sessions.technicians import TechnicianRegister
from sessions.tickets import TicketRegister
from sessions.views import TechnicianView
from tests.journey.programs import Programs
from tests.processes import Api, Process, free_ports, wait_until

READY = "Reachback is ready."
READY_SECONDS = 40.0
STOP_SECONDS = 20.0
ADMIN = "admin"
REACHBACK = str(Path(sys.executable).with_name("reachback"))


@dataclass(frozen=True)
class House:
    """A running installation: how to reach it, and the first technician's password that it printed."""

    settings: Settings
    process: Process
    password: str = field(repr=False)
    api: Api = field(repr=False)
    environ: dict[str, str]

    @property
    def url(self) -> str:
        return self.settings.public_url

    @property
    def port(self) -> int:
        """Where customers' calls arrive."""
        return self.settings.listen[0].port

    def parts_log(self) -> str:
        """Everything that the parts logged, without what was told to the person at the terminal."""
        return "\n".join(line for line in self.process.log.splitlines() if " | " in line)

    def session(self, customer: str) -> dict[str, object]:
        """The newest living session of a customer, as the API describes it."""
        return next(one for one in self.api("GET", "/api/sessions").body if one["customer"] == customer)

    def end_all(self) -> None:
        """End every living session, so that the next test starts with an empty board."""
        for session in self.api("GET", "/api/sessions").body:
            self.api("DELETE", f"/api/sessions/{session['id']}")
        wait_until(lambda: self.api("GET", "/api/calls?parked=true").body == [], what="no call is parked")

    def add_technician(self, name: str) -> str:
        """One more technician; answers the password that was made."""
        return self.told("technician", "add", name)

    def told(self, *command: str) -> str:
        """What the command `reachback ...` prints."""
        return _told(self.environ, *command)

    @contextmanager
    def tickets(self, **given: object) -> Iterator[tuple[TicketRegister, TechnicianView]]:
        """The register of tickets and the first technician, over the running installation's database."""
        engine = open_engine(self.settings.database_url)
        try:
            admin = TechnicianRegister(engine).by_name(ADMIN)
            assert admin
            yield TicketRegister(engine, **given), admin
        finally:
            engine.dispose()


@contextmanager
def house_in(folder: Path, **settings: str) -> Iterator[House]:
    """A new installation in `folder`, up for the length of a `with` block; asked to stop as by Ctrl-C."""
    environ = _environ(folder) | settings
    programs = Programs(folder)
    try:
        process = programs.start("reachback", REACHBACK, "up", **environ)
        wait_until(lambda: READY in process.log or not process.is_running, READY_SECONDS, "the house is ready")
        assert process.is_running, process.log
        yield _house(Settings.from_env(environ), process, environ)
        process.popen.send_signal(signal.SIGINT)
        assert process.wait(STOP_SECONDS) == 0, process.log
    finally:
        programs.close()


def _environ(folder: Path) -> dict[str, str]:
    http, websocket, listen = free_ports(3)
    return {
        "REACHBACK_STATE_DIR": str(folder / "state"),
        "REACHBACK_HTTP": f"127.0.0.1:{http}",
        "REACHBACK_WEBSOCKET": f"127.0.0.1:{websocket}",
        "REACHBACK_LISTEN": f"127.0.0.1:{listen}",
    }


def _house(settings: Settings, process: Process, environ: dict[str, str]) -> House:
    printed = re.search(r"^ +password +(\S+)$", process.log, re.MULTILINE)
    assert printed, process.log
    return House(settings, process, printed[1], Api(settings.public_url, _told(environ, "token", ADMIN)), environ)


def _told(environ: dict[str, str], *command: str) -> str:
    """What the command `reachback ...` prints."""
    ran = subprocess.run(
        (REACHBACK, *command), env=os.environ | environ, capture_output=True, text=True, check=True, timeout=30
    )
    return ran.stdout.strip()
