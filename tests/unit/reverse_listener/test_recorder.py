"""What a call tells its recorder is in the file, in order and in time, whatever the disk does."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from recordings.container import HEADING, Head, Kind, Scanner, read_point, read_refresh
from recordings.index import read_index
from reverse_listener import recorder as recorder_module
from reverse_listener.guests import Beginning, Guest
from reverse_listener.recorder import FULL, Recorder, RefreshPlan
from reverse_listener.recording_file import RecordingFile
from reverse_listener.recordings_folder import RecordingsFolder
from sessions.call_values import Facts
from tests.processes import wait_until
from tests.unit.reverse_listener.helpers import DESKTOP, until

HEAD = Head("s3ss10n", 7, datetime(2026, 3, 1, tzinfo=UTC), DESKTOP.width, DESKTOP.height, DESKTOP.name)
FOLLOWED = Facts(resumable=True, width=DESKTOP.width, height=DESKTOP.height, desktop=DESKTOP.name)
BEGINNING = Beginning(DESKTOP, b"clipboard", b"primers")


class HandClock:
    """Seconds that pass by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Host:
    """A call that is asked to begin anew, and does so when it is told to."""

    over: asyncio.Future[str]
    wishes: list[Guest] = field(default_factory=list)
    facts: Facts = FOLLOWED

    def begin_anew(self, guest: Guest) -> None:
        self.wishes.append(guest)


@dataclass
class Studio:
    """A recorder with all around it."""

    recorder: Recorder
    file: RecordingFile
    path: Path
    host: Host
    clock: HandClock

    async def finish(self, reason: str = "done") -> bytes:
        self.recorder.end(reason)
        await self.file.close()
        return self.path.read_bytes()


@contextlib.asynccontextmanager
async def studio(folder: Path, threads: ThreadPoolExecutor | None = None) -> AsyncIterator[Studio]:
    host, clock, path = (
        Host(asyncio.get_running_loop().create_future()),
        HandClock(),
        folder / "recordings" / "one.rbrec",
    )
    made = Recorder(HEAD, host, clock)
    with threads or ThreadPoolExecutor(1) as running:
        file = RecordingFile(RecordingsFolder(path.parent).create(path.name), running, made)
        made.write_to(file)
        yield Studio(made, file, path, host, clock)


def told(data: bytes) -> list[tuple[str, int, bytes]]:
    """Kind, time and whole payload of each record."""
    found = Scanner().receive_data(data)
    size = HEADING.size
    return [(chr(one.kind), one.at, data[one.offset + size : one.offset + size + one.length]) for one in found]


def data_of(file: bytes) -> bytes:
    return b"".join(payload for kind, _at, payload in told(file) if kind == "D")


def gaps_of(file: bytes) -> list[bool]:
    return [read_point(payload).is_after_gap for kind, _at, payload in told(file) if kind == "R"]


def story(tmp_path: Path, tell: Callable[[Studio], AsyncIterator[None] | object]) -> bytes:
    async def run() -> bytes:
        async with studio(tmp_path) as here:
            tell(here)
            return await here.finish()

    return asyncio.run(run())


def test_what_was_told_is_in_the_file(tmp_path):
    def tell(here: Studio) -> None:
        here.recorder.begin(BEGINNING)
        here.clock.now += 0.5
        here.recorder.send(b"pixels")
        here.clock.now += 0.25
        here.recorder.whole()

    kinds = [(kind, at) for kind, at, _payload in told(story(tmp_path, tell))]
    assert kinds == [("H", 0), ("R", 0), ("D", 500), ("W", 750), ("E", 750)]


def test_the_beginning_is_in_the_refresh_point(tmp_path):
    file = story(tmp_path, lambda here: here.recorder.begin(BEGINNING))
    (payload,) = (payload for kind, _at, payload in told(file) if kind == "R")
    refresh = read_refresh(payload)
    assert (refresh.update, refresh.name, refresh.point.width) == (b"primers", DESKTOP.name, DESKTOP.width)


def test_what_follows_closely_shares_a_record_and_views_are_copied(tmp_path):
    def tell(here: Studio) -> None:
        here.recorder.begin(BEGINNING)
        shared = bytearray(b"one")
        here.recorder.send(memoryview(shared))
        shared[:] = b"two"
        here.clock.now += 0.019
        here.recorder.send(memoryview(shared))
        here.clock.now += 0.02
        here.recorder.send(b"three")

    data = [(at, payload) for kind, at, payload in told(story(tmp_path, tell)) if kind == "D"]
    assert data == [(0, b"onetwo"), (39, b"three")]


