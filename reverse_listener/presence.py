"""Which listeners of this node live: the kernel knows, by a lock that each keeps on a file of its own.

A row can outlive its listener, a lock cannot. So whoever starts finds the calls of a dead listener at once, and leaves
those of one that drains alone.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

BEGINNING = "listener.lock"
MAX_NUMBER = 20  # characters of a process's number


class Presence:
    """The lock files in `folder`, the state directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: IO[str] | None = None

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """While somebody begins, nobody else does: else each could take the other for dead, having no lock yet."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / BEGINNING).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def take(self, listener_id: int) -> None:
        """This process is the listener with that number, until it lets go or dies."""
        own = self._file(listener_id).open("w")
        fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
        own.write(f"{os.getpid()}\n")
        own.flush()
        self._own = own

    def leave(self) -> None:
        """This process is no listener any more."""
        if self._own:
            Path(self._own.name).unlink(missing_ok=True)
            self._own.close()
            self._own = None

    def forget(self, listener_id: int) -> None:
        """Remove what a dead listener left behind."""
        self._file(listener_id).unlink(missing_ok=True)

    def process_of(self, listener_id: int) -> int | None:
        """The process that is this listener, or None where it is dead."""
        with suppress(FileNotFoundError), self._file(listener_id).open() as lock:
            try:
                # Shared: two who ask at once must not take each other for the listener.
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                # From the file that is open: one that leaves right now has its name removed already.
                return _process(lock.read(MAX_NUMBER).strip())
        return None

    def others(self) -> list[int]:
        """The numbers of the listeners that live here, besides this one; no database is asked."""
        names = (path.stem.removeprefix("listener-") for path in self._folder.glob("listener-*.lock"))
        numbers = sorted(int(name) for name in names if name.isascii() and name.isdigit())
        return [one for one in numbers if not self._is_own(one) and self.process_of(one) is not None]

    def _is_own(self, listener_id: int) -> bool:
        return self._own is not None and Path(self._own.name) == self._file(listener_id)

    def _file(self, listener_id: int) -> Path:
        return self._folder / f"listener-{listener_id}.lock"


def _process(text: str) -> int:
    # 0: its lock is there, and its number not written yet.
    return int(text) if text.isascii() and text.isdigit() else 0
