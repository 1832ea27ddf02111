"""A successor is a real process here: a few lines of Python, given to `python -c` by the program between."""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from collections.abc import Callable

import psutil
import pytest

from service.successor import Outcome, Predecessor, Successor
from tests.processes import wait_until

pytestmark = pytest.mark.integration

BEGIN = "import os, sys, time; from service.sockets import take_inherited; from service.successor import Predecessor; "
SERVE = (
    "own = take_inherited(); line = Predecessor.from_env(); went = line.ready(30); "
    "connection = own[0].accept()[0] if went else sys.exit(3); connection.sendall(str(os.getppid()).encode())"
)


def start(sockets: list[socket.socket], program: str, *, now: float = 0.0, seconds: float = 60.0) -> Successor:
    return Successor.start(sockets, now, [sys.executable, "-c", BEGIN + program], seconds)


def outcome(successor: Successor, now: float = 0.0) -> Outcome:
    return wait_until(lambda: successor.look(now), 30)


@pytest.fixture
def listening() -> Callable[[], socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as one:
        yield one


def test_a_successor_serves_at_the_same_socket_once_it_is_told_to(listening: socket.socket) -> None:
    successor = start([listening], "own = take_inherited(); own[0].setblocking(True); " + SERVE.partition("; ")[2])
    found = outcome(successor)
    assert found.pid is not None
    with socket.create_connection(listening.getsockname()) as early:
        listening.close()
        successor.go()
        early.settimeout(30)
        # It is nobody's child, so that the service manager above all is told its end.
        assert int(early.recv(16)) != os.getpid()


def test_sockets_lie_in_their_order_wherever_they_lay_before(listening: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as second:
        ports = [one.getsockname()[1] for one in (second, listening)]
        program = "Predecessor.from_env().failed(str([one.getsockname()[1] for one in take_inherited()]))"
        assert outcome(start([second, listening], program)).reason == str(ports)


def test_one_that_fails_says_why(listening: socket.socket) -> None:
    found = outcome(start([listening], "Predecessor.from_env().failed('The database is\\nof another version.')"))
    assert found == Outcome(reason="The database is of another version.")


def test_one_that_ends_without_a_word_is_told_as_that(listening: socket.socket) -> None:
    assert outcome(start([listening], "sys.exit(1)")).reason == "It ended before it was ready."


def test_one_that_ends_between_its_word_and_ours_takes_nothing_over(listening: socket.socket) -> None:
    successor = start([listening], "Predecessor.from_env()._line.sendall(f'ready {os.getpid()}\\n'.encode())")
    # Its line is read only when it has ended, as by a predecessor that was kept from running meanwhile.
    line = successor._line
    wait_until(lambda: _is_at_its_end(line), 30)
    assert outcome(successor).reason == "It was ready, and ended then."


def _is_at_its_end(line: socket.socket) -> bool:
    """Whether nobody has the other side any more."""
    asked = select.poll()
    asked.register(line, select.POLLHUP)
    return any(events & select.POLLHUP for _fd, events in asked.poll(0))


def test_a_reload_that_comes_while_it_starts_does_not_end_it(listening: socket.socket) -> None:
    program = "import signal; os.kill(os.getpid(), signal.SIGHUP); Predecessor.from_env().failed('It lives.')"
    assert outcome(start([listening], program)) == Outcome(reason="It lives.")


def test_one_that_takes_too_long_is_given_up_and_ends(listening: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as word:
        port = word.getsockname()[1]
        program = (
            f"import socket; other = socket.create_connection(('127.0.0.1', {port})); "
            "other.sendall(str(os.getpid()).encode()); other.recv(1); "
            "sys.exit(0 if Predecessor.from_env().ready(30) else 3)"
        )
        successor = start([listening], program, seconds=5.0)
        with word.accept()[0] as other:
            pid = int(other.recv(16))
            assert successor.look(4.9) is None
            assert successor.look(5.0) == Outcome(reason="It was not ready in time.")
        wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE, 30)


def test_one_whose_predecessor_dies_before_its_word_does_not_serve() -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    assert not Predecessor(theirs).ready(30)


def test_whoever_succeeds_nobody_is_not_kept_waiting() -> None:
    nobody = Predecessor.from_env({})
    assert not nobody
    began = time.monotonic()
    assert nobody.ready()
    nobody.failed("Nobody hears this.")
    assert time.monotonic() - began < 5
