"""A line between a browser and a server that can be cut and mended, and is as slow as it is told to be.

While it is cut, connections on it die, and new ones are refused.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

CHUNK = 65536
# What a slow line carries at once.
PIECE = 1024


class CuttableLine:
    """Listens on one port of this machine and passes everything on to another, while it is whole."""

    def __init__(self, here: int, there: int) -> None:
        self.bytes_a_second: int | None = None
        self._here = here
        self._there = there
        self._open: set[socket.socket] = set()
        self._threads: list[Thread] = []
        self.mend()

    def mend(self) -> None:
        """Let connections through from here on."""
        self._start(self._listen, socket.create_server(("127.0.0.1", self._here)))

    def cut(self) -> None:
        """End every connection at both ends, and refuse new ones."""
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        threads, self._threads = self._threads, []
        for thread in threads:
            thread.join()

    def _start(self, work: Callable[[socket.socket], None], one: socket.socket) -> None:
        thread = Thread(target=work, args=(one,))
        self._threads.append(thread)
        thread.start()

    def _listen(self, listener: socket.socket) -> None:
        with self._while_open(listener), suppress(OSError):
            while True:
                self._start(self._carry, listener.accept()[0])

    def _carry(self, near: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self._there))
        with self._while_open(near), self._while_open(far):
            back = Thread(target=self._pump, args=(far, near))
            back.start()
            self._pump(near, far)
            back.join()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(PIECE if self.bytes_a_second else CHUNK):
                target.sendall(chunk)
                if self.bytes_a_second:
                    time.sleep(len(chunk) / self.bytes_a_second)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _while_open(self, one: socket.socket) -> Iterator[None]:
        self._open.add(one)
        with one:
            yield
        self._open.discard(one)


@contextmanager
def cuttable_line(here: int, there: int) -> Iterator[CuttableLine]:
    """A line for the length of a `with` block."""
    line = CuttableLine(here, there)
    try:
        yield line
    finally:
        line.cut()
