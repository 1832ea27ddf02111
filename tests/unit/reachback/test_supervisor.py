"""The supervisor, run as a program: honcho takes signals, forks, and writes to standard output."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reachback.supervisor import printable

pytestmark = pytest.mark.integration

SLEEPER = "import os, time; print('awake', os.getpid(), flush=True); time.sleep(600)"
SUPERVISING = """
import os, sys
from reachback.parts import Part
from reachback.supervisor import supervise

def ready():
    {ready}

parts = [Part(name, (sys.executable, "-c", program), (), "") for name, program in {programs!r}.items()]
print("ended:", supervise(parts, environ=os.environ, ready=ready), flush=True)
"""


class Supervisor:
    """One running supervisor; a test can wait for its lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []

    def read_until(self, pattern: str, times: int = 1) -> list[re.Match[str]]:
        assert self.process.stdout is not None
        found: list[re.Match[str]] = []
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            found += re.finditer(pattern, line)
            if len(found) == times:
                return found
        pytest.fail("\n".join(["it ended without saying " + pattern, *self.lines]))

    def ended(self) -> str:
        (found,) = self.read_until("^ended: (.*)")
        self.process.wait(30)
        return found[1]


@contextmanager
def supervisor(programs: dict[str, str], ready: str = "pass") -> Iterator[Supervisor]:
    program = SUPERVISING.format(programs=programs, ready=ready)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Supervisor(process)
        finally:
            process.kill()


def is_alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_parts_and_counts_as_success(number: signal.Signals) -> None:
    with supervisor({"one": SLEEPER, "two": SLEEPER}) as running:
        pids = [int(found[1]) for found in running.read_until(r"awake (\d+)", times=2)]
        running.process.send_signal(number)
        assert running.ended() == "None"
    assert not any(map(is_alive, pids))


def test_a_signal_while_parts_are_being_started_leaves_none_behind() -> None:
    at_once = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    with supervisor({"one": SLEEPER, "two": SLEEPER}, ready=at_once) as running:
        assert running.ended() == "None"
    pids = [int(pid) for pid in re.findall(r"awake (\d+)", "\n".join(running.lines))]
    assert not any(map(is_alive, pids))


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("raise SystemExit(3)", "exit code 3"),
        ("raise SystemExit(0)", "exit code 0"),
        ("import os; os.kill(os.getpid(), 9)", "signal SIGKILL"),
    ],
)
def test_a_part_that_ends_by_itself_stops_the_others_and_is_named(end: str, words: str) -> None:
    with supervisor({"living": SLEEPER, "dying": f"print('last words', flush=True); {end}"}) as running:
        assert running.ended() == f"dying ended by itself with {words}, so everything was stopped"
    assert any(line.endswith("| last words") for line in running.lines)


def test_what_is_not_ready_in_time_stops_everything() -> None:
    with supervisor({"one": SLEEPER}, ready="raise TimeoutError('portal was not well')") as running:
        assert running.ended() == "portal was not well"


def test_a_part_that_will_not_stop_is_killed_with_its_children() -> None:
    deaf = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork();"
        "os.write(1, b'deaf %d\\n' % os.getpid()); time.sleep(600)"
    )
    with supervisor({"deaf": deaf}) as running:
        pids = [int(found[1]) for found in running.read_until(r"deaf (\d+)", times=2)]
        running.process.terminate()
        assert running.ended() == "None"
    assert not any(map(is_alive, pids))


def test_a_line_reaches_the_terminal_without_control_characters() -> None:
    assert printable("title \x1b]0;owned\x07\tend\n") == "title \ufffd]0;owned\ufffd        end"
    with supervisor({"one": r"print('\x1b[2J', flush=True)"}) as running:
        running.ended()
    assert "\x1b" not in "".join(running.lines)


def test_parts_end_when_their_supervisor_is_killed() -> None:
    with supervisor({"one": SLEEPER}) as running:
        (found,) = running.read_until(r"awake (\d+)")
        descriptor = os.pidfd_open(int(found[1]))
        running.process.kill()
    try:
        # Readable once the process has ended: pidfd_open(2).
        assert select.select([descriptor], [], [], 10)[0]
    finally:
        os.close(descriptor)
