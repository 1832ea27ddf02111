"""Programs that speak with a person, on a terminal of their own."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import tty
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.processes import wait_until

# What a console sends to place the cursor, hide it, or set the title.
_ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")


@dataclass
class Window:
    """A program in a terminal: what it has shown, and ways to type into it and to close it."""

    popen: subprocess.Popen[bytes]
    terminal: int
    raw: bytes = b""

    @property
    def text(self) -> str:
        """All that was shown until now, in one line."""
        self._read()
        return " ".join(_ESCAPES.sub(b"", self.raw).decode("utf-8", "replace").split())

    def shows(self, text: str, seconds: float = 20.0) -> None:
        """Wait until `text` was shown."""
        wait_until(lambda: text in self.text, seconds, f"{text!r} is shown; it was: {self.text}")

    def types(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def close(self) -> None:
        """End it as the cross of its window does: at once, with all that runs in it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait(10)
        with contextlib.suppress(OSError):
            os.close(self.terminal)

    def ends(self, seconds: float = 20.0) -> None:
        """Wait until it has closed by itself."""
        wait_until(lambda: self._read() or self.popen.poll() is not None, seconds, f"it closes; it was: {self.text}")

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # the other side is gone: no more to read
            while select.select([self.terminal], [], [], 0)[0]:
                self.raw += os.read(self.terminal, 65536)


def open_window(*command: str, folder: Path, environ: Mapping[str, str], raw: bool = True) -> Window:
    """Start `command` on a new terminal; not `raw`, it edits lines and turns Ctrl-C into a signal, as terminals do."""
    ours, theirs = pty.openpty()
    if raw:
        tty.setraw(theirs)
    popen = subprocess.Popen(
        # Whoever starts the tests in the background may have them ignore Ctrl-C, and a shell cannot undo that.
        command if raw else ("/usr/bin/env", "--default-signal", "/usr/bin/setsid", "--ctty", *command),
        cwd=folder,
        env=environ,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=raw,
    )
    os.close(theirs)
    return Window(popen, ours)
