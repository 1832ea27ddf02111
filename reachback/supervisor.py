"""Runs a few programs as one, with honcho: one log, one end.

honcho 2.0 leaves a few things to whoever uses it, and they are here: a signal that comes while programs are still being
started (it fails on one whose process number it has not noted yet) or while a line is being printed; programs that
stay when honcho itself is killed, or when they ignore being asked to stop; and which program was the first to end.
"""

from __future__ import annotations

import ctypes
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from honcho.manager import Manager
from honcho.printer import Printer
from honcho.process import Process

from reachback.parts import Part

PR_SET_PDEATHSIG = 1  # prctl(2)


def supervise(parts: Sequence[Part], *, environ: Mapping[str, str], ready: Callable[[], None]) -> str | None:
    """Run `parts` until SIGINT or SIGTERM comes or one of them ends; then stop all of them.

    `ready` runs beside them, in a thread; what it raises as TimeoutError stops the parts as well.

    Returns:
        None after a signal, else one sentence: which part ended and how, or what was not ready in time.
    """
    programs = _Programs(ready)
    for part in parts:
        programs.add_process(part.name, _command(part), env=dict(environ))
    programs.loop()
    return programs.why


class _Programs(Manager):  # type: ignore[misc]  # honcho has no types
    """honcho's manager. Its loop asks ten times a second whether all have started, and whether any has stopped."""

    def __init__(self, ready: Callable[[], None]) -> None:
        super().__init__(_CleanPrinter(sys.stdout))
        self._process_ctor = _BoundProcess
        self._ready = ready
        self._asked = False
        self.why: str | None = None

    def terminate(self) -> None:
        """Stop all; where one has not quite started, as soon as it has."""
        self._asked = True
        if super()._all_started():
            super().terminate()

    def _start(self) -> None:
        super()._start()
        # Not before: a process that forks should have one thread only.
        threading.Thread(target=self._wait_until_ready, daemon=True).start()

    def _all_started(self) -> bool:
        started = bool(super()._all_started())
        if started and self._asked:
            super().terminate()
        return started

    def _any_stopped(self) -> bool:
        if not self._asked:
            self.why = self.why or self._first_end()
        # Once asked, honcho's own patience begins: what is still there after it is killed.
        return self._asked or bool(super()._any_stopped())

    def _system_print(self, data: str) -> None:
        """Say nothing: honcho tells of signals inside their handlers, where printing can fail, and all then hangs."""

    def _wait_until_ready(self) -> None:
        try:
            self._ready()
        except TimeoutError as error:
            self.why = str(error)
            self.terminate()

    def _first_end(self) -> str | None:
        for name, known in self._processes.items():
            code = known.get("returncode")
            if code is not None:
                return f"{name} ended by itself with {_outcome(code)}, so everything was stopped"
        return None


class _BoundProcess(Process):  # type: ignore[misc]  # honcho has no types
    """honcho's process between itself and the program; it ends with honcho, and the program with it."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:  # noqa: ANN401  (honcho's own queue)
        """Run the program; called in a process of its own."""
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        super().run(events, ignore_signals)


class _CleanPrinter(Printer):  # type: ignore[misc]  # honcho has no types
    """A part may log what a customer's machine sent: no control character of it may steer this terminal."""

    def write(self, message: Any) -> None:  # noqa: ANN401  (honcho's named tuple)
        text = message.data.decode(errors="replace") if isinstance(message.data, bytes) else message.data
        super().write(message._replace(data=printable(text)))


def printable(text: str) -> str:
    """One line of a part's log, with what could steer a terminal shown as a replacement character."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text.rstrip().expandtabs())


def _command(part: Part) -> str:
    # Were we killed, nobody would be left to stop the parts: the kernel then does. setpriv is part of util-linux.
    setpriv = shutil.which("setpriv")
    bound = (setpriv, "--pdeathsig", "TERM", "--") if setpriv else ()
    return "exec " + shlex.join((*bound, *part.command))


def _outcome(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
