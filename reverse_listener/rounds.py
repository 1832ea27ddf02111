"""The one timer: carry out what people decided, let time run out, write what is still unwritten, give a sign of life.

Once an hour audit rows and recordings that are too old are deleted, and sign-ins that nobody used for too long.

A round that fails (the database is locked, or gone) is told once, and the next one tries again. Between two rounds,
whoever hears news of a decision (`wake`) has it carried out at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from meters import catalogue
from reverse_listener.archive import Archive
from reverse_listener.desk import Desk
from reverse_listener.door import Door
from reverse_listener.ledger import Ledger
from reverse_listener.neighbours import Neighbours
from reverse_listener.readings import Readings
from reverse_listener.tasks import Tasks

# What people decide has to happen within a second; four looks a second leave room for a slow one.
ROUND_SECONDS = 0.25
ROUNDS_PER_CHORE = 4
ROUNDS_PER_TALE = 240
ROUNDS_PER_PRUNING = 4 * 60 * 60

log = logging.getLogger(__name__)


class Rounds:
    """Goes round for as long as `walk` runs."""

    def __init__(
        self,
        desk: Desk,
        door: Door,
        ledger: Ledger,
        archive: Archive,
        *,
        readings: Readings | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._desk = desk
        self._door = door
        self._ledger = ledger
        self._archive = archive
        self._readings = readings
        self._in_trouble = False
        self._slow_chores = Tasks()
        self._beat = beat
        self._neighbours = Neighbours(ledger, door, desk)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self.drains = self.declared_gone = False

    def drain(self) -> None:
        """Go on for the calls that are here; what is to be done once for all of the register is another's to do."""
        self.drains = True

    def wake(self) -> None:
        """Something was decided: look at once. This may be said in any thread."""
        if self._loop:
            # A loop that is closed already carries out nothing any more.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._news.set)

    async def walk(self) -> None:
        """Go round until cancelled, or until another listener has declared this one gone."""
        number = 0
        self._loop = asyncio.get_running_loop()
        clock = self._loop.time
        while not self.declared_gone:
            began = clock()
            await self._try(self._go_round(number))
            catalogue.ROUND.observe(clock() - began)
            if self._readings and number % ROUNDS_PER_CHORE == 0:
                self._readings.take()
            self._beat()
            number += 1
            await self._rest(clock() + ROUND_SECONDS)

    async def _rest(self, until: float) -> None:
        """Wait for the next round's time; whatever is decided meanwhile does not."""
        while await self._is_woken(until):
            self._news.clear()
            await self._try(self._carry_out())

    async def _is_woken(self, until: float) -> bool:
        try:
            async with asyncio.timeout_at(until):
                return await self._news.wait()
        except TimeoutError:
            return False

    async def _try(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except SQLAlchemyError as error:
            if not self._in_trouble:
                log.warning("the database does not answer, trying on: %s", error)
            self._in_trouble = True
        else:
            if self._in_trouble:
                log.warning("the database answers again")
            self._in_trouble = False

    async def _carry_out(self) -> None:
        for decision in await self._ledger.decisions():
            await self._desk.carry_out(decision)
        for seat_id in await self._ledger.seats_to_end():
            self._desk.dismiss(seat_id)
        if self._desk.is_shared:
            self._desk.set_modes(await self._ledger.modes())
        await self._archive.look()

    async def _go_round(self, number: int) -> None:
        await self._carry_out()
        await self._desk.tell_facts()
        await self._desk.report()
        await self._ledger.report()
        if number % ROUNDS_PER_CHORE == 0:
            self.declared_gone = not await self._ledger.is_here()
            await self._neighbours.look()
            if not self.drains:
                await self._ledger.expire()
        if number % ROUNDS_PER_TALE == ROUNDS_PER_TALE - 1:
            self._each_minute()
        if number % ROUNDS_PER_PRUNING == 0 and not self._slow_chores and not self.drains:
            # Beside the rounds: many rows may go, and what people decide does not wait for that.
            self._slow_chores.start(self._prune(), "forgetting what is over")

    def _each_minute(self) -> None:
        self._door.tell_turned_away()
        if self._archive.is_recording and not self._slow_chores:
            self._slow_chores.start(self._archive.tidy(), "keeping recordings within their limits")

    async def _prune(self) -> None:
        await self._ledger.tidy()
        count = await self._ledger.prune()
        if count:
            log.info("%d audit rows were older than REACHBACK_AUDIT_DAYS: deleted", count)
        # Last: a disk that does not answer keeps nothing else waiting.
        await self._archive.tidy()
