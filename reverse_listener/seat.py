"""One technician's connection to a call, through the call's loopback port.

A connection is admitted only if a ticket for this very call was spent within the last seconds, and only as many as
were spent: whoever else finds the port is shown the door without a byte.
"""

from __future__ import annotations

import asyncio
import logging

from meters import catalogue
from reverse_listener.call import Call
from reverse_listener.guests import Beginning, Bytes
from reverse_listener.inbox import HungUp, Inbox
from reverse_listener.ledger import Ledger
from reverse_listener.line import Line
from rfb import Desktop, HeldDown, RfbError, ViewerGreeting, ViewerMessages
from rfb.encodings import Encoding
from rfb.input import Key, Pointer, Request
from sessions import logs
from sessions.call_values import TakenSeat

CONTROL = "control"
GREETING_SECONDS = 20.0
# A technician's browser that takes nothing is left out at the next rectangle. No rectangle is so large; a seat that
# has this much under way is beyond help.
MAX_UNDER_WAY = 64 * 1024 * 1024

log = logging.getLogger(__name__)


class Seat:
    """A technician's connection to a call. `over` is done when it has left; `levels` are quality and compression.

    It takes part from its viewer's first request on: by then it has said how it likes its pictures. `since` is the
    loop's time at which its ticket was spent.
    """

    def __init__(self, line: Line, call: Call, greeted: Desktop, since: float | None = None) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.levels: tuple[int | None, int | None] = (None, None)
        self.is_full = False
        self._line = line
        self._call = call
        self._size = (greeted.width, greeted.height)
        self._messages = ViewerMessages()
        self._held = HeldDown()
        self._sits = False
        self._since = since

    def join(self, early: bytes) -> None:
        """Take part: `early` is what the viewer sent right behind its greeting."""
        if early:
            self.received(early)
        self._line.listen(self)

    # The call's side.

    def begin(self, beginning: Beginning) -> None:
        """The pictures begin here."""
        if self._since is not None:
            catalogue.ATTACH.observe(asyncio.get_running_loop().time() - self._since)
            self._since = None
        self._line.send(beginning.words + beginning.update)

    def send(self, data: Bytes) -> None:
        """Pictures for the technician."""
        self._line.send(data)
        if self.is_full and self._line.under_way > MAX_UNDER_WAY:
            self._line.abort()

    def tell(self, message: bytes) -> None:
        """A bell, or a clipboard."""
        self._line.send(message)

    def whole(self) -> None:
        """The technician sees that."""

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

    def note(self, what: Key | Pointer) -> None:
        """Remember what is held down on the customer's computer."""
        self._held.note(what)

    def let_go(self) -> bytes:
        """The messages that let go of it."""
        return self._held.release()

    # The line's side.

    def received(self, data: bytes) -> None:
        """Bytes from the technician."""
        self._messages.has_more_buttons = self._call.announces(Encoding.EXTENDED_MOUSE_BUTTONS)
        try:
            said = self._messages.receive_data(data)
        except RfbError as error:
            with logs.about(self._call.subject):
                log.warning("call %d: a seat was ended: %s", self._call.id, error)
            self._line.abort()
            return
        for each in said:
            if isinstance(each, Request) and not self._sits:
                self._sits = True
                self._call.sit(self, self._size)
            self._call.heed(self, each)

    def ended(self) -> None:
        """The technician will send nothing more."""
        self._line.close()

    def closed(self) -> None:
        """The technician is gone."""
        self._call.rise(self)
        if not self.over.done():
            self.over.set_result(None)

    def full(self) -> None:
        """The technician's browser is slow."""
        self.is_full = True
        self._call.full_seat(self)

    def drained(self) -> None:
        """It caught up."""
        self.is_full = False
        self._call.drained_seat(self)


class Place:
    """A seat's place at its call: there from the ticket on, while `seat` comes after the greeting.

    `since` is the loop's time at which the ticket was spent.
    """

    def __init__(self, line: Line, call: Call, mode: str, since: float | None = None) -> None:
        self.line = line
        self.call = call
        self.since = since
        self.seat: Seat | None = None
        self._mode = mode

    def sit(self, seat: Seat) -> None:
        """Its greeting is done."""
        self.seat = seat
        self._apply()

    def set_mode(self, mode: str) -> None:
        """People decided that it has control, or watches."""
        if mode != self._mode:
            self._mode = mode
            self._apply()

    def _apply(self) -> None:
        if self.seat and self._mode == CONTROL:
            self.call.set_control(self.seat)
        elif self.seat and self.call.control is self.seat:
            self.call.set_control(None)


async def admit(line: Line, call: Call, ledger: Ledger, places: dict[int, Place]) -> None:
    """Serve one connection to a call's loopback port, from its first byte to its last.

    While it has a seat, it stands in `places` under the seat's number.
    """
    with logs.about(call.subject):
        await _admit(line, call, ledger, places)


async def _admit(line: Line, call: Call, ledger: Ledger, places: dict[int, Place]) -> None:
    taken = None
    try:
        taken = await ledger.take_seat(call.id)
        if taken is None:
            log.warning("call %d: a connection without a ticket was turned away", call.id)
        else:
            catalogue.SEAT_WAIT.observe(taken.waited)
            since = asyncio.get_running_loop().time() - taken.waited
            places[taken.id] = Place(line, call, taken.view.mode, since)
            await _serve(places[taken.id], ledger, taken)
    finally:
        if taken:
            places.pop(taken.id, None)
        line.abort()


async def _serve(place: Place, ledger: Ledger, taken: TakenSeat) -> None:
    call = place.call
    log.info("call %d: %s takes a seat (%s)", call.id, taken.view.technician, taken.view.mode)
    try:
        await _sit(place)
    finally:
        await ledger.seat_left(taken.id)
        log.info("call %d: %s left", call.id, taken.view.technician)


async def _sit(place: Place) -> None:
    greeted = place.call.desktop
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            early = await _greet(place.line, greeted)
    except (HungUp, RfbError, TimeoutError) as error:
        log.info("call %d: the viewer did not finish its greeting: %r", place.call.id, error)
        return
    seat = Seat(place.line, place.call, greeted, place.since)
    place.sit(seat)
    seat.join(early)
    await seat.over


async def _greet(line: Line, desktop: Desktop) -> bytes:
    inbox = Inbox(line)
    greeting = ViewerGreeting(desktop)
    line.send(greeting.data_to_send())
    while not greeting.done:
        try:
            greeting.receive_data(await inbox.read())
        finally:
            line.send(greeting.data_to_send())
    return greeting.trailing_data
