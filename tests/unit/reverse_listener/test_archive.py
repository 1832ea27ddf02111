"""Recordings of real calls: begun and ended as people want, within the disk's limits; the session never suffers."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from recordings.index import read_index
from reverse_listener import archive as archive_module
from reverse_listener.archive import NO_QUOTA, OUR_FAULT, Archive
from reverse_listener.recording_file import RecordingFile
from reverse_listener.recordings_folder import RecordingsFolder
from sessions.recording_views import CALL_OVER, LISTENER_STOPPED, SWITCHED_OFF
from sessions.recordings import RecordingRegister
from sessions.settings import Recordings
from sessions.views import NewSession, RecordingView
from tests.unit.reverse_listener.conftest import House, MakeHouse
from tests.unit.reverse_listener.helpers import Peer, cut_text, until
from tests.unit.reverse_listener.test_desk import call_in
from tests.unit.reverse_listener.test_recorder import data_of
from tests.unit.reverse_listener.test_rounds import walking

# A framebuffer update of one raw rectangle, 2 by 2.
UPDATE = bytes.fromhex("00 00 0001 0000 0000 0002 0002 00000000") + b"pixels of 2 by 2"


@dataclass
class Scene:
    """A held call of a session, with a technician at it."""

    here: House
    peer: Peer
    new: NewSession
    call_id: int
    settings: Recordings

    @property
    def register(self) -> RecordingRegister:
        return RecordingRegister(self.here.installation.engine, policy=self.settings.policy)

    @property
    def all(self) -> list[RecordingView]:
        return self.register.list(self.new.session.id)

    def newest(self, state: str) -> RecordingView | None:
        return next((one for one in self.all[:1] if one.state == state), None)

    def want(self, *, on: bool = True) -> None:
        self.register.want(self.new.session.id, self.here.installation.admin, on=on)

    def file(self, one: RecordingView) -> Path:
        return self.settings.folder / one.file

    def is_held(self) -> bool:
        return self.here.installation.is_held(self.new) is not None

    async def until_it_is(self, state: str) -> RecordingView:
        await until(lambda: self.newest(state))
        found = self.newest(state)
        assert found
        return found

    async def until_it_runs(self) -> RecordingView:
        """Until something is in the file, too."""
        running = await self.until_it_is("running")
        await until(lambda: self.file(running).exists() and b"FRONT-DESK" in self.file(running).read_bytes())
        return running


def sit(here: House, new: NewSession, call_id: int) -> int:
    """A technician's seat, in the register alone."""
    installation = here.installation
    installation.tickets.spend(installation.tickets.issue(new.session.id, installation.admin).token)
    taken = installation.calls.take_seat(call_id)
    assert taken
    return taken.id


@pytest.fixture
def limits(tmp_path: Path) -> Recordings:
    return Recordings("on-demand", tmp_path / "recordings", 90, 10**9, 0)


@contextlib.asynccontextmanager
async def scene(house: MakeHouse, settings: Recordings) -> AsyncIterator[Scene]:
    async with house(recordings=settings) as here, here.caller() as peer:
        new = here.installation.session(customer="Huber")
        await call_in(peer, new, b"FRONT-DESK")
        async with walking(here):
            await until(lambda: here.installation.is_held(new))
            call_id = here.installation.call_row(new)["id"]
            sit(here, new, call_id)
            yield Scene(here, peer, new, call_id, settings)


def test_a_call_is_recorded_from_the_wish_to_the_end(house: MakeHouse, limits: Recordings) -> None:
    async def story() -> None:
        async with scene(house, limits) as it:
            it.want()
            running = await it.until_it_runs()
            for _each in range(3):
                await it.peer.say(UPDATE)
            await until(lambda: data_of(it.file(running).read_bytes()) == UPDATE * 3)
            await it.peer.leave()
            done = await it.until_it_is("done")
            file = it.file(done).read_bytes()
            assert (done.reason, done.stopped_short, done.begun_by) == (CALL_OVER, False, "anna")
            assert (done.bytes, done.sha256) == (len(file), hashlib.sha256(file).hexdigest())
            index = read_index(BytesIO(file))
            assert (index.is_finished, index.reason) == (True, CALL_OVER)
            assert index.head["session"] == it.new.session.id
            assert len(it.all) == 1

    asyncio.run(story())


def test_switching_it_off_ends_the_recording_alone_and_on_again_begins_another(
    house: MakeHouse, limits: Recordings
) -> None:
    async def story() -> None:
        async with scene(house, limits) as it:
            it.want()
            await it.until_it_is("running")
            it.want(on=False)
            assert (await it.until_it_is("done")).reason == SWITCHED_OFF
            assert it.is_held()
            it.want()
            await it.until_it_is("running")
            assert len(it.all) == 2

    asyncio.run(story())


