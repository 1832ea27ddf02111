"""Reloads with real processes: a successor takes what is new, the older process keeps what it has until that ends."""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reachback.parts import parts
from reachback.ports import is_listening
from reverse_listener.presence import Presence
from sessions.listeners import ListenerRegister, ListenerView
from sessions.views import NewSession
from tests.fakes.fake_viewer import ASK, FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.processes import Installation, Process, wait_until

from .conftest import PICTURE, Measured, exchange, held, joined

PATIENCE = 30.0
ALL_OF_IT = struct.pack(">BBHHHH", 3, 0, 0, 0, 1024, 768)


@dataclass
class Manager:
    """What a service manager hears."""

    folder: Path
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.address = str(self.folder / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.settimeout(0)

    def heard(self, words: str) -> list[str]:
        """The lines said so far that begin with `words`."""
        while True:
            try:
                self.told += self._socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return [line for line in self.told if line.startswith(words)]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(tmp_path)
    yield made
    made.close()


def watch(server: FakeVncServer, viewer: FakeViewer) -> None:
    """A picture arrives at a viewer, whoever is in control."""
    server.send(PICTURE)
    viewer.seek(PICTURE)
    viewer.send(ASK)


def join(server: FakeVncServer, watcher: FakeViewer) -> None:
    """A technician sits down to watch, and is shown a picture. Before it, what the server was asked must be read."""
    watcher.greet()
    server.hear(ALL_OF_IT)
    watch(server, watcher)


def watcher_url(installation: Installation, new: NewSession) -> str:
    """A ticket for somebody else than the admin, who has control."""
    colleague = installation.people.add(f"ben{installation.people.count()}", "technician").technician
    ticket = installation.tickets.issue(new.session.id, colleague)
    return f"{installation.settings.public_websocket}?token={ticket.token}"


def present(installation: Installation) -> list[ListenerView]:
    return ListenerRegister(installation.engine).present()


def serving(installation: Installation) -> list[int]:
    """Numbers of the listeners that take calls."""
    return [one.id for one in present(installation) if not one.draining]


def process_of(installation: Installation, listener_id: int) -> int:
    found = Presence(installation.settings.state_dir).process_of(listener_id)
    assert found, f"listener {listener_id} has no process"
    return found


def reload_listener(installation: Installation) -> int:
    """Have the serving listener hand over; answers the number of the one that serves then."""
    (before,) = serving(installation)
    os.kill(process_of(installation, before), signal.SIGHUP)
    wait_until(lambda: serving(installation) and before not in serving(installation), PATIENCE)
    (after,) = serving(installation)
    return after


def test_a_held_call_and_its_seat_outlive_two_reloads(
    install: Callable[..., Installation], manager: Manager, measured: Measured
) -> None:
    installation = install(NOTIFY_SOCKET=manager.address)
    first, _websockify = installation.start_all("listener", "websockify")
    assert manager.heard("READY=1")
    with joined(installation) as (old, old_server, old_viewer):
        began = time.monotonic()
        reload_listener(installation)
        measured("SIGHUP → a successor has taken over", time.monotonic() - began)
        exchange(old_server, old_viewer)
        with joined(installation) as (new, new_server, new_viewer):
            reload_listener(installation)
            exchange(new_server, new_viewer)
            exchange(old_server, old_viewer)
            assert len(present(installation)) == 3
            asked = installation.start("listeners", str(Path(sys.executable).with_name("reachback")), "listeners")
            assert asked.wait(PATIENCE) == 0
            assert [" ".join(line.split()[-3:]) for line in asked.log.splitlines()] == [
                "drains 1 calls",
                "drains 1 calls",
                "serves 0 calls",
            ]
            with held(installation) as (newest, _server):
                rows = [installation.call_row(one)["listener_id"] for one in (old, new, newest)]
                assert rows == [one.id for one in present(installation)]
            # A technician comes back to a call that an older listener has.
            with FakeViewer(installation.websocket_url(old)) as again:
                exchange(old_server, again.greet())
        assert first.is_running
    assert first.wait(PATIENCE) == 0
    assert "the last call is over" in first.log
    wait_until(lambda: len(present(installation)) == 1, PATIENCE)
    (last,) = serving(installation)
    assert manager.heard("MAINPID=")[-1] == f"MAINPID={process_of(installation, last)}"
    assert len(manager.heard("RELOADING=1")) == 2
    assert [file.name for file in installation.settings.state_dir.glob("listener-*.lock")] == [f"listener-{last}.lock"]


def test_a_recording_goes_on_while_its_call_drains(install: Callable[..., Installation]) -> None:
    installation = install(REACHBACK_RECORDING="always", REACHBACK_RECORDINGS_FREE="1")
    (first, _websockify) = installation.start_all("listener", "websockify")

    def states() -> list[tuple[str, bool]]:
        return [
            (row["state"], bool(row["sha256"])) for row in installation.rows("SELECT * FROM recordings ORDER BY id")
        ]

    with joined(installation) as (_new, server, viewer):
        wait_until(lambda: states() == [("running", False)], PATIENCE)
        reload_listener(installation)
        exchange(server, viewer)
        with joined(installation) as (_other, other_server, other_viewer):
            wait_until(lambda: len(states()) == 2, PATIENCE)
            exchange(other_server, other_viewer)
            assert states() == [("running", False)] * 2
    assert first.wait(PATIENCE) == 0
    wait_until(lambda: states() == [("done", True)] * 2, PATIENCE)


def test_people_decide_about_a_call_that_drains(install: Callable[..., Installation]) -> None:
    installation = install()
    (first,) = installation.start_all("listener")
    with held(installation) as (new, server), FakeVncServer(installation.call_address) as parked:
        parked.greet()
        (call,) = wait_until(installation.calls.parked, PATIENCE)
        reload_listener(installation)
        installation.sessions.end(new.session.id, installation.admin)
        server.read_to_end(PATIENCE)
        other = installation.waiting("203.0.113.7")
        installation.calls.claim(call.id, other.session.id, installation.admin)
        wait_until(lambda: installation.is_held(other), PATIENCE)
        assert first.is_running
    assert first.wait(PATIENCE) == 0


def test_a_computer_that_dials_again_takes_the_place_of_its_call_that_drains(
    install: Callable[..., Installation], measured: Measured
) -> None:
    installation = install()
    (first,) = installation.start_all("listener")
    with held(installation) as (new, server):
        reload_listener(installation)
        with FakeVncServer(installation.call_address, code=new.code) as again:
            again.greet()
            # While the first is there the second waits, as it does where one listener has both.
            wait_until(lambda: "stays parked" in first.log, PATIENCE)
            (parked,) = installation.calls.parked()
            assert parked.second_of == new.session.id
        wait_until(lambda: not installation.calls.parked(), PATIENCE)
        server.cut()
        with FakeVncServer(installation.call_address, code=new.code) as again:
            dialled = time.monotonic()
            again.greet()
            assert first.wait(PATIENCE) == 0
            rows = "SELECT state FROM calls WHERE session_id = :id ORDER BY id"
            wait_until(
                lambda: [row["state"] for row in installation.rows(rows, id=new.session.id)] == ["lost", "held"],
                PATIENCE,
            )
            measured("cut, dialled again after a reload → held by the successor", time.monotonic() - dialled)


def test_the_older_listener_dies_and_only_its_calls_with_it(install: Callable[..., Installation]) -> None:
    installation = install()
    (first,) = installation.start_all("listener")
    with held(installation) as (old, old_server):
        reload_listener(installation)
        with held(installation) as (new, _new_server):
            first.kill()
            old_server.read_to_end(PATIENCE)
            # Whoever begins next finds out, and asks nobody's patience for it.
            reload_listener(installation)
            lost = wait_until(lambda: installation.lost_row(old), PATIENCE)
            assert lost["reason"] == "The listener was restarted."
            assert installation.is_held(new)


def test_told_to_stop_the_newest_ends_everything(install: Callable[..., Installation]) -> None:
    installation = install()
    (first,) = installation.start_all("listener")
    with held(installation) as (old, old_server):
        last = process_of(installation, reload_listener(installation))
        with held(installation) as (new, new_server):
            os.kill(last, signal.SIGTERM)
            for server in (old_server, new_server):
                server.read_to_end(PATIENCE)
            assert first.wait(PATIENCE) == 0
            for one in (old, new):
                assert wait_until(lambda one=one: installation.lost_row(one), PATIENCE)["reason"] == (
                    "The listener was stopped."
                )
    wait_until(lambda: not present(installation), PATIENCE)


def test_a_successor_that_cannot_start_leaves_the_older_one_serving(
    install: Callable[..., Installation], manager: Manager
) -> None:
    installation = install(NOTIFY_SOCKET=manager.address)
    listener, websockify = installation.start_all("listener", "websockify")
    with joined(installation) as (_new, server, viewer):
        (revision,) = (row["version_num"] for row in installation.rows("SELECT version_num FROM alembic_version"))
        installation.change("UPDATE alembic_version SET version_num = 'another'")
        for process in (listener, websockify):
            os.kill(process.pid, signal.SIGHUP)
            wait_until(lambda process=process: "The last reload failed" in process.log, PATIENCE)
            assert process.is_running
        statuses = wait_until(lambda: [one for one in manager.heard("STATUS=") if "reload failed" in one], PATIENCE)
        assert "reachback db upgrade" in statuses[0]
        assert not manager.heard("MAINPID=")
        exchange(server, viewer)
        with joined(installation) as (_other, other_server, other_viewer):
            exchange(other_server, other_viewer)
        # What was wrong is put right, and the next reload does it.
        installation.change("UPDATE alembic_version SET version_num = :right", right=revision)
        reload_listener(installation)
        os.kill(websockify.pid, signal.SIGHUP)
        assert websockify.wait(PATIENCE) == 0
        exchange(server, viewer)


@pytest.mark.timeout(240)
def test_two_hundred_dials_during_ten_reloads_are_all_taken(
    install: Callable[..., Installation], measured: Measured
) -> None:
    installation = install()
    installation.start_all("listener")
    reloaded = threading.Event()

    def dial_on() -> int:
        """Dial, greet and leave, again and again; whatever is refused raises."""
        dials = 0
        while dials < 200 or not reloaded.is_set():
            with FakeVncServer(installation.call_address) as server:
                server.greet()
            dials += 1
        return dials

    # One caller after the other: more would only keep the successors from starting.
    with ThreadPoolExecutor(1) as caller:
        dialling = caller.submit(dial_on)
        try:
            for _ in range(10):
                reload_listener(installation)
        finally:
            reloaded.set()
        dials = dialling.result()
    assert dials >= 200
    measured("dials during ten reloads, all greeted", dials, "")


def test_a_seat_outlives_websockifys_reload_and_restart(install: Callable[..., Installation], manager: Manager) -> None:
    installation = install(NOTIFY_SOCKET=manager.address)
    _listener, first = installation.start_all("listener", "websockify")
    port = installation.settings.websocket.port
    with joined(installation) as (new, server, viewer):
        os.kill(first.pid, signal.SIGHUP)
        assert first.wait(PATIENCE) == 0
        exchange(server, viewer)
        assert is_listening(port)
        main = int(wait_until(lambda: manager.heard("MAINPID="), PATIENCE)[-1].partition("=")[2])
        with FakeViewer(watcher_url(installation, new)) as second:
            join(server, second)
            exchange(server, viewer)
            # What systemd sends at a stop: the first process goes, and leaves the seats.
            os.kill(main, signal.SIGQUIT)
            wait_until(lambda: not is_listening(port), PATIENCE)
            for one in (viewer, second):
                watch(server, one)
            installation.start_websockify()
            with FakeViewer(watcher_url(installation, new)) as third:
                join(server, third)
                exchange(server, viewer)


def start_activated(installation: Installation, name: str, *sockets: socket.socket) -> Process:
    """Start a part as systemd does, with these sockets as its descriptors 3 and following."""
    (part,) = (part for part in parts(installation.settings) if part.name == name)
    move = (
        "import os, sys\n"
        "count = int(sys.argv[1])\n"
        "for number in range(count): os.dup2(100 + number, 3 + number)\n"
        "os.environ.update(LISTEN_FDS=str(count), LISTEN_PID=str(os.getpid()))\n"
        "os.execv(sys.argv[2], sys.argv[2:])\n"
    )
    for number, one in enumerate(sockets):
        os.dup2(one.fileno(), 100 + number)
    descriptors = tuple(range(100, 100 + len(sockets)))
    try:
        return installation.start(
            name, sys.executable, "-c", move, str(len(sockets)), *part.command, pass_fds=descriptors
        )
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


@pytest.mark.parametrize("name", ["portal", "listener", "websockify"])
def test_whoever_comes_while_a_part_is_restarted_waits(install: Callable[..., Installation], name: str) -> None:
    installation = install()
    (part,) = (part for part in parts(installation.settings) if part.name == name)
    (address,) = part.addresses
    with socket.create_server((address.host, address.port)) as listening:
        begun = start_activated(installation, name, listening)
        for _ in range(2):
            with socket.create_connection((address.host, address.port)) as visitor:
                visitor.settimeout(PATIENCE)
                visitor.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                # It was taken, and told something or nothing: a listener hangs up on such a caller.
                wait_until(lambda visitor=visitor: _was_heard(visitor), PATIENCE)
            begun.terminate(PATIENCE)
            with socket.create_connection((address.host, address.port)) as early:
                early.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                begun = start_activated(installation, name, listening)
                early.settimeout(PATIENCE)
                assert _was_heard(early)


def _was_heard(visitor: socket.socket) -> bool:
    try:
        answer = visitor.recv(65536)
    except ConnectionResetError:
        return True
    return answer == b"" or answer.startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize("name", ["portal", "listener", "websockify"])
def test_a_part_gives_signs_of_life_as_often_as_it_is_asked_to(
    install: Callable[..., Installation], manager: Manager, name: str
) -> None:
    installation = install(NOTIFY_SOCKET=manager.address, WATCHDOG_USEC="3000000")
    installation.start_all(name)
    wait_until(lambda: len(manager.heard("WATCHDOG=1")) >= 3, PATIENCE)
    assert manager.told.index("READY=1") < manager.told.index("WATCHDOG=1")


@pytest.mark.parametrize(
    ("name", "setting", "unit"),
    [
        ("portal", "REACHBACK_HTTP", "reachback-portal.socket"),
        ("listener", "REACHBACK_LISTEN", "reachback-listener.socket"),
        ("websockify", "REACHBACK_WEBSOCKET", "reachback-websockify.socket"),
    ],
)
def test_sockets_that_contradict_the_settings_are_refused(
    install: Callable[..., Installation], name: str, setting: str, unit: str
) -> None:
    installation = install()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        refused = start_activated(installation, name, listening)
        assert refused.wait(PATIENCE) == 1
        assert f"{setting} asks for 127.0.0.1:" in refused.log
        assert f"127.0.0.1:{listening.getsockname()[1]}" in refused.log
        assert f"systemctl edit {unit}" in refused.log
        assert "Traceback" not in refused.log
