"""Handing over to a successor, and draining: the calls that are here stay until they end, new ones go to the other."""

from __future__ import annotations

import asyncio
import logging
import time

from sqlalchemy.exc import SQLAlchemyError

from reverse_listener.door import Door
from reverse_listener.ledger import Ledger
from service.notify import Notifier
from service.reload import tell
from service.successor import Outcome, Successor

POLL_SECONDS = 0.1
TELL_AGAIN_SECONDS = 1.0

log = logging.getLogger(__name__)


class Succession:
    """What a listener does when it is told to reload. `trouble` is why the last attempt failed, or empty."""

    def __init__(self, door: Door, ledger: Ledger, notifier: Notifier) -> None:
        self._door = door
        self._ledger = ledger
        self._notifier = notifier
        self.trouble = ""

    async def hand_over(self) -> bool:
        """Start a successor and, once it is ready, leave the door to it; else go on as before."""
        log.info("starting a successor, which will take the new calls")
        self._notifier.reloading()
        try:
            successor = Successor.start(self._door.sockets, time.monotonic())
        except OSError as error:
            return self._go_on(f"It could not be started: {error.strerror}.")
        outcome = await _outcome(successor)
        if outcome.pid is None:
            return self._go_on(outcome.reason)
        self._door.leave()
        # Told first: the successor's own word counts only once it is the main process.
        self._notifier.hand_over(outcome.pid)
        successor.go()
        tell()
        log.info("process %d takes new calls; %d that are here stay until they end", outcome.pid, len(self._door))
        return True

    async def drain(self) -> None:
        """Let the calls that are here come to their ends."""
        telling = asyncio.create_task(self._tell())
        while len(self._door):  # noqa: ASYNC110  (calls end in several places, and a tenth of a second is soon enough)
            await asyncio.sleep(POLL_SECONDS)
        telling.cancel()
        log.info("the last call is over")

    async def _tell(self) -> None:
        while True:
            try:
                await self._ledger.drain()
            except SQLAlchemyError:
                log.debug("the database does not answer: that this listener drains is told later")
                await asyncio.sleep(TELL_AGAIN_SECONDS)
            else:
                return

    def _go_on(self, reason: str) -> bool:
        self.trouble = f"The last reload failed, the older listener goes on: {reason}"
        log.error("%s", self.trouble)
        self._notifier.ready(self.trouble)
        tell(reason)
        return False


async def _outcome(successor: Successor) -> Outcome:
    while True:
        outcome = successor.look(time.monotonic())
        if outcome:
            return outcome
        await asyncio.sleep(POLL_SECONDS)