def test_where_the_policy_is_always_nobody_has_to_wish(house: MakeHouse, limits: Recordings) -> None:
    async def story() -> None:
        async with scene(house, replace(limits, policy="always")) as it:
            assert (await it.until_it_is("running")).begun_by is None

    asyncio.run(story())


def test_nothing_is_recorded_before_somebody_sits_there(house: MakeHouse, limits: Recordings) -> None:
    async def story() -> None:
        settings = replace(limits, policy="always")
        async with house(recordings=settings) as here, here.caller() as peer:
            new = here.installation.session()
            await call_in(peer, new, b"FRONT-DESK")
            await until(lambda: here.installation.is_held(new))
            for _each in range(3):
                await here.rounds._go_round(1)
            register = RecordingRegister(here.installation.engine, policy="always")
            assert register.list(new.session.id) == []
            sit(here, new, here.installation.call_row(new)["id"])
            await here.rounds._go_round(1)
            assert [one.state for one in register.list(new.session.id)] == ["running"]

    asyncio.run(story())


def test_a_disk_without_room_ends_the_recording_once_and_the_session_goes_on(
    house: MakeHouse, limits: Recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 10**9
    monkeypatch.setattr(RecordingsFolder, "free", lambda _self: free)

    async def story() -> None:
        nonlocal free
        async with scene(house, replace(limits, free=500_000_000)) as it:
            it.want()
            await it.until_it_is("running")
            free = 499_999_999
            done = await it.until_it_is("done")
            assert done.stopped_short
            assert "less than 500 MB left" in str(done.reason)
            assert it.is_held()
            it.here.archive._not_before[it.call_id] = 0.0
            await until(lambda: it.here.archive._not_before[it.call_id] > 0)
            assert len(it.all) == 1
            free = 10**9
            it.here.archive._not_before[it.call_id] = 0.0
            await it.until_it_is("running")

    asyncio.run(story())


def test_a_disk_that_does_not_answer_ends_the_recording_and_keeps_nobody_waiting(
    house: MakeHouse, limits: Recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, hangs = threading.Event(), False

    def free(_self: RecordingsFolder) -> int:
        if hangs:
            gate.wait()
        return 10**9

    monkeypatch.setattr(RecordingsFolder, "free", free)
    monkeypatch.setattr(archive_module, "LOOK_SECONDS", 0.2)

    async def story() -> None:
        nonlocal hangs
        async with scene(house, limits) as it:
            it.want()
            await it.until_it_runs()
            hangs = True
            try:
                recorder = it.here.archive._recorders[it.call_id]
                assert "does not answer" in await asyncio.wait_for(recorder.over, 5)
                it.here.installation.sessions.end(it.new.session.id, it.here.installation.admin)
                await until(lambda: not it.here.installation.open_calls())
            finally:
                gate.set()
            await it.until_it_is("done")

    asyncio.run(story())


def test_a_folder_that_cannot_be_written_to_is_told_and_the_session_goes_on(
    house: MakeHouse, limits: Recordings
) -> None:
    async def story() -> None:
        limits.folder.write_text("a file where the folder should be")
        async with scene(house, limits) as it:
            it.want()
            done = await it.until_it_is("done")
            assert "could not be written" in str(done.reason)
            assert (done.stopped_short, done.bytes) == (True, 0)
            assert it.is_held()

    asyncio.run(story())


def test_a_quota_that_is_reached_ends_the_recording(house: MakeHouse, limits: Recordings) -> None:
    async def story() -> None:
        async with scene(house, replace(limits, quota=50)) as it:
            it.want()
            running = await it.until_it_is("running")
            await until(lambda: it.register.get(running.id).bytes > 50)
            await it.here.archive.tidy()
            assert (await it.until_it_is("done")).reason == NO_QUOTA
            await it.here.archive.look()
            assert len(it.all) == 1

    asyncio.run(story())


def test_a_listener_that_stops_ends_its_recordings_well(house: MakeHouse, limits: Recordings) -> None:
    async def story() -> None:
        async with scene(house, limits) as it:
            it.want()
            await it.until_it_is("running")
            await it.here.archive.close()
            done = it.newest("done")
            assert done
            assert done.reason == LISTENER_STOPPED
            assert read_index(BytesIO(it.file(done).read_bytes())).is_finished

    asyncio.run(story())


def test_an_end_that_the_database_does_not_take_is_written_later(
    house: MakeHouse, limits: Recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, tries = RecordingRegister.finish, []

    def refuse(self: RecordingRegister, *given: object) -> None:
        tries.append(given)
        if len(tries) == 1:
            raise OperationalError("UPDATE", {}, Exception("locked"))
        finish(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(RecordingRegister, "finish", refuse)

    async def story() -> None:
        async with scene(house, limits) as it:
            it.want()
            await it.until_it_is("running")
            it.want(on=False)
            assert (await it.until_it_is("done")).reason == SWITCHED_OFF
            assert len(tries) == 2

    asyncio.run(story())


def test_a_fault_of_ours_leaves_no_recording_that_seems_to_run(
    house: MakeHouse, limits: Recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_self: RecordingFile) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(RecordingFile, "close", refuse)

    async def story() -> None:
        async with scene(house, limits) as it:
            it.want()
            await it.until_it_runs()
            it.want(on=False)
            done = await it.until_it_is("done")
            assert (done.reason, done.stopped_short) == (OUR_FAULT, True)
            assert it.is_held()

    asyncio.run(story())


def test_what_cannot_be_followed_is_not_recorded_for_it_may_be_a_clipboard(
    house: MakeHouse, limits: Recordings
) -> None:
    async def story() -> None:
        async with scene(house, limits) as it:
            it.want()
            running = await it.until_it_runs()
            await it.peer.say(UPDATE)
            await until(lambda: data_of(it.file(running).read_bytes()) == UPDATE)
            await it.peer.say(b"\xc8" + cut_text(b"a password"))
            done = await it.until_it_is("done")
            assert data_of(it.file(done).read_bytes()) == UPDATE

    asyncio.run(story())


def test_what_a_dead_listener_left_is_looked_through(house: MakeHouse, limits: Recordings) -> None:
    async def story() -> None:
        async with scene(house, limits) as it:
            it.want()
            running = await it.until_it_runs()
            await it.peer.say(UPDATE)
            await until(lambda: data_of(it.file(running).read_bytes()) == UPDATE)
            torn = it.file(running).read_bytes() + b"D\0\0"
            it.here.archive._is_closing = True
            it.file(running).write_bytes(torn)
            after = Archive(it.here.desk, it.register, limits)
            await after.put_right("main")
            assert it.register.get(running.id).state == "running"
            await it.here.ledger.leave("It died.")
            await after.tidy()
            await until(lambda: it.register.get(running.id).sha256)
            broken = it.register.get(running.id)
            assert (broken.state, broken.bytes) == ("broken", len(torn))
            assert broken.sha256 == hashlib.sha256(torn).hexdigest()

    asyncio.run(story())


def test_files_of_deleted_recordings_go_and_others_stay(house: MakeHouse, limits: Recordings) -> None:
    async def story() -> None:
        async with scene(house, limits) as it:
            for _each in range(2):
                it.want()
                await it.until_it_is("running")
                it.want(on=False)
                await it.until_it_is("done")
            newer, older = it.all
            foreign = limits.folder / "not-ours.rbrec"
            foreign.write_bytes(b"from a backup")
            it.register.delete(older.id, it.here.installation.admin)
            await it.here.archive.tidy()
            assert not it.file(older).exists()
            assert it.file(newer).exists()
            assert foreign.exists()

    asyncio.run(story())


def test_what_is_too_old_goes_with_its_file(house: MakeHouse, limits: Recordings) -> None:
    async def story() -> None:
        async with scene(house, limits) as it:
            it.want()
            await it.until_it_is("running")
            it.want(on=False)
            done = await it.until_it_is("done")
            it.here.installation.change("UPDATE recordings SET ended_at = '2020-01-01'")
            await it.here.archive.tidy()
            assert not it.file(done).exists()
            assert it.register.get(done.id).state == "deleted"

    asyncio.run(story())


def test_a_file_that_cannot_be_removed_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.rbrec").mkdir()
    RecordingsFolder(tmp_path).remove(["one.rbrec", "gone.rbrec"])
    assert "one.rbrec cannot be removed" in caplog.text


def test_what_is_no_recording_holds_nothing(tmp_path: Path) -> None:
    folder = RecordingsFolder(tmp_path)
    assert folder.inspect("gone.rbrec").bytes == 0
    (tmp_path / "odd.rbrec").write_bytes(b"GIF89a")
    found = folder.inspect("odd.rbrec")
    assert (found.bytes, found.milliseconds) == (6, 0)
    assert found.sha256 == hashlib.sha256(b"GIF89a").hexdigest()
