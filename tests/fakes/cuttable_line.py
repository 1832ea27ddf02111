"""A line between a browser and a server that can be cut and mended, and is as slow as it is told to be.

While it is cut, connections on it die, and new ones are refused. Each connection can be cut by itself as well, or be
stopped: it stays open at both ends, and carries nothing until it goes on.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

CHUNK = 65536
# What a slow line carries at once.
PIECE = 1024


class Connection:
    """One connection on a line: both its ends."""

    def __init__(self, line: CuttableLine, near: socket.socket, far: socket.socket) -> None:
        self._line = line
        self._ends = (near, far)
        self._flows = Event()
        self._flows.set()

    def stop(self) -> None:
        """Hold everything back, both ways, and close nothing: what was under way is all that still arrives."""
        self._flows.clear()

    def go_on(self) -> None:
        """Carry on, with whatever was held back first."""
        self._flows.set()

    def cut(self) -> None:
        """End it at both ends."""
        for one in self._ends:
            _end(one)
        self.go_on()

    def carry(self) -> None:
        """Pass on what either end says, until both have ended."""
        near, far = self._ends
        back = Thread(target=self._pump, args=(far, near))
        back.start()
        self._pump(near, far)
        back.join()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(PIECE if self._line.bytes_a_second else CHUNK):
                self._flows.wait()
                target.sendall(chunk)
                if self._line.bytes_a_second:
                    time.sleep(len(chunk) / self._line.bytes_a_second)
        self._flows.wait()
        for one in (source, target):
            _end(one)


class CuttableLine:
    """Listens on one port of this machine and passes everything on to another, while it is whole."""

    def __init__(self, here: int, there: int) -> None:
        self.bytes_a_second: int | None = None
        self.here = here
        self.there = there
        self._listener: socket.socket | None = None
        self._connections: list[Connection] = []
        self._threads: list[Thread] = []
        self.mend()

    @property
    def connections(self) -> list[Connection]:
        """Those that are open now, the oldest first."""
        return list(self._connections)

    def mend(self) -> None:
        """Let connections through from here on."""
        self._listener = socket.create_server(("127.0.0.1", self.here))
        self._start(self._listen, self._listener)

    def cut(self) -> None:
        """End every connection at both ends, and refuse new ones."""
        if self._listener:
            _end(self._listener)
        for connection in self.connections:
            connection.cut()
        threads, self._threads = self._threads, []
        for thread in threads:
            thread.join()

    def _start(self, work: Callable[[socket.socket], None], one: socket.socket) -> None:
        thread = Thread(target=work, args=(one,))
        self._threads.append(thread)
        thread.start()

    def _listen(self, listener: socket.socket) -> None:
        with listener, suppress(OSError):
            while True:
                self._start(self._carry, listener.accept()[0])

    def _carry(self, near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", self.there)) as far:
            connection = Connection(self, near, far)
            self._connections.append(connection)
            connection.carry()
            self._connections.remove(connection)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


@contextmanager
def cuttable_line(here: int, there: int) -> Iterator[CuttableLine]:
    """A line for the length of a `with` block."""
    line = CuttableLine(here, there)
    try:
        yield line
    finally:
        line.cut()
