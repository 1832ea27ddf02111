"""Tasks that someone keeps, names and finishes: asyncio itself forgets a task nobody holds, errors included."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine

FINISH_SECONDS = 5.0

log = logging.getLogger(__name__)


class Tasks:
    """A group of running tasks; one that fails is logged and concerns nobody else."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[None, None, None], name: str) -> None:
        """Run `work` beside everything else."""
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def finish(self, *, cancel: bool = False) -> None:
        """Wait until all have ended; those that take too long, or all where `cancel` is set, are cancelled."""
        if cancel:
            self._cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=FINISH_SECONDS)
            self._cancel()

    def _cancel(self) -> None:
        for task in self._running:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception():
            log.error("%s failed", task.get_name(), exc_info=task.exception())
