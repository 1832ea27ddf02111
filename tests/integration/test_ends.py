"""How calls end by themselves, and how the listener starts and stops."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.processes import Installation, wait_until

from .conftest import Measured, exchange, held, joined


@pytest.mark.parametrize("how", ["hang_up", "reset", "finish"])
def test_a_held_customer_hangs_up(running: Installation, measured: Measured, how: str) -> None:
    with held(running) as (new, server):
        left = time.monotonic()
        getattr(server, how)()
        row = wait_until(lambda: running.lost_row(new), 1.0)
        measured(f"a held call's {how} → its row is lost", time.monotonic() - left)
        assert row["reason"] == "The customer's computer hung up."
        assert running.state(new) == "waiting"


@pytest.mark.parametrize("how", ["hang_up", "reset", "finish"])
def test_a_parked_customer_hangs_up(running: Installation, measured: Measured, how: str) -> None:
    with FakeVncServer(running.call_address) as server:
        server.greet()
        (call,) = wait_until(running.calls.parked)
        left = time.monotonic()
        getattr(server, how)()
        wait_until(lambda: not running.calls.parked(), 1.0)
        measured(f"a parked call's {how} → gone from the board", time.monotonic() - left)
    (row,) = running.rows("SELECT state, reason FROM calls WHERE id = :id", id=call.id)
    assert tuple(row.values()) == ("lost", "The customer's computer hung up.")


@pytest.mark.parametrize("how", ["hang_up", "reset"])
def test_a_customer_hangs_up_under_a_technician(running: Installation, measured: Measured, how: str) -> None:
    with joined(running) as (new, server, viewer):
        exchange(server, viewer)
        left = time.monotonic()
        getattr(server, how)()
        assert viewer.read_to_end(3) == b""
        wait_until(lambda: running.lost_row(new), 1.0)
        measured(f"{how} under a technician → lost", time.monotonic() - left)
        assert viewer.closing == (1000, "The call is over.")
        assert running.state(new) == "waiting"


def test_ending_does_not_wait_for_a_viewer_that_has_not_greeted(running: Installation, measured: Measured) -> None:
    with held(running) as (new, server), FakeViewer(running.websocket_url(new)) as viewer:
        assert viewer.read(12) == b"RFB 003.008\n"
        ended = time.monotonic()
        running.sessions.end(new.session.id, running.admin)
        server.read_to_end(3)
        assert viewer.read_to_end(8) == b""
        wait_until(lambda: running.lost_row(new))
        measured("ended → over, with a viewer in its greeting", time.monotonic() - ended)
        assert time.monotonic() - ended < 1.0


def test_time_ends_a_held_call(running: Installation, measured: Measured) -> None:
    with joined(running) as (new, server, viewer):
        exchange(server, viewer)
        due = datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=0.5)
        began = time.monotonic()
        running.change("UPDATE sessions SET expires_at = :due WHERE id = :id", due=str(due), id=new.session.id)
        server.read_to_end(3)
        took = time.monotonic() - began - 0.5
        measured("time is up → the customer's socket at its end", took)
        assert 0 <= took < 2.0
        assert viewer.read_to_end(3) == b""
        wait_until(lambda: running.state(new) == "expired", 2.0)
        assert wait_until(lambda: running.lost_row(new))["reason"] == "The session ended."


def test_stopping_the_listener_ends_everything_in_order(
    install: Callable[..., Installation], measured: Measured
) -> None:
    installation = install()
    listener, _ = installation.start_all("listener", "websockify")
    with joined(installation) as (new, server, viewer), FakeVncServer(installation.call_address) as parked:
        parked.greet()
        wait_until(installation.calls.parked)
        with FakeVncServer(installation.call_address) as unfinished:
            asked = time.monotonic()
            assert listener.terminate() == 0
            measured("SIGTERM → exit, with three calls", time.monotonic() - asked)
            for one in (server, parked, unfinished):
                one.read_to_end(1)
            assert viewer.read_to_end(1) == b""
    assert installation.open_calls() == []
    assert installation.state(new) == "waiting"
    assert {row["reason"] for row in installation.rows("SELECT reason FROM calls")} == {"The listener was stopped."}
    assert "Traceback" not in listener.log


def test_stopping_the_listener_writes_down_many_calls(install: Callable[..., Installation], measured: Measured) -> None:
    installation = install(REACHBACK_MAX_CALLS_PER_ADDRESS="300")
    listener = installation.start_listener()
    servers = [FakeVncServer(installation.call_address).dial() for _ in range(200)]
    try:
        for server in servers:
            server.greet()
        wait_until(lambda: len(installation.open_calls()) == 200)
        asked = time.monotonic()
        assert listener.terminate(30) == 0
        measured("SIGTERM → exit, with 200 parked calls", time.monotonic() - asked)
    finally:
        for server in servers:
            server.hang_up()
    assert installation.open_calls() == []
    assert time.monotonic() - asked < 4.0


def test_stopping_websockify_ends_its_connections_and_says_so_with_0(install: Callable[..., Installation]) -> None:
    installation = install()
    _, websockify = installation.start_all("listener", "websockify")
    with joined(installation) as (new, server, viewer):
        assert websockify.terminate() == 0
        assert viewer.read_to_end(2) == b""
        wait_until(lambda: installation.state(new) == "connected", 1.0)
        server.hang_up()
    assert "Traceback" not in websockify.log


def test_forty_sessions_end_at_once(running: Installation, measured: Measured) -> None:
    with ExitStack() as open_ones:
        pairs = [open_ones.enter_context(held(running)) for _ in range(40)]
        ended = time.monotonic()
        for new, _ in pairs:
            running.sessions.end(new.session.id, running.admin)
        asked = time.monotonic()
        for _, server in pairs:
            server.read_to_end(3)
        measured("40 sessions ended one after the other, in", asked - ended)
        measured("… the last one's customer at its end, after the last", time.monotonic() - asked)
        assert time.monotonic() - asked < 1.0


def test_a_taken_port_is_told_in_a_sentence(running: Installation, install: Callable[..., Installation]) -> None:
    taken = str(running.settings.listen[0])
    listener = install(REACHBACK_LISTEN=taken).start("listener", *_python("reverse_listener"))
    assert listener.wait() == 1
    last = listener.log.splitlines()[-1]
    assert last.startswith(f"reverse_listener: Cannot listen on {taken}: ")
    assert last.endswith(": Address already in use. Stop what uses it, or change REACHBACK_LISTEN.")
    assert "Traceback" not in listener.log


def test_websockifys_taken_port_is_told_in_a_sentence(
    running: Installation, install: Callable[..., Installation]
) -> None:
    taken = str(running.settings.websocket)
    websockify = install(REACHBACK_WEBSOCKET=taken).start("websockify", *_python("token_plugin"))
    assert websockify.wait() == 1
    assert websockify.log.startswith(f"token_plugin: Cannot listen on {taken}: ")
    assert "REACHBACK_WEBSOCKET" in websockify.log
    assert "Traceback" not in websockify.log


@pytest.mark.parametrize("module", ["reverse_listener", "token_plugin"])
def test_a_database_of_another_version_is_refused(install: Callable[..., Installation], module: str) -> None:
    installation = install()
    installation.change("UPDATE alembic_version SET version_num = 'of-old'")
    process = installation.start(module, *_python(module))
    assert process.wait() == 1
    assert "of-old" in process.log
    assert "`reachback db upgrade`" in process.log.splitlines()[-1]
    assert "Traceback" not in process.log


def test_a_database_locked_for_three_seconds(install: Callable[..., Installation], measured: Measured) -> None:
    installation = install()
    listener, _ = installation.start_all("listener", "websockify")
    first, second = installation.waiting(), installation.waiting()
    dialling = FakeVncServer(installation.call_address, code=first.code)
    with dialling as server, FakeVncServer(installation.call_address, code=second.code) as late:
        server.greet()
        wait_until(lambda: installation.is_held(first))
        with FakeViewer(installation.websocket_url(first)) as viewer:
            viewer.greet()
            with locked_for(3.0, installation):
                late.greet()
                unlocked = time.monotonic() + 3.0
                while time.monotonic() < unlocked - 0.2:
                    exchange(server, viewer)
                assert installation.state(second) == "waiting"
            wait_until(lambda: installation.is_held(second), 5)
            measured("a lock of 3 s ends → the call that came meanwhile is held", time.monotonic() - unlocked)
            exchange(server, viewer)
    assert "Traceback" not in listener.log


def _python(module: str) -> tuple[str, ...]:
    return sys.executable, "-m", module


@contextmanager
def locked_for(seconds: float, installation: Installation) -> Iterator[None]:
    """Another writer keeps the database to itself for so long."""
    database = sqlite3.connect(installation.settings.state_dir / "reachback.db", isolation_level=None)
    try:
        until = time.monotonic() + seconds
        database.execute("BEGIN IMMEDIATE")
        yield
        time.sleep(max(0.0, until - time.monotonic()))
        database.execute("ROLLBACK")
    finally:
        database.close()