def test_no_record_is_longer_than_it_may_be_and_nothing_is_lost(tmp_path):
    pieces = [os.urandom(40_000), os.urandom(40_000), os.urandom(200_000)]

    def tell(here: Studio) -> None:
        here.recorder.begin(BEGINNING)
        for piece in pieces:
            here.recorder.send(piece)

    file = story(tmp_path, tell)
    assert data_of(file) == b"".join(pieces)
    assert max(len(payload) for kind, _at, payload in told(file) if kind == "D") <= 65536


def test_nothing_before_the_first_beginning_nor_after_the_end_is_recorded(tmp_path):
    def tell(here: Studio) -> None:
        here.recorder.send(b"early")
        here.recorder.begin(BEGINNING)
        here.recorder.send(b"x")
        here.recorder.tell(b"secret")
        here.host.over.set_result("hung up")
        here.recorder.leave()
        here.recorder.leave()
        here.recorder.send(b"late")
        here.recorder.begin(BEGINNING)
        here.recorder.whole()

    file = story(tmp_path, tell)
    assert data_of(file) == b"x"
    assert b"secret" not in file
    assert b"clipboard" not in file
    index = read_index(BytesIO(file))
    assert (index.is_finished, index.reason, len(index.points)) == (True, "The call was over.", 1)


def test_a_call_that_cannot_be_followed_any_more_ends_the_recording_and_says_so(tmp_path):
    file = story(tmp_path, lambda here: here.recorder.leave())
    assert "can no longer be followed" in read_index(BytesIO(file)).reason


def test_what_cannot_be_followed_is_not_written(tmp_path):
    def tell(here: Studio) -> None:
        here.recorder.begin(BEGINNING)
        here.recorder.send(b"pictures")
        here.host.facts = replace(FOLLOWED, resumable=False)
        here.recorder.send(b"perhaps a clipboard")

    file = story(tmp_path, tell)
    assert data_of(file) == b"pictures"
    assert "can no longer be followed" in read_index(BytesIO(file)).reason


def test_the_file_is_for_its_owner_only_and_its_digest_is_right(tmp_path):
    async def run() -> None:
        async with studio(tmp_path) as here:
            here.recorder.begin(BEGINNING)
            here.recorder.send(os.urandom(700_000))
            file = await here.finish()
            assert here.file.digest.hexdigest() == hashlib.sha256(file).hexdigest()
            assert here.file.size == here.recorder.size == len(file)
            assert here.path.stat().st_mode & 0o777 == 0o600
            assert here.path.parent.stat().st_mode & 0o777 == 0o700

    asyncio.run(run())


def test_a_file_that_is_there_is_not_touched(tmp_path):
    path = tmp_path / "one"
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        RecordingsFolder(tmp_path).create("one")


def test_what_was_gathered_is_on_the_disk_within_a_second(tmp_path):
    async def run() -> None:
        async with studio(tmp_path) as here:
            here.recorder.begin(BEGINNING)
            here.recorder.send(b"just this")
            await until(lambda: data_of(here.path.read_bytes()) == b"just this", 1.0)
            await here.finish()

    asyncio.run(run())


def test_a_begin_that_was_wished_is_no_gap_and_another_is(tmp_path):
    def tell(here: Studio) -> None:
        here.recorder.begin(BEGINNING)
        for _each in range(70):
            here.recorder.send(bytes(60_000))
        assert here.host.wishes == [here.recorder]
        here.recorder.begin(BEGINNING)
        here.recorder.begin(BEGINNING)

    assert gaps_of(story(tmp_path, tell)) == [False, False, True]


def test_a_disk_that_is_behind_is_told_by_is_full_and_costs_a_gap(tmp_path):
    async def run() -> None:
        threads, gate = ThreadPoolExecutor(1), threading.Event()
        threads.submit(gate.wait)
        async with studio(tmp_path, threads) as here:
            here.recorder.begin(BEGINNING)
            sent = 0
            while not here.recorder.is_full:
                here.recorder.send(bytes(60_000))
                sent += 60_000
            assert FULL <= sent <= FULL + 400_000
            here.recorder.send(b"lost")
            gate.set()
            await until(lambda: not here.recorder.is_full)
            here.recorder.send(b"lost too")
            assert here.recorder in here.host.wishes
            here.recorder.begin(BEGINNING)
            here.recorder.send(b"kept")
            file = await here.finish()
            assert gaps_of(file) == [False, True]
            assert data_of(file) == bytes(sent) + b"kept"

    asyncio.run(run())


