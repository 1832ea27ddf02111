"""Who carries on: this very program, started once more with the listening sockets while the old one still serves.

The two have a line between them. The successor says `ready PID` or `failed` and why; the old one stops accepting, and
says `go`. Nobody who dials meanwhile is refused: what is not accepted yet waits in the kernel, at the same socket.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Self

from service.handover import LINE

READY, FAILED, GO = "ready", "failed", b"go"
READY_SECONDS = 60.0
GO_SECONDS = 60.0
MAX_WORDS = 2048


def own_command() -> list[str]:
    """How this process was started: the interpreter, and all that was said to it."""
    return [sys.executable, *sys.orig_argv[1:]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a successor: `pid` is ready, or there is none, for `reason`."""

    pid: int | None = None
    reason: str = ""


class Successor:
    """A successor that was started and is waited for, until `deadline` of the clock that `look` is told."""

    def __init__(self, line: socket.socket, starter: subprocess.Popen[bytes], deadline: float) -> None:
        self._line = line
        self._starter = starter
        self._deadline = deadline
        self._heard = b""

    @classmethod
    def start(
        cls, sockets: Sequence[socket.socket], now: float, command: Sequence[str] = (), seconds: float = READY_SECONDS
    ) -> Self:
        """Start it; `command` is this process's own unless told. Raises OSError where nothing can be started."""
        ours, theirs = socket.socketpair()
        with theirs:
            descriptors = [*(one.fileno() for one in sockets), theirs.fileno()]
            words = [str(len(descriptors)), *map(str, descriptors), *(command or own_command())]
            starter = subprocess.Popen(  # noqa: S603  (this program's own command line)
                [sys.executable, "-m", "service.handover", *words], pass_fds=descriptors, stdin=subprocess.DEVNULL
            )
        ours.setblocking(False)  # noqa: FBT003  (the standard library's signature)
        return cls(ours, starter, now + seconds)

    def look(self, now: float) -> Outcome | None:
        """What became of it, or None as long as that is open. Waits for nothing."""
        self._starter.poll()
        try:
            news = self._line.recv(MAX_WORDS)
        except BlockingIOError:
            return self._give_up("It was not ready in time.") if now >= self._deadline else None
        except OSError as error:
            return self._give_up(f"The line to it broke: {error.strerror}.")
        self._heard += news
        if news and b"\n" not in self._heard and len(self._heard) < MAX_WORDS:
            return None
        return self._understand()

    def go(self) -> None:
        """It serves from now on."""
        with contextlib.suppress(OSError):
            self._line.send(GO)
        self._line.close()

    def _understand(self) -> Outcome:
        word, _, rest = self._heard.decode(errors="replace").strip().partition(" ")
        if word == READY and rest.isascii() and rest.isdigit():
            return Outcome(pid=int(rest)) if self._is_there() else self._give_up("It was ready, and ended then.")
        return self._give_up(rest if word == FAILED else "It ended before it was ready.")

    def _is_there(self) -> bool:
        """Whether it still waits for `go`: nobody may be left to accept, had this process let go for one that died."""
        try:
            return bool(self._line.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def _give_up(self, reason: str) -> Outcome:
        # Whoever waits at the line for `go` reads its end and ends; whoever is not there yet, when it comes to it.
        self._line.close()
        return Outcome(reason=reason)


class Predecessor:
    """The line to the process that this one succeeds; without one, all that is said here is said to nobody."""

    def __init__(self, line: socket.socket | None) -> None:
        self._line = line

    @classmethod
    def from_env(cls, environ: MutableMapping[str, str] = os.environ) -> Self:
        """Read the environment; children are not told."""
        descriptor = environ.pop(LINE, "")
        if not descriptor:
            return cls(None)
        os.set_inheritable(int(descriptor), False)  # noqa: FBT003  (the standard library's signature)
        return cls(socket.socket(fileno=int(descriptor)))

    def __bool__(self) -> bool:
        return self._line is not None

    def ready(self, seconds: float = GO_SECONDS) -> bool:
        """Say that all is ready, and wait until the old one has let go; False where it is not there to do so."""
        if self._line is None:
            return True
        with self._line as line:
            self._line = None
            try:
                line.settimeout(seconds)
                line.sendall(f"{READY} {os.getpid()}\n".encode())
                return line.recv(len(GO)) == GO
            except OSError:
                return False

    def failed(self, reason: str) -> None:
        """Say why this process cannot serve."""
        if self._line is None:
            return
        with self._line as line, contextlib.suppress(OSError):
            self._line = None
            line.sendall(f"{FAILED} {' '.join(reason.split())}"[: MAX_WORDS - 1].encode() + b"\n")


def end(pid: int) -> None:
    """Ask another process of this user to stop; one that is gone already needs nothing."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGTERM)
