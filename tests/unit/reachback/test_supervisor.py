from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from reachback.parts import Part
from reachback.supervisor import supervise

pytestmark = pytest.mark.integration

SLEEPER = "import time; print('awake'); time.sleep(600)"


def part(name: str, program: str) -> Part:
    return Part(name, (sys.executable, "-c", program), (), "")


class Log:
    """What the parts said; a test can wait for a line."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self._news = asyncio.Event()

    def __call__(self, name: str, line: str) -> None:
        self.lines.append((name, line))
        self._news.set()

    async def wait_for(self, *lines: tuple[str, str]) -> None:
        while not set(lines) <= set(self.lines):
            self._news.clear()
            await self._news.wait()


def run(
    *parts: Part, log: Callable[[str, str], None], ready: Callable[[], Awaitable[None]], stop_seconds: float = 10
) -> str | None:
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return asyncio.run(supervise(parts, environ=environ, log=log, ready=ready, stop_seconds=stop_seconds))


async def nothing() -> None:
    pass


def is_alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_parts_and_counts_as_success(number: signal.Signals) -> None:
    log = Log()

    async def ready() -> None:
        await log.wait_for(("one", "awake"), ("two", "awake"))
        os.kill(os.getpid(), number)

    assert run(part("one", SLEEPER), part("two", SLEEPER), log=log, ready=ready) is None


def test_a_signal_before_any_part_has_said_a_word_leaves_none_behind(tmp_path: Path) -> None:
    log = Log()
    note = tmp_path / "pid"
    told = f"import os, pathlib; pathlib.Path({str(note)!r}).write_text(str(os.getpid())); {SLEEPER}"

    async def ready() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    assert run(part("one", told), part("two", told), log=log, ready=ready) is None
    assert not note.exists() or not is_alive(int(note.read_text()))


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("raise SystemExit(3)", "exit code 3"),
        ("raise SystemExit(0)", "exit code 0"),
        ("import os; os.kill(os.getpid(), 9)", "signal SIGKILL"),
    ],
)
def test_a_part_that_ends_by_itself_stops_the_others_and_is_named(end: str, words: str) -> None:
    log = Log()
    dying = part("dying", f"print('awake'); {end}")
    ended = run(part("living", SLEEPER), dying, log=log, ready=nothing)
    assert ended == f"dying ended by itself with {words}, so everything was stopped"
    assert ("dying", "awake") in log.lines


def test_what_is_not_ready_in_time_stops_everything() -> None:
    async def never() -> None:
        raise TimeoutError("portal did not answer within 60 s")

    assert run(part("one", SLEEPER), log=Log(), ready=never) == "portal did not answer within 60 s"


def test_a_part_that_will_not_stop_is_killed_with_its_children() -> None:
    log = Log()
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    program = f"{deaf}; import os, time; os.fork(); os.write(1, b'pid %d\\n' % os.getpid()); time.sleep(600)"

    async def ready() -> None:
        while len(log.lines) < 2:  # noqa: ASYNC110  (the parts' own time, not ours)
            await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    assert run(part("deaf", program), log=log, ready=ready, stop_seconds=0.2) is None
    pids = [int(line.removeprefix("pid ")) for _, line in log.lines]
    assert len(pids) == 2
    assert not any(map(is_alive, pids))


def test_a_failing_start_stops_what_was_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")  # without setpriv the missing program is ours to notice
    missing = Part("missing", ("/nowhere/at/all",), (), "")
    with pytest.raises(FileNotFoundError):
        run(part("one", SLEEPER), missing, log=Log(), ready=nothing)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_line_reaches_the_terminal_without_control_characters() -> None:
    log = Log()
    program = r"print('title \x1b]0;owned\x07\tend'); print('x' * 200_000); print('after')"
    run(part("one", program), log=log, ready=nothing)
    said = [line for _, line in log.lines]
    assert said[0] == "title \ufffd]0;owned\ufffd        end"
    assert "(a line too long to show)" in said
    assert said[-1] == "after"


def test_when_nobody_reads_any_more_the_parts_are_stopped() -> None:
    def closed(_name: str, _line: str) -> None:
        raise BrokenPipeError

    assert run(part("one", SLEEPER), log=closed, ready=nothing) is None


def test_parts_end_when_their_supervisor_is_killed() -> None:
    program = f"""
import asyncio, os
from reachback.parts import Part
from reachback.supervisor import supervise
from reachback.supervisor import supervise
told = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
part = Part("one", ({sys.executable!r}, "-c", told), (), "")
async def nothing(): pass
asyncio.run(supervise([part], environ=os.environ, log=lambda _name, line: print(line, flush=True), ready=nothing))
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as supervising:
        assert supervising.stdout is not None
        pid = int(supervising.stdout.readline())
        descriptor = os.pidfd_open(pid)
        supervising.kill()
    try:
        # Readable once the process has ended: pidfd_open(2).
        assert select.select([descriptor], [], [], 10)[0]
    finally:
        os.close(descriptor)
