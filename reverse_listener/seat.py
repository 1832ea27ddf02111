"""One technician's connection to a call, through the call's loopback port.

A connection is admitted only if a ticket for this very call was spent within the last seconds, and only as many as
were spent: whoever else finds the port is shown the door without a byte.
"""

from __future__ import annotations

import asyncio
import logging

from reverse_listener.call import Call
from reverse_listener.inbox import HungUp, Inbox
from reverse_listener.ledger import Ledger
from reverse_listener.line import Line
from rfb import RfbError, ViewerGreeting
from sessions.calls import TakenSeat

GREETING_SECONDS = 20.0
# Bytes a viewer may send before the call welcomes it. noVNC's first requests are some hundred.
MAX_EARLY = 64 * 1024

log = logging.getLogger(__name__)


class Seat:
    """A technician's connection that wants to join its call. `over` is done when it has left.

    Until the call welcomes it, what the viewer sends is kept back: a server that heard it would answer in the middle
    of what nobody may see yet.
    """

    def __init__(self, line: Line, call: Call) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line = line
        self._call = call
        self._early = b""
        self._is_welcome = False

    def join(self, early: bytes) -> None:
        """Take part: `early` is what the viewer sent right behind its greeting."""
        self._early = early
        self._line.listen(self)
        self._call.join(self)

    # The call's side.

    def welcome(self, begun: bytes) -> None:
        """The call's bytes begin here, with `begun`; ours may go."""
        self._is_welcome = True
        self.send(begun)
        self._line.resume()
        self._call.send(self._early)

    def send(self, data: bytes) -> None:
        """Bytes for the technician."""
        self._line.send(data)

    def finish(self) -> None:
        """The customer's server will say nothing more."""
        self._line.finish()

    def pause(self) -> None:
        """The customer's side is full."""
        self._line.pause()

    def resume(self) -> None:
        """It has room again."""
        self._line.resume()

    def leave(self) -> None:
        """The call is over: what was sent may still arrive, then the connection closes."""
        self._line.close()

    # The line's side.

    def received(self, data: bytes) -> None:
        """Bytes from the technician."""
        if self._is_welcome:
            self._call.send(data)
            return
        self._early += data
        if len(self._early) > MAX_EARLY:
            self._line.pause()

    def ended(self) -> None:
        """The technician will send nothing more."""
        if self._is_welcome:
            self._call.finish()
        else:
            self._line.close()

    def closed(self) -> None:
        """The technician is gone."""
        self._call.leave(self)
        if not self.over.done():
            self.over.set_result(None)

    def full(self) -> None:
        """The technician's browser is slow: the customer's server has to wait."""
        self._call.pause()

    def drained(self) -> None:
        """It caught up."""
        self._call.resume()


async def admit(line: Line, call: Call, ledger: Ledger, taken_seats: dict[int, Line]) -> None:
    """Serve one connection to a call's loopback port, from its first byte to its last.

    While it has a seat, the connection stands in `taken_seats` under the seat's number.
    """
    taken = None
    try:
        taken = await ledger.take_seat(call.id)
        if taken is None:
            log.warning("call %d: a connection without a ticket was turned away", call.id)
        else:
            taken_seats[taken.id] = line
            await _serve(line, call, ledger, taken)
    finally:
        if taken:
            taken_seats.pop(taken.id, None)
        line.abort()


async def _serve(line: Line, call: Call, ledger: Ledger, taken: TakenSeat) -> None:
    log.info("call %d: %s takes a seat", call.id, taken.view.technician)
    try:
        await _sit(line, call)
    finally:
        await ledger.seat_left(taken.id)
        log.info("call %d: %s left", call.id, taken.view.technician)


async def _sit(line: Line, call: Call) -> None:
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            early = await _greet(line, call)
    except (HungUp, RfbError, TimeoutError) as error:
        log.info("call %d: the viewer did not finish its greeting: %r", call.id, error)
        return
    seat = Seat(line, call)
    seat.join(early)
    await seat.over


async def _greet(line: Line, call: Call) -> bytes:
    inbox = Inbox(line)
    greeting = ViewerGreeting(call.desktop)
    line.send(greeting.data_to_send())
    while not greeting.done:
        try:
            greeting.receive_data(await inbox.read())
        finally:
            line.send(greeting.data_to_send())
    return greeting.trailing_data
