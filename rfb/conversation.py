"""How a parser waits: a script asks for so many bytes, and goes on when they are here.

A script is a generator. ``yield 12`` means "I need the next twelve bytes" and evaluates to exactly those, so a script
reads like the protocol's description, and how the network cut the bytes cannot change what it does. While it waits
for n bytes, fewer than n are stored; whatever comes after its last need is never touched.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

from rfb.buffer import ReceiveBuffer
from rfb.events import Event

Result = TypeVar("Result")
Script = Generator[int, bytes, Result]


class Reading:
    """Bytes in, events out, until the script ends.

    ``done`` tells that it has ended; ``trailing_data`` are the bytes received after its end, for whoever reads next.
    """

    def __init__(self, script: Script[None], limit: int) -> None:
        self.done = False
        self.trailing_data = b""
        self._buffer = ReceiveBuffer(limit)
        self._script = script
        self._events: list[Event] = []
        self._error: Exception | None = None
        self._wanted = next(script)

    def receive_data(self, data: bytes) -> list[Event]:
        """Take bytes from the peer, of any length, and return what they complete (b"" completes nothing).

        Raise a RfbError where the peer cannot be served, and the same one again at every later call. Raise
        RuntimeError once ``done``: bytes that come later belong to whoever got ``trailing_data``.
        """
        self._refuse_if_over()
        used = 0
        while not self.done:
            need = self._wanted - len(self._buffer)
            self._buffer.append(data[used : used + need])
            used += need
            item = self._buffer.take(self._wanted)
            if item is None:
                break
            self._go_on(item)
        self.trailing_data = data[used:]
        return self._emitted()

    def _refuse_if_over(self) -> None:
        if self._error is not None:
            raise self._error
        if self.done:
            raise RuntimeError("this reading is done: the bytes belong to whoever reads next")

    def _go_on(self, item: bytes) -> None:
        try:
            self._wanted = self._script.send(item)
        except StopIteration:
            self.done = True
        except Exception as error:  # whatever ended the script, it must never look done
            self._error = error
            raise

    def _emit(self, event: Event) -> None:
        self._events.append(event)

    def _emitted(self) -> list[Event]:
        events, self._events = self._events, []
        return events


class Conversation(Reading):
    """A reading that also answers: send ``data_to_send()`` after every call, also after one that raised."""

    def __init__(self, script: Script[None], limit: int) -> None:
        self._outgoing = bytearray()
        super().__init__(script, limit)

    def data_to_send(self) -> bytes:
        """Return the bytes for the peer that are new since the last call, and forget them."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def _send(self, *parts: bytes) -> None:
        for part in parts:
            self._outgoing += part
