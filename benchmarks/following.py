"""What it costs to follow pictures: alone, and in the relay between a customer's socket and a technician's.

The hop is what a relay cannot do without: read here, write there, in the same event loop with the same two lines. All
figures are CPU seconds of this process for a gigabyte on the wire; the two peers are processes of their own.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import cast

from benchmarks.pictures import Stream, stream
from reverse_listener.call import Call
from reverse_listener.line import Line
from reverse_listener.seat import Seat
from rfb import Desktop, Follower
from rfb.encodings import NOVNC_FORMAT, set_encodings, set_pixel_format, update_request
from rfb.zlib_window import Streams
from sessions.matching import Claims

SIZES = (300, 2_000, 20_000)
TOTAL = 16_000_000  # bytes of a stream
CHUNK = 64 * 1024
DESKTOP = Desktop(1024, 768, NOVNC_FORMAT, "benchmark")
HELLO = set_pixel_format(NOVNC_FORMAT) + set_encodings([7, -26, -254]) + update_request(1024, 768, incremental=False)


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU seconds for a gigabyte: following alone, the hop alone, and a whole call with its one seat.

    `inflating` is seconds for a gigabyte of what is inflated on the wire, 0 where nothing is.
    """

    size: int
    following: float
    inflating: float
    hop: float
    call: float


def costs(size: int, *, deflated: bool) -> Costs:
    """All figures for rectangles of about `size` bytes."""
    made = stream(size, TOTAL, deflated=deflated)
    heads = _follow(made, inflating=False)
    inflating = (_follow(made, inflating=True) - heads) / made.deflated * 1e9 if made.deflated else 0.0
    gigabyte = len(made.data) / 1e9
    return Costs(size, heads / gigabyte, inflating, _carry(made, _hop) / gigabyte, _carry(made, _call) / gigabyte)


def _follow(made: Stream, *, inflating: bool) -> float:
    follower = Follower(1024, 768)
    if not inflating:
        # Nothing waits, so that only heads are read.
        follower.streams = _Nothing()
    chunks = [made.data[at : at + CHUNK] for at in range(0, len(made.data), CHUNK)]
    began = time.process_time()
    for chunk in chunks:
        at = 0
        while at < len(chunk):
            at, _ = follower.advance(chunk, at)
    follower.streams.settle()
    took = time.process_time() - began
    if follower.fault or follower.rectangles != made.rectangles:
        raise AssertionError(f"the stream was not followed: {follower.fault}")
    return took


class _Nothing(Streams):
    """Streams that forget what they are given."""

    def settle(self) -> None:
        for window in self.tight:
            window.forget()


Relay = Callable[[Line, Line], None]


def _hop(customer: Line, technician: Line) -> None:
    """Nothing but bytes one way."""
    customer.listen(_Pass(technician))
    technician.listen(_Pass(customer))


def _call(customer: Line, technician: Line) -> None:
    """A call and its seat, as the listener has them."""
    call = Call(customer, DESKTOP, Claims("127.0.0.1"))
    seat = Seat(technician, call, DESKTOP)
    call.set_control(seat)
    seat.join(HELLO)


class _Pass:
    def __init__(self, other: Line) -> None:
        self._other = other

    def received(self, data: bytes) -> None:
        self._other.send(data)

    def ended(self) -> None:
        self._other.close()

    def closed(self) -> None:
        self._other.close()

    def full(self) -> None:
        """The other line's listener is told, not this one."""

    def drained(self) -> None:
        """As above."""


def _carry(made: Stream, relay: Relay) -> float:
    """CPU seconds of this process from the first byte to the last."""
    with _peers(made.data) as (customer, technician):
        return asyncio.run(_relay(customer, technician, relay))


async def _relay(customer: socket.socket, technician: socket.socket, relay: Relay) -> float:
    loop = asyncio.get_running_loop()
    lines = [(await loop.create_connection(Line, sock=one))[1] for one in (customer, technician)]
    began = time.process_time()
    relay(*lines)
    while not lines[1].has_ended:  # noqa: ASYNC110  (its listener is the relay's)
        await asyncio.sleep(0.01)
    return time.process_time() - began


@contextmanager
def _peers(data: bytes) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A process that sends all of `data`, and one that reads as much and closes."""
    context = get_context("fork")
    ours, theirs = _pair()
    here, there = _pair()
    processes = [
        context.Process(target=_send, args=(theirs, data)),
        context.Process(target=_read, args=(there, len(data))),
    ]
    for process in processes:
        process.start()
    theirs.close()
    there.close()
    try:
        yield ours, here
    finally:
        for process in processes:
            process.kill()
            process.join()


def _send(connection: socket.socket, data: bytes) -> None:
    connection.sendall(data)
    # What the relay says is nothing to this server; it stays until the relay hangs up, or it is ended.
    while connection.recv(1 << 16):
        continue


def _read(connection: socket.socket, count: int) -> None:
    buffer = memoryview(bytearray(256 * 1024))
    while count > 0 and (got := connection.recv_into(buffer)):
        count -= got
    # Not only closed: the other processes have copies of this end.
    connection.shutdown(socket.SHUT_RDWR)


def _pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of one TCP connection over loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = socket.create_connection(cast("tuple[str, int]", listener.getsockname()))
        other, _ = listener.accept()
    return one, other
