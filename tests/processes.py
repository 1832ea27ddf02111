"""Real processes of one installation, on free ports, for tests.

`Installation.make(folder)` prepares a state directory with a database of this version and one admin; it starts
nothing. `start_listener()`, `start_websockify()`, `start_portal()` and `start_stock_websockify()` start each part
alone, wait until it listens and answer a `Process` with its log. `close()` ends whatever is left. `wait_until` is how
tests wait.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import psutil
from sqlalchemy import Engine, text

from reachback.parts import parts
from reachback.ports import is_listening
from sessions.api_tokens import ApiTokenRegister
from sessions.calls import CallRegister
from sessions.database import open_engine, upgrade
from sessions.register import SessionRegister
from sessions.seats import SeatRegister
from sessions.settings import Settings
from sessions.technicians import TechnicianRegister
from sessions.tickets import TicketRegister
from sessions.views import NewSession, SessionView, TechnicianView

Seen = TypeVar("Seen")

START_SECONDS = 20.0
POLL_SECONDS = 0.01
ADMIN = "anna"
ADMIN_PASSWORD = "correct horse battery"
# Below the range the kernel takes ports for outgoing connections from: nothing slips into a port between two starts.
PORTS = range(20_000, 32_000)


def wait_until(condition: Callable[[], Seen], seconds: float = 10.0, what: str = "") -> Seen:
    """Ask `condition` until it answers something true, and answer that; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        seen = condition()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or condition}; last seen: {seen!r}")
        time.sleep(POLL_SECONDS)


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Ports that nothing listens on now and that no outgoing connection will be given."""
    found: list[int] = []
    while len(found) < count:
        port = random.choice(PORTS)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with contextlib.suppress(OSError), socket.create_server((host, port), family=family):
            found.append(port)
    return found


@dataclass
class Process:
    """One running program and everything it has said."""

    name: str
    popen: subprocess.Popen[bytes]
    log_file: Path

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    def terminate(self, seconds: float = 10.0) -> int:
        """Ask it to stop, as systemd does; answers its exit status."""
        self.popen.terminate()
        return self.popen.wait(seconds)

    def kill(self) -> None:
        """kill -9 this one process; its children live on."""
        self.popen.kill()
        self.popen.wait(10)

    def wait(self, seconds: float = 10.0) -> int:
        """Its exit status, once it ends by itself."""
        return self.popen.wait(seconds)

    def family(self) -> list[psutil.Process]:
        """The process and all that it has started."""
        own = psutil.Process(self.pid)
        return [own, *own.children(recursive=True)]

    def close(self) -> None:
        """End it with everything that it has started and left behind."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait(10)


@dataclass(frozen=True)
class Answer:
    """What the API answered: status and, where there is one, the JSON body."""

    status: int
    body: Any


@dataclass(frozen=True)
class Api:
    """Speaks to a portal as a script does, with an API token."""

    base: str
    token: str

    def __call__(self, method: str, path: str, body: object = None) -> Answer:
        request = Request(
            self.base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
                return Answer(answer.status, _json(answer.read()))
        except HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, _json(refusal.read()))


