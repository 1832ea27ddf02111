"""What a listener does about the others on its register: bury the dead, leave room for their calls, prove its own.

Every listener says once a second that it lives. Whoever sees another's sign of life unchanged at fifteen looks, one a
second, declares it gone; its calls are lost then, and their sessions wait again. Sooner, at five looks, it gives up the
calls of computers that have called here meanwhile. Looks are counted and no clocks are compared, for those of two
machines differ; and while the database answers nobody, nobody looks.
"""

from __future__ import annotations

import logging
from datetime import datetime

from reverse_listener.desk import Desk
from reverse_listener.door import Door
from reverse_listener.ledger import Ledger
from sessions.listeners import SILENT, ListenerView

GONE_SILENT = "The node that held this call stopped answering."
# One look a second.
MOST_LOOKS = int(SILENT.total_seconds())
DOUBTED_LOOKS = 5

log = logging.getLogger(__name__)


class Neighbours:
    """The other listeners, as this one sees them."""

    def __init__(self, ledger: Ledger, door: Door, desk: Desk) -> None:
        self._ledger = ledger
        self._door = door
        self._desk = desk
        self._seen: dict[int, tuple[datetime, int]] = {}

    async def look(self) -> None:
        """Look once; to be done once a second."""
        others = await self._ledger.others()
        self._seen = {one.id: self._looked_at(one) for one in others}
        for one in others:
            await self._judge(one, self._seen[one.id][1])
        self._door.leave_room(await self._ledger.calls_elsewhere() if others else {})
        for call_id, second in (await self._ledger.contested() if others else {}).items():
            self._desk.prove(call_id, second)

    async def _judge(self, one: ListenerView, looks: int) -> None:
        if looks >= MOST_LOOKS:
            await self._bury(one)
        elif looks >= DOUBTED_LOOKS:
            given_up = await self._ledger.give_up(one.id, GONE_SILENT)
            if given_up:
                log.info("listener %d on node %s is silent: %d of its computers are here", one.id, one.node, given_up)

    def _looked_at(self, one: ListenerView) -> tuple[datetime, int]:
        """Its last sign of life, and how often that was seen before."""
        seen_at, looks = self._seen.get(one.id, (None, 0))
        return (one.seen_at, looks + 1 if one.seen_at == seen_at else 0)

    async def _bury(self, one: ListenerView) -> None:
        lost = await self._ledger.bury(one, GONE_SILENT)
        if lost is not None:
            words = "listener %d on node %s has given no sign of life: its %d calls are lost"
            log.warning(words, one.id, one.node, lost)
