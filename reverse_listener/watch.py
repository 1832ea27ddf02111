"""Signs of life for the service manager, and one line that says how it is.

What stops them, and so has the listener started anew, is what a new start cures: an event loop that hangs, or a round
that does not end although the database answers whoever asks it afresh. A database that is slow or gone stops nothing:
a new listener would find it no better, and every call would be lost.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from service.notify import Notifier

# A healthy round takes milliseconds; one that waits for a locked database seconds.
LONGEST_ROUND = 60.0
PROBE_SECONDS = 5.0
STATUS_SECONDS = 10.0

log = logging.getLogger(__name__)


class Watch:
    """Pings while the listener is well. `probe` asks the database afresh, and raises where it does not answer."""

    def __init__(
        self,
        notifier: Notifier,
        probe: Callable[[], object],
        describe: Callable[[], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._notifier = notifier
        self._probe = probe
        self._describe = describe
        self._clock = clock
        self._beaten = clock()

    def beat(self) -> None:
        """A round has ended, well or not."""
        self._beaten = self._clock()

    async def keep(self) -> None:
        """Give signs of life until cancelled."""
        seconds = self._notifier.pause(STATUS_SECONDS)
        while True:
            await self.look()
            await asyncio.sleep(seconds)

    async def look(self) -> None:
        """Give one sign of life, if there is reason to."""
        if await self._hangs():
            log.error("a round has not ended for %.0f s, though the database answers", LONGEST_ROUND)
            return
        self._notifier.ping()
        self._notifier.status(self._describe())

    async def _hangs(self) -> bool:
        if self._clock() - self._beaten < LONGEST_ROUND:
            return False
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await asyncio.to_thread(self._probe)
        except Exception:  # noqa: BLE001  (whatever keeps the database from answering would keep a new listener from it too)
            return False
        return True
