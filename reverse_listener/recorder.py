"""A guest of a call that writes down what technicians see: the server's pictures as they were sent, with their times.

Now and then it wishes to begin anew, so that playback can begin near any moment. Clipboards are nobody's pictures, and
are not recorded: people copy passwords.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from recordings.container import MAX_DATA, BadRecording, Encoder, Head, Point, Refresh
from reverse_listener.guests import Beginning, Bytes, Guest
from reverse_listener.recording_file import RecordingFile
from sessions.call_values import Facts
from sessions.recording_views import CALL_OVER

# Data that follow one another this closely share a record.
JOINED_MS = 20
# What was gathered is handed to the disk after so long, or as soon as it is so much.
FLUSH_SECONDS = 0.5
MAX_BATCH = 256 * 1024
# How far the disk may be behind before this guest has to be skipped, and how far it has to have caught up then.
FULL = 8 * 1024 * 1024
ROOM = FULL // 2
# When the next refresh point is due: after so many bytes of data, or after so long and at least so many.
POINT_BYTES = 2_500_000
POINT_MS = 30_000
POINT_MIN_BYTES = 1_000_000
# All refresh points together stay below this part of the data.
POINT_SHARE = 0.015

UNWRITTEN = "The recording could not be written: {}."
UNFOLLOWED = "What the computer sends can no longer be followed."

Clock = Callable[[], float]


class Host(Protocol):
    """The call, as its recorder sees it."""

    over: asyncio.Future[str]

    @property
    def facts(self) -> Facts:
        """Whether what the server says is followed, among others."""

    def begin_anew(self, guest: Guest) -> None:
        """Let `guest` begin again at the next boundary, and ask for a whole picture."""


class RefreshPlan:
    """When the next refresh point is due. Each costs bytes of the file, and a whole picture of the customer's line."""

    def __init__(self) -> None:
        self._spent = 0
        self._last_size = 0
        self._last_at = 0
        self._last_data = 0

    def made(self, size: int, at: int, data_bytes: int) -> None:
        """There is one now, of `size` bytes."""
        self._spent += size
        self._last_size, self._last_at, self._last_data = size, at, data_bytes

    def is_due(self, at: int, data_bytes: int) -> bool:
        """Whether it is time for another."""
        since = data_bytes - self._last_data
        is_far = since >= POINT_BYTES or (since >= POINT_MIN_BYTES and at - self._last_at >= POINT_MS)
        return is_far and self._spent + self._last_size <= data_bytes * POINT_SHARE


class Recorder:
    """Records one call. `over` is done, with the reason, when there is nothing more to record.

    `is_full`: the disk is too far behind, and the call is to leave this guest out for now.
    """

    def __init__(self, head: Head, host: Host, clock: Clock) -> None:
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.is_full = False
        self._encoder = Encoder(head)
        self._host = host
        self._clock = clock
        self._begun_at = clock()
        self._file: RecordingFile | None = None
        self._plan = RefreshPlan()
        self._batch = bytearray(self._encoder.begin())
        self._gathered = bytearray()
        self._gathered_at = 0
        self._timer: asyncio.TimerHandle | None = None
        self._is_begun = False
        self._is_wished = False
        self._was_full = False
        self._is_lost = False

    def write_to(self, file: RecordingFile) -> None:
        """Where the recording goes."""
        self._file = file
        self._flush()

    @property
    def size(self) -> int:
        """Bytes of the file, those under way included."""
        return self._encoder.size

    @property
    def milliseconds(self) -> int:
        """The time of the last record."""
        return self._encoder.at

    # The call's side.

    def begin(self, beginning: Beginning) -> None:
        """A viewer that has seen nothing can begin here."""
        if self.over.done():
            return
        self._write_gathered()
        is_after_gap = self._is_begun and (self._was_full or not self._is_wished)
        self._is_begun, self._is_wished, self._was_full, self._is_lost = True, False, False, False
        desktop, at, before = beginning.desktop, self._now(), self._encoder.size
        point = Point(0, is_after_gap, desktop.width, desktop.height)
        try:
            self._store(self._encoder.refresh(at, Refresh(point, desktop.name, beginning.update)))
        except BadRecording as error:
            self.end(str(error))
            return
        self._plan.made(self._encoder.size - before, at, self._encoder.data_bytes)

    def send(self, data: Bytes) -> None:
        """The server's pictures."""
        if self.over.done() or not self._is_begun:
            return
        if not self._host.facts.resumable:
            # Nobody can begin any more, and who knows whether it is a picture at all.
            self.leave()
            return
        if self.is_full or self._is_lost:
            self._lose()
            return
        self._gather(data)
        if self._plan.is_due(self._now(), self._encoder.data_bytes):
            self._wish()

    def tell(self, message: bytes) -> None:
        """A bell or a clipboard: no picture."""

    def whole(self) -> None:
        """The picture is complete."""
        if self.over.done() or self._is_lost:
            return
        self._write_gathered()
        self._store(self._encoder.whole(self._now()))

    def finish(self) -> None:
        """The server will say nothing more; the call's end comes of itself."""

    def leave(self) -> None:
        """The call is over, or it cannot begin anew in it."""
        self.end(CALL_OVER if self._host.over.done() else UNFOLLOWED)

    def end(self, reason: str) -> None:
        """Record no more; the first reason given is the one that counts."""
        if self.over.done():
            return
        self._write_gathered()
        self._store(self._encoder.end(self._now(), reason))
        self.over.set_result(reason)
        self._flush()

    # The file's side.

    def written(self) -> None:
        """The disk caught up with some of it."""
        self._measure()

    def fail(self, why: str) -> None:
        """The disk refused: there is nothing to write any more."""
        if not self.over.done():
            self.over.set_result(UNWRITTEN.format(why))

    def _lose(self) -> None:
        """What comes now is not recorded; once there is room, a new beginning is needed."""
        self._is_lost = True
        if not self.is_full:
            self._wish()

    def _wish(self) -> None:
        if not self._is_wished:
            self._is_wished = True
            self._host.begin_anew(self)

    def _gather(self, data: Bytes) -> None:
        now = self._now()
        if now - self._gathered_at >= JOINED_MS or len(self._gathered) + len(data) > MAX_DATA:
            self._write_gathered()
        if not self._gathered:
            self._gathered_at = now
        self._gathered += data
        self._flush_soon()

    def _write_gathered(self) -> None:
        if self._gathered:
            self._store(self._encoder.data(self._gathered_at, self._gathered))
            self._gathered.clear()

    def _store(self, data: bytes) -> None:
        self._batch += data
        self._measure()
        if len(self._batch) >= MAX_BATCH:
            self._hand_over()
        else:
            self._flush_soon()

    def _flush_soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._write_gathered()
        self._hand_over()
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _hand_over(self) -> None:
        if self._file and self._batch:
            self._file.append(bytes(self._batch))
            self._batch.clear()

    def _measure(self) -> None:
        waiting = len(self._batch) + (self._file.waiting if self._file else 0)
        self.is_full = waiting > (ROOM if self.is_full else FULL)
        self._was_full |= self.is_full

    def _now(self) -> int:
        return max(0, round((self._clock() - self._begun_at) * 1000))