@dataclass
class Installation:
    """One installation: its settings, its registers, its people, and its processes."""

    folder: Path
    environ: dict[str, str]
    settings: Settings
    engine: Engine
    admin: TechnicianView
    processes: list[Process] = field(default_factory=list)

    @classmethod
    def make(cls, folder: Path, **environ: str) -> Installation:
        """An installation in `folder`, on free loopback ports; `environ` sets more, such as REACHBACK_MAX_CALLS."""
        http, websocket, listen = free_ports(3)
        own = {
            "REACHBACK_STATE_DIR": str(folder / "state"),
            "REACHBACK_HTTP": f"127.0.0.1:{http}",
            "REACHBACK_WEBSOCKET": f"127.0.0.1:{websocket}",
            "REACHBACK_LISTEN": f"127.0.0.1:{listen}",
        } | environ
        settings = Settings.from_env(own)
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        if "REACHBACK_DATABASE_URL" not in own:
            shutil.copy(_template(), settings.state_dir / "reachback.db")
        engine = open_engine(settings.database_url)
        admin = TechnicianRegister(engine).by_name(ADMIN)
        assert admin
        return cls(folder, own, settings, engine, admin)

    # The registers, each as its own process would open it.

    @property
    def sessions(self) -> SessionRegister:
        return SessionRegister(self.engine, vault=self.settings.vault(), session_ports=self.settings.session_ports)

    @property
    def calls(self) -> CallRegister:
        return CallRegister(self.engine, vault=self.settings.vault())

    @property
    def tickets(self) -> TicketRegister:
        return TicketRegister(self.engine)

    @property
    def seats(self) -> SeatRegister:
        return SeatRegister(self.engine)

    @property
    def people(self) -> TechnicianRegister:
        return TechnicianRegister(self.engine)

    def api(self) -> Api:
        """A script's way into the portal, signed in as the admin."""
        return Api(f"http://{self.settings.http}", ApiTokenRegister(self.engine).make(self.admin.id, "tests").token)

    @property
    def call_address(self) -> tuple[str, int]:
        """Where customers' servers dial."""
        return self.settings.listen[0].host, self.settings.listen[0].port

    # What most tests begin with.

    def session(self, **given: Any) -> NewSession:
        """A session made by the admin, its page not opened yet."""
        return self.sessions.create(by=self.admin, **given)

    def waiting(self, address: str = "127.0.0.1", **given: Any) -> NewSession:
        """A session whose page was opened from `address`."""
        new = self.session(**given)
        self.sessions.open_page(new.link, address)
        return new

    def state(self, new: NewSession) -> str:
        return self.sessions.get(new.session.id).state

    def call_row(self, new: NewSession) -> dict[str, Any]:
        """Everything the database knows of the session's only call."""
        (row,) = self.rows("SELECT * FROM calls WHERE session_id = :id", id=new.session.id)
        return dict(row)

    def lost_row(self, new: NewSession) -> dict[str, Any] | None:
        """The same once that call is over."""
        row = self.call_row(new)
        return row if row["state"] == "lost" else None

    def is_held(self, new: NewSession) -> SessionView | None:
        """The session's view once it holds a call."""
        view = self.sessions.get(new.session.id)
        return view if view.call and view.call.state == "held" else None

    def websocket_url(self, new: NewSession) -> str:
        """A fresh ticket, as the address a browser is given."""
        return f"{self.settings.public_websocket}?token={self.tickets.issue(new.session.id, self.admin).token}"

    def open_calls(self) -> list[Any]:
        """Every call that is parked or held, decided or not."""
        return self.rows("SELECT * FROM calls WHERE state IN ('parked', 'held')")

    def rows(self, sql: str, **values: object) -> list[Any]:
        """What a question to the database answers: for what no register tells."""
        with self.engine.connect() as connection:
            return list(connection.execute(text(sql), values).mappings())

    def change(self, sql: str, **values: object) -> None:
        """Change the database behind everybody's back."""
        with self.engine.begin() as connection:
            connection.execute(text(sql), values)

    # The processes.

    def start_listener(self) -> Process:
        return self.start_all("listener")[0]

    def start_websockify(self) -> Process:
        return self.start_all("websockify")[0]

    def start_portal(self) -> Process:
        return self.start_all("portal")[0]

    def start_all(self, *names: str) -> list[Process]:
        """Start several parts at once: `portal`, `listener`, `websockify`."""
        chosen = {part.name: part for part in parts(self.settings)}
        started = [self.start(name, *chosen[name].command) for name in names]
        for name, process in zip(names, started, strict=True):
            self._when_it_listens(process, *(address.port for address in chosen[name].addresses))
        return started

    def start_stock_websockify(self) -> Process:
        """websockify as it comes, with our plugin, on the address our launcher would have."""
        program = str(Path(sys.executable).with_name("websockify"))
        plugin = ("--token-plugin", "token_plugin.SessionTickets", "--token-source", self.settings.database_url)
        process = self.start("stock-websockify", program, *plugin, str(self.settings.websocket))
        return self._when_it_listens(process, self.settings.websocket.port)

    def start(self, name: str, *command: str, pass_fds: Sequence[int] = (), **environ: str) -> Process:
        """Start any program with this installation's environment; its output goes to a file of its own."""
        log = self.folder / f"{name}-{len(self.processes)}.log"
        with log.open("wb") as output:
            popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | self.environ | environ,
                start_new_session=True,
                pass_fds=pass_fds,
            )
        self.processes.append(Process(name, popen, log))
        return self.processes[-1]

    def close(self) -> None:
        """End every process and close the database."""
        for process in self.processes:
            process.close()
        self.engine.dispose()

    def _when_it_listens(self, process: Process, *ports: int) -> Process:
        def listens() -> bool:
            assert process.is_running, f"{process.name} ended with {process.popen.returncode}:\n{process.log}"
            return all(is_listening(port) for port in ports)

        wait_until(listens, START_SECONDS, f"{process.name} listens on {ports}")
        return process


@contextlib.contextmanager
def installed(folder: Path, **environ: str) -> Iterator[Installation]:
    """An installation for the length of a `with` block."""
    installation = Installation.make(folder, **environ)
    try:
        yield installation
    finally:
        installation.close()


@cache
def _template() -> Path:
    """A database of this version with one admin, made once a run: hashing passwords is slow on purpose."""
    folder = Path(mkdtemp(prefix="reachback-template-"))
    atexit.register(shutil.rmtree, folder)
    path = folder / "reachback.db"
    with_admin(f"sqlite:///{path}")
    return path


def with_admin(url: str) -> None:
    """Make a register with one admin in the database at `url`."""
    engine = open_engine(url)
    upgrade(engine)
    TechnicianRegister(engine).add(ADMIN, "admin", ADMIN_PASSWORD)
    engine.dispose()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
