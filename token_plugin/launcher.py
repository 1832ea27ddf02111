"""websockify's first process as a service: its seats are processes of their own, and go on when it has ended."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import NoReturn

from service.notify import Notifier
from service.reload import is_possible, tell
from service.successor import Successor

STATUS_SECONDS = 10.0

log = logging.getLogger(__name__)


class Launcher:
    """Hands over on SIGHUP, ends alone on SIGQUIT, and gives signs of life whenever it is asked to `attend`.

    Its signals only leave notes: what is raised in a signal's handler can get lost while a process is being forked.
    """

    def __init__(
        self, listener: socket.socket, notifier: Notifier, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._listener = listener
        self._notifier = notifier
        self._clock = clock
        self._told: set[signal.Signals] = set()
        self._successor: Successor | None = None
        self._trouble = ""
        self._next_sign = 0.0

    def begin(self) -> None:
        """It serves from now on."""
        for number in (signal.SIGHUP, signal.SIGQUIT) if is_possible() else (signal.SIGQUIT,):
            signal.signal(number, lambda number, _frame: self._told.add(signal.Signals(number)))
        self._notifier.ready(self._status())

    def attend(self) -> None:
        """Do what signals have asked for, see how far a successor is, give a sign of life. Never waits."""
        if signal.SIGQUIT in self._told:
            self._notifier.stopping()
            self._leave("told to end")
        if signal.SIGHUP in self._told and self._successor is None:
            self._start_successor()
        if self._successor:
            self._look_at(self._successor)
        if self._clock() >= self._next_sign:
            self._next_sign = self._clock() + self._notifier.pause(STATUS_SECONDS)
            self._notifier.ping()
            self._notifier.status(self._status())

    def _start_successor(self) -> None:
        self._told.discard(signal.SIGHUP)
        log.info("starting a successor, which will take the new connections")
        self._notifier.reloading()
        try:
            self._successor = Successor.start([self._listener], self._clock())
        except OSError as error:
            self._go_on(f"It could not be started: {error.strerror}.")

    def _look_at(self, successor: Successor) -> None:
        outcome = successor.look(self._clock())
        if outcome is None:
            return
        if outcome.pid is None:
            self._go_on(outcome.reason)
            return
        self._listener.close()
        # Told first: the successor's own word counts only once it is the main process.
        self._notifier.hand_over(outcome.pid)
        successor.go()
        tell()
        self._leave(f"process {outcome.pid} takes new connections")

    def _go_on(self, reason: str) -> None:
        self._successor = None
        self._trouble = f"The last reload failed, the older process goes on: {reason}"
        log.error("%s", self._trouble)
        self._notifier.ready(self._status())
        tell(reason)

    def _leave(self, why: str) -> NoReturn:
        log.info("%s; %d connections go on", why, len(multiprocessing.active_children()))
        logging.shutdown()
        # Not sys.exit: multiprocessing would wait there until the last connection is over.
        os._exit(0)

    def _status(self) -> str:
        return f"{len(multiprocessing.active_children())} connections are open. {self._trouble}".strip()
