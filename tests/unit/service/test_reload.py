from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from service.notify import Notifier
from service.reload import reload, tell

pytestmark = pytest.mark.integration

BEGIN = "import signal, sys, time; from service.reload import tell; "
WAIT = "print(flush=True); sys.stdin.read()"


@contextmanager
def process(on_hangup: str) -> Iterator[int]:
    """Another process that does this on SIGHUP."""
    program = f"{BEGIN} signal.signal(signal.SIGHUP, lambda *_: {on_hangup}); {WAIT}"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        yield other.pid
        other.communicate()


@pytest.mark.parametrize("failure", ["", "The database is of another version."])
def test_it_waits_for_the_reload_and_says_how_it_went(failure: str) -> None:
    with process(f"tell({failure!r})") as pid:
        assert reload(pid, Notifier()) == failure


def test_the_command_fails_in_words_where_the_reload_did() -> None:
    with process("tell('It ended before it was ready.')") as pid:
        ran = subprocess.run(
            [sys.executable, "-m", "service.reload", str(pid)], capture_output=True, text=True, check=False
        )
    assert (ran.returncode, ran.stderr.strip()) == (1, "It ended before it was ready.")


def test_what_another_process_says_does_not_count() -> None:
    with process("None") as pid:
        forged = (
            "import socket, sys, time\n"
            "out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
            "while True:\n"
            "    try: out.sendto(b'', sys.argv[1].encode().replace(b'@', b'\\0'))\n"
            "    except ConnectionRefusedError: continue\n"
        )
        with subprocess.Popen([sys.executable, "-c", forged, f"@reachback-reload-{pid}"]) as other:
            assert "did not say within 2 s" in reload(pid, Notifier(), seconds=2)
            other.kill()


def test_two_reloads_at_once_and_one_of_a_process_that_is_gone_fail_in_words() -> None:
    with process("None") as pid, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as first:
        first.bind(f"\0reachback-reload-{pid}")
        assert "Another reload is under way" in reload(pid, Notifier())
    assert "is not there any more" in reload(pid, Notifier())


def test_in_a_terminal_a_hangup_is_no_reload() -> None:
    told = "from service.reload import is_possible; print(is_possible())"
    above, below = os.openpty()
    for stdin, possible in ((below, "False"), (subprocess.DEVNULL, "True")):
        asked = subprocess.run([sys.executable, "-c", told], stdin=stdin, capture_output=True, text=True, check=True)
        assert asked.stdout.strip() == possible
    os.close(above)
    os.close(below)


def test_where_nobody_waits_nobody_is_told() -> None:
    tell("nobody hears this")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hearing:
        hearing.bind(f"\0reachback-reload-{os.getpid()}")
        hearing.settimeout(10)
        tell("now somebody does")
        assert hearing.recv(100) == b"now somebody does"
