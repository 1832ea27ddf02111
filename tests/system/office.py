"""What runs on a machine once the package is installed, and how scripts and people reach it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.journey.computers import X11vnc
from tests.journey.programs import Programs
from tests.processes import Api, wait_until
from tests.system.machine import Machine
from tests.system.watching import PATIENCE, Watching

URL = "http://127.0.0.1:8080"
CALLS = 5500
ADMIN = "anna"
PARTS = ("reachback-portal", "reachback-listener", "reachback-websockify")


@dataclass(frozen=True)
class Call:
    """A customer's computer that is held, and a technician who watches it."""

    session: dict[str, Any] = field(repr=False)
    computer: X11vnc
    seat: Watching

    def shows(self, colour: str) -> None:
        """What changes on the customer's screen is seen."""
        before = self.seat.pictures
        self.computer.paint(colour)
        wait_until(lambda: self.seat.pictures > before or not self.seat.is_seated, PATIENCE, f"{colour} is seen")
        assert self.seat.is_seated, f"the seat was closed: {self.seat.viewer.closing}"


@dataclass(frozen=True)
class Office:
    """The installation on `machine`, with one admin."""

    machine: Machine
    password: str = field(repr=False)
    api: Api = field(repr=False)

    @property
    def url(self) -> str:
        return URL

    @classmethod
    def on(cls, machine: Machine, package: Path) -> Office:
        """Install the package and make an admin, as docs/install.md tells."""
        machine.install(package)
        password = machine.run("reachback", "technician", "add", ADMIN, "--role", "admin").splitlines()[-1]
        token = machine.run("reachback", "token", ADMIN).splitlines()[-1]
        return cls(machine, password, Api(URL, token))

    @contextmanager
    def call(self, programs: Programs, customer: str) -> Iterator[Call]:
        """A session, a customer's computer that has dialled, and a seat that has its first picture."""
        new = self.api("POST", "/api/sessions", {"customer": customer}).body
        computer = X11vnc(programs, customer, code=new["code"])
        computer.dial(CALLS)
        wait_until(lambda: self.held(new["id"]), PATIENCE, f"{customer} is held")
        seat = Watching(self.websocket(new["id"]))
        try:
            wait_until(lambda: seat.pictures, PATIENCE, "the first picture comes")
            yield Call(new, computer, seat)
        finally:
            seat.leave()
            self.api("DELETE", f"/api/sessions/{new['id']}")

    def held(self, session: str) -> dict[str, Any] | None:
        """The session's call, if it has one."""
        found: dict[str, Any] | None = self.api("GET", f"/api/sessions/{session}").body["call"]
        return found

    def call_number(self, call: Call) -> int:
        """Which call the register says the session has: a customer who dials again has another."""
        found = self.held(call.session["id"])
        assert found
        return int(found["id"])

    def websocket(self, session: str) -> str:
        """A fresh ticket to watch, as the address a browser is given."""
        answer = self.api("POST", f"/api/sessions/{session}/tickets", {"mode": "watch"})
        assert answer.status == 201, answer
        return str(answer.body["websocket_url"])

    def main_pid(self, part: str) -> int:
        """The process that is a part now, as the machine numbers it."""
        return int(self.machine.shown(part, "MainPID"))
