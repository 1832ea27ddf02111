"""What is compared. Each is started for one turn and stopped after it, with a state of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
from sqlalchemy import Engine

from benchmarks.processes import Program, free_port, running, wait_until
from benchmarks.ways import HOST, Tcp, Way, WebSocket, connect
from sessions.database import open_engine, upgrade
from sessions.register import SessionRegister
from sessions.settings import Settings
from sessions.technicians import TechnicianRegister
from sessions.tickets import TicketRegister

# Opens a viewer's way to one customer's computer; all that a technician waits for is in here.
Open = Callable[[], Way]


@dataclass(frozen=True, slots=True)
class Source:
    """The customers' computers."""

    program: Program
    port: int

    def dial(self, port: int, code: str) -> None:
        """Let one of them dial out, as a server does that was given a code."""
        self.program.tell(f"{HOST} {port} {code}")


@dataclass(frozen=True, slots=True)
class Contestant:
    """A running one. `hold(n)` readies n customers' computers; `family` is every process between the two sides."""

    hold: Callable[[int], list[Open]]
    family: Callable[[], list[psutil.Process]]


Start = Callable[[Source, Path], AbstractContextManager[Contestant]]


@contextmanager
def source(folder: Path) -> Iterator[Source]:
    """The same VNC server for everybody."""
    port = free_port()
    with running("-m", "benchmarks.source", str(port), port=port, log=folder / "source.log") as program:
        yield Source(program, port)


@contextmanager
def direct(peer: Source, _folder: Path) -> Iterator[Contestant]:
    """No relay at all: what two processes can do over loopback here."""
    yield Contestant(lambda count: [lambda: Tcp(connect(peer.port))] * count, list)


@contextmanager
def websockify(peer: Source, folder: Path) -> Iterator[Contestant]:
    """Stock websockify, with its file of tokens."""
    port, tokens = free_port(), folder / "tokens"
    tokens.write_text(f"customer: {HOST}:{peer.port}\n")
    command = ("-m", "websockify", "--token-plugin", "TokenFile", "--token-source", str(tokens), f"{HOST}:{port}")
    with running(*command, port=port, log=folder / "websockify.log") as program:
        yield Contestant(lambda count: [lambda: _through(port, "customer")] * count, program.family)


@contextmanager
def reachback(peer: Source, folder: Path) -> Iterator[Contestant]:
    """Reachback: listener, register and launcher."""
    environ = _environ(folder)
    settings = Settings.from_env(environ)
    engine = open_engine(settings.database_url)
    office = _Office(engine, settings, peer)
    listening = settings.listen[0].port
    with (
        running("-m", "reverse_listener", port=listening, log=folder / "listener.log", environ=environ) as listener,
        running("-m", "token_plugin", port=settings.websocket.port, log=folder / "plugin.log", environ=environ) as ours,
    ):
        yield Contestant(office.hold, lambda: listener.family() + ours.family())
    engine.dispose()


class _Office:
    """A technician with sessions and tickets, who uses the register as the portal does."""

    def __init__(self, engine: Engine, settings: Settings, peer: Source) -> None:
        upgrade(engine)
        self._sessions = SessionRegister(engine)
        self._tickets = TicketRegister(engine)
        self._technician = TechnicianRegister(engine).add("benchmark").technician
        self._settings = settings
        self._peer = peer

    def hold(self, count: int) -> list[Open]:
        identities = [self._call() for _ in range(count)]
        for identity in identities:
            wait_until(partial(self._is_held, identity), "a call is held")
        return [partial(self._open, identity) for identity in identities]

    def _call(self) -> str:
        new = self._sessions.create(by=self._technician)
        self._peer.dial(self._settings.listen[0].port, new.code)
        return new.session.id

    def _is_held(self, identity: str) -> bool:
        call = self._sessions.get(identity).call
        return call is not None and call.state == "held"

    def _open(self, identity: str) -> Way:
        ticket = self._tickets.issue(identity, self._technician)
        return _through(self._settings.websocket.port, ticket.token)


def _through(port: int, token: str) -> Way:
    return WebSocket(connect(port), f"/websockify?token={token}")


def _environ(folder: Path) -> dict[str, str]:
    return {
        "REACHBACK_STATE_DIR": str(folder / "state"),
        "REACHBACK_LISTEN": f"{HOST}:{free_port()}",
        "REACHBACK_WEBSOCKET": f"{HOST}:{free_port()}",
        "REACHBACK_MAX_CALLS": "10000",
        "REACHBACK_MAX_CALLS_PER_ADDRESS": "10000",
    }
