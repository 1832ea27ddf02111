"""A line with its other end in the test's hands, and those who listen to it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from reverse_listener.guests import Beginning, Bytes
from reverse_listener.line import Line
from rfb import Desktop, PixelFormat
from rfb.input import Key, Pointer

PATIENCE = 15.0
PIXELS = PixelFormat(32, 24, False, True, 255, 255, 255, 16, 8, 0)  # noqa: FBT003  (in the order of the RFC)
DESKTOP = Desktop(1024, 768, PIXELS, "FRONT-DESK")


def cut_text(text: bytes) -> bytes:
    """ServerCutText (RFC 6143 §7.6.4)."""
    return b"\x03\0\0\0" + len(text).to_bytes(4, "big") + text


@dataclass
class Recorder:
    """Writes down whatever a line, or a call, tells it."""

    heard: bytearray = field(default_factory=bytearray)
    told: list[str] = field(default_factory=list)

    # As a line's listener.

    def received(self, data: bytes) -> None:
        self.heard += data

    def ended(self) -> None:
        self.told.append("ended")

    def closed(self) -> None:
        self.told.append("closed")

    def full(self) -> None:
        self.told.append("full")

    def drained(self) -> None:
        self.told.append("drained")

    # As a call's guest. What it holds down is one word.

    is_full: bool = False
    levels: tuple[int | None, int | None] = (6, 2)
    beginnings: list[Beginning] = field(default_factory=list)

    def __hash__(self) -> int:
        return id(self)

    def begin(self, beginning: Beginning) -> None:
        self.beginnings.append(beginning)
        self.heard += beginning.words + beginning.update

    def send(self, data: Bytes) -> None:
        self.heard += data

    def tell(self, message: bytes) -> None:
        self.heard += message

    def whole(self) -> None:
        self.told.append("whole")

    def note(self, _what: Key | Pointer) -> None:
        self.told.append("note")

    def let_go(self) -> bytes:
        return b"up"

    def finish(self) -> None:
        self.told.append("finish")

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")

    def leave(self) -> None:
        self.told.append("leave")


@dataclass
class Peer:
    """The other end of a line."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hear(self, count: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(count), PATIENCE)

    async def hear_some(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(1 << 16), PATIENCE)

    async def hear_all(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(), PATIENCE)

    def finish(self) -> None:
        self.writer.write_eof()

    async def leave(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


@contextlib.asynccontextmanager
async def connected(make: Callable[[], Line] = Line) -> AsyncIterator[tuple[Line, Peer]]:
    """A line and its other end, as two ends of one socket pair."""
    ours, theirs = socket.socketpair()
    _transport, line = await asyncio.get_running_loop().create_connection(make, sock=ours)
    peer = Peer(*await asyncio.open_connection(sock=theirs))
    try:
        yield line, peer
    finally:
        line.abort()
        await peer.leave()
        await until(lambda: line.is_closed)


async def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Let the loop run until `condition` holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  (what is waited for has no event)
            await asyncio.sleep(0.001)
