"""Reads a line chunk by chunk from a coroutine: for greetings, where each answer depends on what came before."""

from __future__ import annotations

import asyncio

from reverse_listener.line import Wire


class HungUp(Exception):
    """The peer ended the connection while we were reading from it."""


class Inbox:
    """One chunk at a time: the line is paused until the chunk it brought was taken, so nothing piles up."""

    def __init__(self, line: Wire) -> None:
        self._line = line
        self._chunk = b""
        self._over = False
        self._wake = asyncio.Event()
        line.listen(self)

    async def read(self) -> bytes:
        """The next bytes, at least one. Raises HungUp."""
        while not self._chunk:
            if self._over:
                raise HungUp
            self._wake.clear()
            self._line.resume()
            await self._wake.wait()
        return self.take()

    def take(self) -> bytes:
        """What came and was not read yet, without waiting for more; nothing where nothing came."""
        chunk, self._chunk = self._chunk, b""
        return chunk

    def received(self, data: bytes) -> None:
        """Keep a chunk until it is read."""
        self._chunk += data
        self._line.pause()
        self._wake.set()

    def ended(self) -> None:
        """The peer is done: whoever reads learns it after the last chunk."""
        self._over = True
        self._wake.set()

    def closed(self) -> None:
        """The same."""
        self.ended()

    def full(self) -> None:
        """A greeting is smaller than any write buffer."""

    def drained(self) -> None:
        """As above."""