def test_a_disk_that_refuses_ends_the_recording_and_what_was_written_counts(tmp_path, monkeypatch):
    async def run() -> None:
        async with studio(tmp_path) as here:
            here.recorder.begin(BEGINNING)
            here.recorder.send(b"written")
            await until(lambda: data_of(here.path.read_bytes()) == b"written")

            def refuse(_descriptor: int, _data: memoryview) -> int:
                raise OSError(28, "No space left on device")

            monkeypatch.setattr(os, "write", refuse)
            here.clock.now += 1
            here.recorder.send(b"refused")
            assert (
                await asyncio.wait_for(here.recorder.over, 5)
                == "The recording could not be written: No space left on device."
            )
            file = await here.finish()
            assert data_of(file) == b"written"
            assert here.file.digest.hexdigest() == hashlib.sha256(file).hexdigest()

    asyncio.run(run())


def test_a_beginning_that_is_too_large_ends_the_recording(tmp_path, monkeypatch):
    monkeypatch.setitem(recorder_module.Encoder.refresh.__globals__["LIMITS"], Kind.REFRESH, 10)

    def tell(here: Studio) -> None:
        here.recorder.begin(BEGINNING)
        assert "larger than" in here.recorder.over.result()

    assert gaps_of(story(tmp_path, tell)) == []


@pytest.mark.parametrize(
    ("at", "data_bytes", "due"),
    [
        (0, 2_499_999, False),
        (0, 2_500_000, True),
        (29_999, 1_500_000, False),
        (30_000, 999_999, False),
        (30_000, 1_000_000, True),
    ],
)
def test_when_a_refresh_point_is_due(at, data_bytes, due):
    plan = RefreshPlan()
    plan.made(5_000, 0, 0)
    assert plan.is_due(at, data_bytes) is due


def test_refresh_points_stay_below_their_share_of_the_data():
    plan, spent, data = RefreshPlan(), 0, 0
    plan.made(400_000, 0, 0)
    for second in range(3600):
        data += 1_000_000
        if plan.is_due(second * 1000, data):
            plan.made(100_000, second * 1000, data)
            spent += 100_000
    assert spent + 400_000 <= data * 0.015
    assert spent > data * 0.01


def test_all_that_is_written_beside_the_data_is_less_than_two_percent(tmp_path):
    """A busy desktop: an update of 20 kB each 20 ms for a minute, and primers of 34 kB that cannot be compressed."""

    async def run() -> bytes:
        primers = Beginning(DESKTOP, b"", os.urandom(34_000))
        async with studio(tmp_path) as here:
            here.recorder.begin(Beginning(DESKTOP, b"", b""))
            here.recorder.whole()
            for _each in range(3000):
                here.clock.now += 0.02
                here.recorder.send(bytes(20_000))
                await until(lambda: here.file.waiting < 1_000_000)
                if here.host.wishes:
                    here.host.wishes.clear()
                    here.recorder.begin(primers)
                    here.recorder.whole()
            return await here.finish()

    file = asyncio.run(run())
    data = data_of(file)
    assert len(data) == 60_000_000
    assert len(file) - len(data) < 0.02 * len(data)
    assert len(read_index(BytesIO(file)).points) >= 10


WRITER = """
import asyncio, itertools, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tests.unit.reverse_listener.test_recorder import BEGINNING, HEAD, Host
from reverse_listener.recorder import Recorder
from reverse_listener.recording_file import RecordingFile
from reverse_listener.recordings_folder import RecordingsFolder

async def main():
    recorder = Recorder(HEAD, Host(asyncio.Future()), time.monotonic)
    file = RecordingFile(RecordingsFolder(Path(sys.argv[1])).create("killed.rbrec"), ThreadPoolExecutor(1), recorder)
    recorder.write_to(file)
    recorder.begin(BEGINNING)
    for number in itertools.count():
        recorder.send(number.to_bytes(4, "big") * 5000)
        await asyncio.sleep(0)
        while file.waiting > 2_000_000:
            await asyncio.sleep(0)

asyncio.run(main())
"""


@pytest.mark.parametrize("least", [30_000, 3_000_000, 20_000_000])
def test_a_writer_that_is_killed_leaves_a_file_whose_data_are_what_it_was_given(tmp_path, least):
    path = tmp_path / "killed.rbrec"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)]) as writer:
        wait_until(lambda: path.exists() and path.stat().st_size > least, 30)
        writer.send_signal(signal.SIGKILL)
    file = path.read_bytes()
    index = read_index(BytesIO(file))
    assert not index.fault
    assert not index.is_finished
    assert 0 <= len(file) - index.whole_until <= HEADING.size + 65536
    data = data_of(file)
    expected = b"".join(number.to_bytes(4, "big") * 5000 for number in range(len(data) // 20_000 + 1))
    assert data
    assert expected.startswith(data)
