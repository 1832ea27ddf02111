"""The programs that a benchmark starts, and what they cost."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from reachback.ports import is_listening

ROOT = Path(__file__).parents[1]
START_SECONDS = 20.0
POLL_SECONDS = 0.002
# Below the range the kernel takes ports for outgoing connections from: nothing slips into a port between two starts.
PORTS = range(20_000, 32_000)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that some processes hold. `pss` divides what several share; `rss` counts it once for each."""

    rss: int
    pss: int


@dataclass(frozen=True, slots=True)
class Program:
    """A running program."""

    popen: subprocess.Popen[bytes]

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.popen.stdin
        self.popen.stdin.write(f"{line}\n".encode())
        self.popen.stdin.flush()

    def family(self) -> list[psutil.Process]:
        """Its process and all that it has started."""
        own = psutil.Process(self.popen.pid)
        return [own, *own.children(recursive=True)]


@contextlib.contextmanager
def running(*arguments: str, port: int, log: Path, environ: Mapping[str, str] | None = None) -> Iterator[Program]:
    """Python with `arguments`, from when it listens on `port` to the end of the `with` block.

    None of this user's settings reach it, but those in `environ` do. Raises RuntimeError where it does not start.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("REACHBACK_")} | dict(environ or {})
    with log.open("wb") as output:
        popen = subprocess.Popen(
            (sys.executable, *arguments),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=own,
            start_new_session=True,
        )
    with popen:
        try:
            wait_until(lambda: popen.poll() is not None or is_listening(port), f"{arguments} listens")
            if popen.poll() is not None:
                raise RuntimeError(f"{arguments} ended with {popen.returncode}:\n{log.read_text(errors='replace')}")
            yield Program(popen)
        finally:
            _end(popen)


def _end(popen: subprocess.Popen[bytes]) -> None:
    # The whole group: websockify has a process for each connection. It is the group of the program as long as that
    # has not been waited for.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(popen.pid, signal.SIGKILL)


def wait_until(condition: Callable[[], object], what: str, seconds: float = START_SECONDS) -> None:
    """Wait until `condition` is true. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(POLL_SECONDS)


def free_port() -> int:
    """A port that nothing listens on now and that no outgoing connection will be given."""
    while True:
        port = random.choice(PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """CPU that `processes` have used so far, with that of their children that are gone."""
    return sum(sum(process.cpu_times()[:4]) for process in processes)


def busy_seconds() -> float:
    """CPU that the whole machine has used since it started."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def memory(processes: Iterable[psutil.Process]) -> Memory:
    """What `processes` hold now."""
    seen = [process.memory_full_info() for process in processes]
    return Memory(sum(one.rss for one in seen), sum(one.pss for one in seen))
