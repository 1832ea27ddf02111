"""The recordings of this listener's calls: begun and ended as people and the policy want it, within the disk's limits.

A recording never harms its call: where it cannot go on, it ends with a reason, and the session does.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol, TypeVar, TypeVarTuple

from sqlalchemy.exc import SQLAlchemyError

from recordings.container import Head
from reverse_listener.call import Call
from reverse_listener.recorder import UNFOLLOWED, Clock, Recorder
from reverse_listener.recording_file import RecordingFile
from reverse_listener.recordings_folder import RecordingsFolder
from reverse_listener.tasks import Tasks
from sessions import logs
from sessions.recording_views import AS_WISHED, LISTENER_STOPPED, SWITCHED_OFF
from sessions.recordings import OFF, Ending, RecordingRegister, Wanted
from sessions.settings import MEGABYTE, Recordings
from sessions.views import RecordingView

# How often a running recording is looked at: how large it is, whether the disk has room.
LOOK_SECONDS = 2.0
# After the disk refused, or had no room, for so long no other recording of the call is tried.
PAUSE_SECONDS = 120.0
AGAIN_SECONDS = 1.0
# File names in one question to the register.
CHUNK = 500
NO_QUOTA = "The recordings have reached their quota (REACHBACK_RECORDINGS_QUOTA)."
NO_ANSWER = "The disk of the recordings does not answer."
OUR_FAULT = "A fault in Reachback ended it; the listener's log says which."
NO_SPACE = "The disk has less than {} MB left (REACHBACK_RECORDINGS_FREE)."

Arguments = TypeVarTuple("Arguments")
Answer = TypeVar("Answer")
NEVER = float("inf")

log = logging.getLogger(__name__)


class Calls(Protocol):
    """The desk, as the archive sees it."""

    def find(self, call_id: int) -> Call | None:
        """A call that is open."""


@dataclass(slots=True)
class _Threads:
    """A slow disk does not keep the register waiting, nor the other way round."""

    register: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="recordings"))
    disk: Executor = field(default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="disk"))


class Archive:
    """Keeps a recorder at each call that is to be recorded, and the folder within its limits."""

    def __init__(
        self, calls: Calls, register: RecordingRegister, settings: Recordings, clock: Clock = time.monotonic
    ) -> None:
        self._calls = calls
        self._register = register
        self._settings = settings
        self._clock = clock
        self._folder = RecordingsFolder(settings.folder)
        self._threads = _Threads()
        self._tasks = Tasks()
        self._recorders: dict[int, Recorder] = {}
        self._not_before: dict[int, float] = {}
        self._is_closing = self._is_mending = False
        self._node = ""
        self._looking = asyncio.Lock()

    @property
    def is_recording(self) -> bool:
        """Whether anything is recorded now."""
        return bool(self._recorders)

    async def put_right(self, node: str) -> None:
        """What dead listeners of `node` left behind: unended recordings are looked through, beside all else."""
        self._node = node
        if self._is_mending:
            return
        broken = await self._ask(self._register.break_running, node)
        if broken:
            log.info("%d recordings were running when their listener died", len(broken))
            self._is_mending = True
            self._tasks.start(self._mend(broken), "looking through broken recordings")

    async def look(self) -> None:
        """Once a round: begin what is wanted, end what is not."""
        if self._settings.policy == OFF:
            return
        async with self._looking:
            if not self._is_closing:
                await self._look()

    async def tidy(self) -> None:
        """Remove what is too old, or too much; where that is not enough, the recording that runs longest ends."""
        if self._node:
            # One that drains may have died since.
            await self.put_right(self._node)
        files: list[str] = []
        if self._settings.days is not None:
            files += await self._ask(self._register.expire, self._settings.days)
        cleared = await self._ask(self._register.over_quota, self._settings.quota)
        if cleared.excess and self._recorders:
            next(iter(self._recorders.values())).end(NO_QUOTA)
        names = await self._on_disk(self._folder.names)
        for start in range(0, len(names), CHUNK):
            files += await self._ask(self._register.forgotten, names[start : start + CHUNK])
        await self._on_disk(self._folder.remove, files)

    async def close(self) -> None:
        """End all recordings, and wait until they are written down."""
        self._is_closing = True
        async with self._looking:
            # One that just begins, its row written already, has a recorder now.
            recorders = list(self._recorders.values())
        for recorder in recorders:
            recorder.end(LISTENER_STOPPED)
        await self._tasks.finish()

    # One recording.

    async def _look(self) -> None:
        wanted = {one.call_id: one for one in await self._ask(self._register.wanted)}
        for call_id, recorder in self._recorders.items():
            if call_id not in wanted:
                recorder.end(SWITCHED_OFF)
        self._not_before = {call_id: then for call_id, then in self._not_before.items() if call_id in wanted}
        for one in wanted.values():
            if self._may_begin(one):
                await self._begin(one.call_id)

    def _may_begin(self, one: Wanted) -> bool:
        is_time = self._clock() >= self._not_before.get(one.call_id, 0.0)
        return one.is_seated and is_time and one.call_id not in self._recorders

    async def _begin(self, call_id: int) -> None:
        call = self._calls.find(call_id)
        if call is None or call.over.done():
            return
        if call_id in self._not_before and await self._trouble():
            # It was said before, in a recording's row; one such row is enough.
            self._not_before[call_id] = self._clock() + PAUSE_SECONDS
            return
        begun = await self._ask(self._register.begin, call_id)
        if begun is None:
            return
        # A fault of ours must not begin another four times a second.
        self._not_before[call_id] = NEVER
        desktop = call.desktop
        head = Head(begun.session_id, call_id, begun.begun_at, desktop.width, desktop.height, desktop.name)
        recorder = self._recorders[call_id] = Recorder(head, call, self._clock)
        self._tasks.start(self._record(begun, recorder, call), f"recording {begun.id} of call {call_id}")

    async def _record(self, begun: RecordingView, recorder: Recorder, call: Call) -> None:
        logs.begin(call.subject)
        try:
            ending = await self._run(begun, recorder, call)
            log.info("recording %d of call %d ended: %s", begun.id, begun.call_id, ending.reason)
            await self._insist(begun, ending)
            self._not_before[begun.call_id] = self._clock() + _pause_after(ending.reason)
        except Exception:
            # Nobody may be told for ever that it runs; the file stays as far as it came.
            await self._insist(begun, Ending(recorder.size, recorder.milliseconds, "", OUR_FAULT))
            raise
        finally:
            call.remove(recorder)
            del self._recorders[begun.call_id]

    async def _run(self, begun: RecordingView, recorder: Recorder, call: Call) -> Ending:
        file = await self._open(begun, recorder)
        if file is None:
            return Ending(0, 0, "", recorder.over.result())
        call.admit(recorder)
        await self._watch(begun, recorder, call)
        call.remove(recorder)
        await file.close()
        return Ending(file.size, recorder.milliseconds, file.digest.hexdigest(), recorder.over.result())

    async def _open(self, begun: RecordingView, recorder: Recorder) -> RecordingFile | None:
        trouble = await self._trouble()
        if trouble:
            recorder.end(trouble)
            return None
        try:
            descriptor = await self._on_disk(self._folder.create, begun.file)
        except OSError as error:
            recorder.fail(error.strerror or str(error))
            return None
        file = RecordingFile(descriptor, self._threads.disk, recorder)
        recorder.write_to(file)
        return file

    async def _watch(self, begun: RecordingView, recorder: Recorder, call: Call) -> None:
        """Until it ends: tell the register how far it is, and see to it that the disk keeps some room."""
        told = 0
        while not recorder.over.done():
            await asyncio.wait([recorder.over, call.over], timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            trouble = await self._trouble()
            if call.over.done():
                recorder.leave()
            elif trouble:
                recorder.end(trouble)
            elif recorder.size != told:
                told = recorder.size
                await self._tell_progress(begun, recorder)

    async def _tell_progress(self, begun: RecordingView, recorder: Recorder) -> None:
        try:
            await self._ask(self._register.progress, begun.id, recorder.size, recorder.milliseconds)
        except SQLAlchemyError:
            log.debug("recording %d: the database does not answer", begun.id)

    async def _insist(self, begun: RecordingView, ending: Ending) -> None:
        """Write down how a recording ended, as soon as the database takes it."""
        while True:
            try:
                await self._ask(self._register.finish, begun.id, ending)
            except SQLAlchemyError:
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return

    async def _mend(self, broken: list[RecordingView]) -> None:
        try:
            for one in broken:
                found = await self._on_disk(self._folder.inspect, one.file)
                ending = Ending(found.bytes, found.milliseconds, found.sha256, one.reason or "")
                await self._ask(self._register.mend, one.id, ending)
        finally:
            self._is_mending = False

    # The disk and the register.

    async def _trouble(self) -> str:
        """Why the disk should take no more now, or nothing."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                free = await self._on_disk(self._folder.free)
        except TimeoutError:
            return NO_ANSWER
        except OSError as error:
            # Whoever writes there is told the same, in a recording's own row.
            log.warning("%s: %s", self._settings.folder, error.strerror)
            return ""
        return NO_SPACE.format(self._settings.free // MEGABYTE) if free < self._settings.free else ""

    async def _ask(self, verb: Callable[[*Arguments], Answer], *arguments: *Arguments) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads.register, verb, *arguments)

    async def _on_disk(self, work: Callable[[*Arguments], Answer], *arguments: *Arguments) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads.disk, work, *arguments)


def _pause_after(reason: str) -> float:
    if reason in AS_WISHED:
        return 0.0
    return NEVER if reason in {UNFOLLOWED, NO_QUOTA} else PAUSE_SECONDS
