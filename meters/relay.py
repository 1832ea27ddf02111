"""How a process that lives for one connection has something counted by the one that started it: through a pipe.

Each message is shorter than PIPE_BUF (pipe(7)), so that it arrives whole or not at all, whoever else writes. Nobody
waits: what the pipe does not take is not counted.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping

from meters.kinds import Counter, Histogram, Meter

CHUNK = 64 * 1024


class Relay:
    """Made before the fork. Those who live shortly `count` and `observe`; the one who keeps a book `collect`s."""

    def __init__(self, meters: Mapping[str, Meter]) -> None:
        self._meters = meters
        self._reading, self._writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._rest = b""

    def count(self, meter: Counter, value: str = "") -> None:
        """It happened once more."""
        self._say(f"{meter.name} {value or '-'} 1\n")

    def observe(self, meter: Histogram, seconds: float) -> None:
        """One more took `seconds`."""
        self._say(f"{meter.name} - {seconds:.6f}\n")

    def collect(self) -> None:
        """Count what has come."""
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self._reading, CHUNK):
                *lines, self._rest = (self._rest + chunk).split(b"\n")
                for line in lines:
                    self._heed(line.decode())

    def close(self) -> None:
        """Say and hear no more."""
        for end in (self._reading, self._writing):
            os.close(end)

    def _say(self, line: str) -> None:
        # Nobody reads any more where the one that keeps the book is gone.
        with contextlib.suppress(OSError):
            os.write(self._writing, line.encode())

    def _heed(self, line: str) -> None:
        name, value, amount = line.split(" ")
        meter = self._meters.get(name)
        if isinstance(meter, Counter):
            meter.add("" if value == "-" else value, float(amount))
        elif isinstance(meter, Histogram):
            meter.observe(float(amount))
