"""Programs that a test starts, each with a log of its own; all are gone when the test is over."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.processes import Process

END_SECONDS = 5.0


@dataclass
class Programs:
    """What runs for one test, in a folder that only this test has."""

    folder: Path
    processes: list[Process] = field(default_factory=list)

    def start(self, name: str, *command: str, **environ: str) -> Process:
        """Start a program and do not wait for it."""
        log = self.folder / f"{name}-{len(self.processes)}.log"
        with log.open("wb") as output:
            popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=os.environ | environ,
                start_new_session=True,
            )
        self.processes.append(Process(name, popen, log))
        return self.processes[-1]

    def run(self, *command: str, **environ: str) -> str:
        """Run a short program; answers what it printed. One that fails is an error of the test."""
        done = subprocess.run(
            command, cwd=self.folder, env=os.environ | environ, capture_output=True, text=True, timeout=20, check=False
        )
        assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def close(self) -> None:
        """Ask all to end, the last one first, and end what does not: an X server that is killed leaves its lock."""
        for process in reversed(self.processes):
            process.popen.terminate()
        for process in reversed(self.processes):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(END_SECONDS)
            process.close()


@contextlib.contextmanager
def programs_in(folder: Path) -> Iterator[Programs]:
    """Programs for the length of a `with` block."""
    programs = Programs(folder)
    try:
        yield programs
    finally:
        programs.close()
