"""A recording's file while it is written: appended to in a thread, so that a slow disk never stops the sockets."""

from __future__ import annotations

import asyncio
import hashlib
import os
from concurrent.futures import Executor
from typing import Protocol


class Author(Protocol):
    """Whose file it is."""

    def written(self) -> None:
        """Some of what waited is on the disk."""

    def fail(self, why: str) -> None:
        """The disk refused, and nothing more will be written."""


class RecordingFile:
    """Takes bytes at once and writes them in order; `waiting` of them are not on the disk yet.

    `size` and `digest` are of what is.
    """

    def __init__(self, descriptor: int, threads: Executor, author: Author) -> None:
        self.waiting = 0
        self.digest = hashlib.sha256()
        self.size = 0
        self._descriptor = descriptor
        self._threads = threads
        self._author = author
        self._queue: list[bytes] = []
        self._writing: asyncio.Task[None] | None = None
        self._has_failed = False

    def append(self, data: bytes) -> None:
        """Write `data` behind all that was given before."""
        if self._has_failed or not data:
            return
        self._queue.append(data)
        self.waiting += len(data)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())

    async def close(self) -> None:
        """Wait until all is written, and let go of the file."""
        if self._writing:
            await self._writing
        await asyncio.get_running_loop().run_in_executor(self._threads, os.close, self._descriptor)

    async def _write_all(self) -> None:
        while self._queue:
            data = b"".join(self._queue)
            self._queue.clear()
            try:
                await asyncio.get_running_loop().run_in_executor(self._threads, self._write, data)
            except OSError as error:
                self._fail(error)
                return
            self.waiting -= len(data)
            self._author.written()

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            # A disk that is nearly full takes a part; the digest is of what the file holds, whatever happens then.
            count = os.write(self._descriptor, left)
            self.digest.update(left[:count])
            self.size += count
            left = left[count:]

    def _fail(self, error: OSError) -> None:
        self._has_failed = True
        self._queue.clear()
        self.waiting = 0
        self._author.fail(error.strerror or str(error))
