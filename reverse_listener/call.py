"""One customer's connection, from the moment its desktop is known until it is over.

While nobody sits at it, what its server says is followed just far enough to know where each message ends. Once a seat
has joined, bytes pass both ways untouched: when one side's write buffer is full, the other side's reading pauses; when
one side has nothing more to send, the other is told.

Until the relay can follow pictures, a technician's leaving ends the call: a newcomer could not decode what follows.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from reverse_listener import probe
from reverse_listener.line import Wire
from rfb import Desktop, IdleMessages, RfbError
from sessions.calls import Totals
from sessions.matching import Claims

HUNG_UP = "The customer's computer hung up."
TECHNICIAN_LEFT = "The technician left."
# How long the customer's server may take to hang up after it was told that nobody is there any more.
LINGER_SECONDS = 2.0
# While nobody sits at a call, its server may say this much in a second; a flood is read that slowly, and one call that
# floods cannot keep the listener from the others.
IDLE_MESSAGES = 500
IDLE_BURST = 50
MAX_PAUSE_SECONDS = 5.0


class Joined(Protocol):
    """A seat, as its call sees it."""

    def welcome(self, begun: bytes) -> None:
        """From here on it takes part; `begun` are the first bytes for the technician."""

    def send(self, data: bytes) -> None:
        """Bytes from the customer's server."""

    def finish(self) -> None:
        """There will be no more."""

    def pause(self) -> None:
        """Read no more from the technician for now."""

    def resume(self) -> None:
        """Read on."""

    def leave(self) -> None:
        """The call is over."""


class Call:
    """A customer's connection. `over` is done, with the reason, when it ends; `id` is its row in the register."""

    def __init__(self, line: Wire, desktop: Desktop, claims: Claims, early: bytes = b"") -> None:
        self.id = 0
        self.desktop = desktop
        self.claims = claims
        self.is_encrypted = line.is_encrypted
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._line = line
        self._ends_because = HUNG_UP
        self._is_seat_full = False
        self._idle = IdleMessages()
        self._seat: Joined | None = None
        self._newcomer: Joined | None = None
        self._probe: asyncio.Task[bool] | None = None
        self.received(early)
        line.listen(self)

    @property
    def totals(self) -> Totals:
        """Bytes that went each way so far."""
        return Totals(from_customer=self._line.received_bytes, to_customer=self._line.sent_bytes)

    def end(self, reason: str) -> None:
        """The call is over; the first reason given is the one that counts."""
        if not self.over.done():
            self.over.set_result(reason)

    def hang_up(self) -> None:
        """Close both legs at once."""
        self._line.abort()
        for seat in (self._seat, self._newcomer):
            if seat:
                seat.leave()

    async def answers(self) -> bool:
        """Whether the customer's machine is still there; its VNC server notices nothing."""
        if self.over.done() or self._line.is_closed:
            return False
        # Whoever asks meanwhile gets the same answer: two probes of one socket would undo each other's settings.
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(probe.answers(self._line.socket))
        return await asyncio.shield(self._probe) and not self.over.done()

    # The seat's side.

    def join(self, seat: Joined) -> None:
        """A greeted seat wants the bytes from here on; it gets them from a place where it can tell the messages."""
        self._newcomer = seat
        self._admit_newcomer()

    def leave(self, seat: Joined) -> None:
        """A seat's connection is over."""
        if seat is self._newcomer:
            self._newcomer = None
        elif seat is self._seat:
            self.end(TECHNICIAN_LEFT)

    def send(self, data: bytes) -> None:
        """Bytes from the technician."""
        self._line.send(data)

    def finish(self) -> None:
        """The technician will send nothing more: tell the server, and give it a moment for its last words."""
        if self._line.has_ended:
            self.end(self._ends_because)
            return
        self._ends_because = TECHNICIAN_LEFT
        self._line.finish()
        self._end_soon()

    def pause(self) -> None:
        """The technician's side is full."""
        self._is_seat_full = True
        self._line.pause()

    def resume(self) -> None:
        """It has room again."""
        self._is_seat_full = False
        self._line.resume()

    # The line's side.

    def received(self, data: bytes) -> None:
        """Bytes from the customer's server."""
        if self._seat:
            self._seat.send(data)
            return
        before = self._idle.finished
        try:
            self._idle.receive_data(data)
        except RfbError as error:
            self.end(str(error))
        else:
            self._slow_down(self._idle.finished - before)
            self._admit_newcomer()

    def ended(self) -> None:
        """The server has nothing more to say; a technician may still be reading its last words."""
        if self._seat and self._ends_because == HUNG_UP:
            self._seat.finish()
            self._end_soon()
        else:
            self.end(self._ends_because)

    def closed(self) -> None:
        """The line is gone."""
        self.end(self._ends_because)

    def full(self) -> None:
        """The customer's side takes no more for now."""
        if self._seat:
            self._seat.pause()

    def drained(self) -> None:
        """It does again."""
        if self._seat:
            self._seat.resume()

    def _slow_down(self, messages: int) -> None:
        if messages > IDLE_BURST:
            self._line.pause()
            pause = min(messages / IDLE_MESSAGES, MAX_PAUSE_SECONDS)
            asyncio.get_running_loop().call_later(pause, self._read_on)

    def _read_on(self) -> None:
        if not self._is_seat_full:
            self._line.resume()

    def _end_soon(self) -> None:
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self.end, self._ends_because)

    def _admit_newcomer(self) -> None:
        seat, begun = self._newcomer, self._idle.pending
        if seat is None or begun is None:
            return
        self._seat, self._newcomer = seat, None
        seat.welcome((self._idle.clipboard or b"") + begun)
