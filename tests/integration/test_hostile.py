"""Strangers at the calls port: each is closed at its deadline and leaves nothing, while customers are served."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from reverse_listener.ledger import THREADS
from tests.fakes.fake_vnc_server import FakeVncServer, read_to_end
from tests.processes import Installation, Process, wait_until

from .conftest import Measured, held

MANY = 2_000
PREAMBLE, GREETING = 1.0, 2.0
# A ClientHello's beginning: handshake, TLS 1.0, 512 bytes, client_hello.
TLS_HELLO = bytes.fromhex("16 0301 0200 01 0001fc 0303") + bytes(32)
HOSTILE = {
    "http": b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "tls": TLS_HELLO,
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "random": random.Random(5).randbytes(4096),
    "zeros": bytes(100_000),
    "wrong banner": b"RFB 003.00x\n",
    "endless ID": b"ID:" + b"7" * 100_000,
    "binary ID": b"ID:\xff\xfe".ljust(250, b"\0") + b"RFB 003.008\n",
}


@pytest.fixture
def quick(install: Callable[..., Installation]) -> tuple[Installation, Process]:
    """A listener with little patience."""
    installation = install(
        REACHBACK_PREAMBLE_SECONDS=str(PREAMBLE),
        REACHBACK_GREETING_SECONDS=str(GREETING),
        REACHBACK_MAX_CALLS_PER_ADDRESS="400",
    )
    return installation, installation.start_listener()


def dial(installation: Installation) -> socket.socket:
    return socket.create_connection(installation.call_address, 10)


# Each of the ledger's threads may keep one database connection: SQLite's file, its log and its index.
DATABASE_FILES = 3 * THREADS


@contextlib.contextmanager
def leaves_nothing(installation: Installation, listener: Process) -> Iterator[None]:
    """Afterwards the listener has the sockets it had before, and the register the calls."""
    process = psutil.Process(listener.pid)

    def sockets() -> int:
        return len(process.net_connections("tcp"))

    before, files = sockets(), process.num_fds()
    rows = installation.rows("SELECT id FROM calls")
    yield
    wait_until(lambda: sockets() == before, 20, f"{before} sockets again")
    assert process.num_fds() <= files + DATABASE_FILES
    assert installation.rows("SELECT id FROM calls") == rows
    assert "Traceback" not in listener.log


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_not_vnc_is_closed_at_once(running: Installation, what: str) -> None:
    with dial(running) as stranger:
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            stranger.sendall(HOSTILE[what])
        assert read_to_end(stranger) == b""
        assert time.monotonic() - began < 1.0
    assert running.open_calls() == []


def test_slow_and_silent_ones_are_closed_at_their_deadline(
    quick: tuple[Installation, Process], measured: Measured
) -> None:
    installation, listener = quick
    with leaves_nothing(installation, listener), contextlib.ExitStack() as open_ones:
        began = time.monotonic()
        silent, slow, stuck, polite = (open_ones.enter_context(dial(installation)) for _ in range(4))
        dripping = threading.Thread(target=_drip, args=(slow, b"RFB 003.008\n", 0.2))
        dripping.start()
        stuck.sendall(b"RFB 003.008\n")
        with held(installation) as (new, _server):
            for one, deadline, what in ((silent, PREAMBLE, "silence"), (slow, PREAMBLE, "a dripping banner")):
                assert read_to_end(one) == b""
                took = time.monotonic() - began
                measured(f"{what}, with {deadline} s to introduce itself, is closed after", took)
                assert deadline <= took < deadline + 0.7
            assert read_to_end(stuck) == b"RFB 003.008\n"
            took = time.monotonic() - began
            measured(f"a banner and nothing more, with {GREETING} s to greet, is closed after", took)
            assert GREETING <= took < GREETING + 0.7
            assert installation.is_held(new)
            server_is_gone = new
        wait_until(lambda: installation.lost_row(server_is_gone))
        installation.change("DELETE FROM calls")
        dripping.join()
        polite.close()


def test_thousands_of_strangers_leave_nothing(quick: tuple[Installation, Process], measured: Measured) -> None:
    installation, listener = quick
    process = psutil.Process(listener.pid)
    # What the first callers make Python load is no leak.
    for _ in range(100):
        _one_stranger(installation, random.Random(0))
    rss = process.memory_info().rss
    with held(installation) as (new, server):
        with leaves_nothing(installation, listener):
            began = time.monotonic()
            chance = random.Random(6)
            for _ in range(MANY):
                _one_stranger(installation, chance)
            measured(f"{MANY} strangers", time.monotonic() - began)
            with held(installation) as (late, _):
                assert installation.is_held(late)
            wait_until(lambda: installation.lost_row(late))
            installation.change("DELETE FROM calls WHERE session_id = :id", id=late.session.id)
        grown = (process.memory_info().rss - rss) / 2**20
        measured(f"the listener's growth over {MANY} strangers", grown, "MiB")
        assert grown < 8
        assert installation.is_held(new)
        server.hang_up()


def test_a_flood_while_nobody_watches_ends_the_call(running: Installation) -> None:
    with held(running) as (new, server):
        with contextlib.suppress(ConnectionError):
            server.flood(b"\xff" * 64 * 1024, 0.5)
        row = wait_until(lambda: running.lost_row(new))
        assert row["reason"] == "The VNC server sends message 255, which nobody asked for."


def test_endless_clipboards_while_nobody_watches_are_followed_and_not_kept(
    quick: tuple[Installation, Process], measured: Measured
) -> None:
    installation, listener = quick
    process = psutil.Process(listener.pid)
    text = bytes([3, 0, 0, 0]) + (8 * 1024 * 1024).to_bytes(4, "big") + b"x" * (8 * 1024 * 1024)
    with held(installation) as (new, server):
        rss = process.memory_info().rss
        for _ in range(16):
            server.send(text)
        grown = (process.memory_info().rss - rss) / 2**20
        measured("the listener's growth over 128 MiB of clipboard", grown, "MiB")
        assert grown < 8
        assert installation.is_held(new)


def test_too_many_calls_from_one_address(install: Callable[..., Installation]) -> None:
    installation = install(REACHBACK_MAX_CALLS_PER_ADDRESS="3", REACHBACK_MAX_CALLS="5")
    listener = installation.start_listener()
    with contextlib.ExitStack() as open_ones:
        first = [open_ones.enter_context(dial(installation)) for _ in range(3)]
        with dial(installation) as fourth:
            assert read_to_end(fourth, 1) == b""
        for source in ("127.0.0.2", "127.0.0.3"):
            server = FakeVncServer(installation.call_address, source=source)
            open_ones.enter_context(server).greet()
        wait_until(lambda: len(installation.calls.parked()) == 2)
        with FakeVncServer(installation.call_address, source="127.0.0.4") as sixth:
            assert sixth.read_to_end(1) == b""
        first[0].close()
        with FakeVncServer(installation.call_address, source="127.0.0.4") as sixth:
            _until_greeted(sixth)
            wait_until(lambda: len(installation.calls.parked()) == 3)
    assert "Traceback" not in listener.log


def _until_greeted(server: FakeVncServer) -> None:
    def greeted() -> bool:
        with contextlib.suppress(ConnectionError, EOFError):
            server.greet()
            return True
        server.hang_up()
        server.dial()
        return False

    wait_until(greeted, 10)


def _one_stranger(installation: Installation, chance: random.Random) -> None:
    with dial(installation) as stranger:
        words = chance.choice([*HOSTILE.values(), b""])
        with contextlib.suppress(ConnectionError):
            stranger.sendall(words[:5000])
            if words and chance.random() < 0.5:
                read_to_end(stranger)


def _drip(connection: socket.socket, data: bytes, pause: float) -> None:
    with contextlib.suppress(OSError):
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(pause)
