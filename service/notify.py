"""What a part tells the service manager that started it (sd_notify(3)); without one, nothing is said to nobody."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping
from typing import Self

# The variables of sd_notify(3) and sd_watchdog_enabled(3).
SOCKET, WATCHDOG_USEC, WATCHDOG_PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
# systemd.service(5) advises half the watchdog's time; a third forgives one that comes late.
SIGNS_PER_WATCHDOG = 3
# systemd shows one line of a status.
MAX_STATUS = 500

log = logging.getLogger(__name__)


class Notifier:
    """Speaks to the service manager at `address`: a path, or the name of an abstract socket with `@` before it.

    What cannot be told is left untold: a service manager that does not listen must not stop the service.
    `watchdog` is within how many seconds it wants a sign of life each time, or None.
    """

    def __init__(self, address: str = "", watchdog: float | None = None) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog = watchdog

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ, pid: int | None = None) -> Self:
        """Read the environment; a watchdog that waits for another process is not this one's."""
        own = environ.get(WATCHDOG_PID, "") in {"", str(pid or os.getpid())}
        microseconds = environ.get(WATCHDOG_USEC, "")
        watches = own and microseconds.isascii() and microseconds.isdigit() and int(microseconds) > 0
        return cls(environ.get(SOCKET, ""), int(microseconds) / 1e6 if watches else None)

    def pause(self, most: float) -> float:
        """How many seconds to wait between two signs of life: `most`, or as few as the watchdog asks for."""
        return min(most, self.watchdog / SIGNS_PER_WATCHDOG) if self.watchdog else most

    def ready(self, status: str) -> None:
        """Started, or loaded again: it serves now."""
        self._say("READY=1", _status(status))

    def reloading(self) -> None:
        """A reload has begun; `ready` ends it, whatever came of it."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def hand_over(self, pid: int) -> None:
        """From now on `pid` is the service's main process."""
        self._say(f"MAINPID={pid}")

    def stopping(self) -> None:
        """It stops now."""
        self._say("STOPPING=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._say(_status(text))

    def ping(self) -> None:
        """A sign of life for the watchdog."""
        self._say("WATCHDOG=1")

    def _say(self, *lines: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
                out.sendto("\n".join(lines).encode(), self._address)
        except OSError as error:
            log.warning("the service manager cannot be told %s: %s", lines[0].partition("=")[0], error.strerror)


def _status(text: str) -> str:
    # A line's end would begin another assignment.
    return "STATUS=" + "".join(one if one.isprintable() else " " for one in text)[:MAX_STATUS]
