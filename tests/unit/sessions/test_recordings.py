from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from sessions.errors import (
    RecordingAlways,
    RecordingGone,
    RecordingOff,
    RecordingRuns,
    SessionEnded,
    UnknownRecording,
    UnknownSession,
)
from sessions.recording_views import SWITCHED_OFF
from sessions.recordings import Ending, RecordingRegister, Wanted
from sessions.views import RecordingNow

ENDING = Ending(bytes=5_000_000, milliseconds=61_000, sha256="ab" * 32, reason=SWITCHED_OFF)


@pytest.fixture
def recordings(desk):
    return RecordingRegister(desk.engine, desk.clock, policy="on-demand")


def other(desk, policy):
    return RecordingRegister(desk.engine, desk.clock, policy=policy)


def sit(desk, new, call_id):
    desk.tickets.spend(desk.tickets.issue(new.session.id, desk.anna).token)
    return desk.calls.take_seat(call_id)


def recorded(desk, recordings, ending=ENDING):
    """A recording that ran and is done."""
    new, call_id = desk.held()
    recordings.want(new.session.id, desk.anna, on=True)
    made = recordings.begin(call_id)
    recordings.finish(made.id, ending)
    desk.calls.lost(call_id, "hung up")
    return recordings.get(made.id)


# What people decide.


def test_a_session_is_recorded_when_somebody_says_so(desk, recordings):
    new = desk.session()
    assert recordings.want(new.session.id, desk.anna, on=True).recorded
    assert recordings.want(new.session.id, desk.anna, on=True).recorded
    assert not recordings.want(new.session.id, desk.anna, on=False).recorded
    wanted = [("recording_wanted", "anna", {"wanted": on}) for on in (True, False)]
    assert desk.events("recording_wanted") == wanted


@pytest.mark.parametrize(("policy", "refusal"), [("off", RecordingOff), ("always", RecordingAlways)])
def test_the_policy_decides_before_people(desk, policy, refusal):
    new = desk.session()
    with pytest.raises(refusal):
        other(desk, policy).want(new.session.id, desk.anna, on=True)
    assert desk.events("recording_wanted") == []


def test_what_is_no_session_or_has_ended_is_not_recorded(desk, recordings):
    with pytest.raises(UnknownSession):
        recordings.want("nothere", desk.anna, on=True)
    new = desk.session()
    desk.sessions.end(new.session.id, desk.anna)
    with pytest.raises(SessionEnded):
        recordings.want(new.session.id, desk.anna, on=True)


# What the listener learns, and tells.


def test_wanted_are_the_held_calls_of_recorded_sessions(desk, recordings):
    new, call_id = desk.held()
    assert recordings.wanted() == []
    recordings.want(new.session.id, desk.anna, on=True)
    assert recordings.wanted() == [Wanted(call_id, new.session.id, is_seated=False)]
    sit(desk, new, call_id)
    assert recordings.wanted() == [Wanted(call_id, new.session.id, is_seated=True)]
    desk.calls.lost(call_id, "hung up")
    assert recordings.wanted() == []


def test_the_policy_says_what_is_wanted(desk, recordings):
    new, call_id = desk.held()
    assert other(desk, "always").wanted() == [Wanted(call_id, new.session.id, is_seated=False)]
    recordings.want(new.session.id, desk.anna, on=True)
    assert other(desk, "off").wanted() == []
    assert other(desk, "off").begin(call_id) is None


def test_a_recording_from_its_beginning_to_its_end(desk, recordings):
    new, call_id = desk.held()
    recordings.want(new.session.id, desk.anna, on=True)
    made = recordings.begin(call_id)
    assert (made.state, made.begun_by, made.computer, made.begun_at) == (
        "running",
        "anna",
        "front-desk",
        desk.clock.now,
    )
    assert made.file.startswith(f"20260301-100000-{new.session.id}-{call_id}-")
    assert desk.sessions.get(new.session.id).recording == RecordingNow(is_running=True, trouble=None)
    recordings.progress(made.id, 1000, 2000)
    assert (recordings.get(made.id).bytes, recordings.get(made.id).milliseconds) == (1000, 2000)
    desk.clock.forward(seconds=61)
    recordings.finish(made.id, ENDING)
    recordings.finish(made.id, replace(ENDING, reason="again"))
    done = recordings.get(made.id)
    assert (done.state, done.bytes, done.milliseconds, done.sha256) == ("done", 5_000_000, 61_000, "ab" * 32)
    assert (done.ended_at, done.reason, done.stopped_short) == (desk.clock.now, SWITCHED_OFF, False)
    recordings.progress(made.id, 1, 1)
    assert recordings.get(made.id) == done
    about = {"recording": made.id, "desktop": "front-desk"}
    assert desk.events("recording_begun", "recording_ended") == [
        ("recording_begun", "listener", about | {"wanted_by": "anna"}),
        (
            "recording_ended",
            "listener",
            about | {"bytes": 5_000_000, "seconds": 61, "sha256": "ab" * 32, "reason": SWITCHED_OFF},
        ),
    ]


def test_nobody_begins_what_the_policy_wants(desk):
    _new, call_id = desk.held()
    made = other(desk, "always").begin(call_id)
    assert made.begun_by is None
    assert "wanted_by" not in desk.events("recording_begun")[0][2]


def test_what_is_not_wanted_any_more_is_not_begun(desk, recordings):
    new, call_id = desk.held()
    recordings.want(new.session.id, desk.anna, on=True)
    recordings.want(new.session.id, desk.anna, on=False)
    assert recordings.begin(call_id) is None
    recordings.want(new.session.id, desk.anna, on=True)
    desk.calls.lost(call_id, "hung up")
    assert recordings.begin(call_id) is None


def test_one_that_stopped_before_it_should_says_so_in_its_session(desk, recordings):
    new, call_id = desk.held()
    recordings.want(new.session.id, desk.anna, on=True)
    made = recordings.begin(call_id)
    recordings.finish(made.id, replace(ENDING, reason="The disk is full."))
    seen = desk.sessions.get(new.session.id).recording
    assert seen == RecordingNow(is_running=False, trouble="The disk is full.")


def test_a_sessions_view_stays_the_same_while_its_recording_grows(desk, recordings):
    new, call_id = desk.held()
    recordings.want(new.session.id, desk.anna, on=True)
    made, before = recordings.begin(call_id), desk.sessions.get(new.session.id)
    recordings.progress(made.id, 1_000_000, 5_000)
    assert desk.sessions.get(new.session.id) == before


def test_only_what_a_dead_listener_of_this_node_recorded_is_broken(desk, recordings):
    new, call_id = desk.held()
    recordings.want(new.session.id, desk.anna, on=True)
    made, number = recordings.begin(call_id), desk.listeners.begin("one")
    with desk.engine.begin() as connection:
        connection.execute(text("UPDATE calls SET listener_id = :number"), {"number": number})
    assert recordings.break_running("one") == []
    desk.listeners.gone(number, "It died.")
    assert recordings.break_running("two") == []
    assert [one.id for one in recordings.break_running("one")] == [made.id]


def test_what_ran_when_the_listener_died_is_broken_until_its_file_was_looked_at(desk, recordings):
    new, call_id = desk.held()
    recordings.want(new.session.id, desk.anna, on=True)
    made = recordings.begin(call_id)
    recordings.progress(made.id, 700, 3000)
    desk.clock.forward(hours=1)
    (broken,) = recordings.break_running("main")
    assert (broken.state, broken.stopped_short) == ("broken", False)
    assert (broken.ended_at - broken.begun_at).total_seconds() == 3
    assert recordings.break_running("main") == [broken]
    recordings.mend(made.id, Ending(800, 3500, "cd" * 32, broken.reason))
    assert recordings.break_running("main") == []
    mended = recordings.get(made.id)
    assert (mended.state, mended.bytes, mended.sha256) == ("broken", 800, "cd" * 32)
    ((_kind, _actor, details),) = desk.events("recording_ended")
    assert details["sha256"] == "cd" * 32
    assert "unexpectedly" in details["reason"]


# What has to go.


def test_a_recording_is_deleted_once_and_its_row_stays(desk, recordings):
    made = recorded(desk, recordings)
    assert recordings.delete(made.id, desk.anna).file == made.file
    gone = recordings.get(made.id)
    assert (gone.state, gone.reason) == ("deleted", "anna deleted it.")
    with pytest.raises(RecordingGone):
        recordings.delete(made.id, desk.anna)
    with pytest.raises(RecordingGone, match="anna deleted it"):
        recordings.existing(made.id)
    ((_kind, actor, details),) = desk.events("recording_deleted")
    assert (actor, details["recording"], details["sha256"]) == ("anna", made.id, "ab" * 32)
    assert recordings.forgotten([made.file, "another"]) == [made.file]


def test_a_running_one_is_not_deleted(desk, recordings):
    new, call_id = desk.held()
    recordings.want(new.session.id, desk.anna, on=True)
    made = recordings.begin(call_id)
    with pytest.raises(RecordingRuns):
        recordings.delete(made.id, desk.anna)


@pytest.mark.parametrize("number", [99, 2**31, 10**30])
def test_what_is_no_recording(desk, recordings, number):
    for verb in (recordings.get, recordings.existing):
        with pytest.raises(UnknownRecording):
            verb(number)
    for verb in (recordings.delete, recordings.played, recordings.downloaded):
        with pytest.raises(UnknownRecording):
            verb(number, desk.anna)


def test_old_ones_expire_and_running_ones_do_not(desk, recordings):
    old = recorded(desk, recordings)
    new, call_id = desk.held()
    recordings.want(new.session.id, desk.anna, on=True)
    running = recordings.begin(call_id)
    desk.clock.forward(days=10)
    assert recordings.expire(10) == []
    desk.clock.forward(seconds=1)
    assert recordings.expire(10) == [old.file]
    assert recordings.expire(10) == []
    assert recordings.get(running.id).state == "running"
    assert desk.events("recording_deleted")[0][1] == "clock"


def test_the_oldest_go_until_the_rest_is_within_the_quota(desk, recordings):
    made = [recorded(desk, recordings) for _each in range(4)]
    assert recordings.over_quota(20_000_000).files == []
    cleared = recordings.over_quota(12_000_000)
    assert cleared.files == [one.file for one in made[:2]]
    assert cleared.excess == 0


def test_the_newest_stays_however_large_it_is(desk, recordings):
    made = [recorded(desk, recordings) for _each in range(2)]
    cleared = recordings.over_quota(1_000)
    assert cleared.files == [made[0].file]
    assert cleared.excess == 4_999_000
    assert recordings.get(made[1].id).state == "done"


def test_running_ones_count_for_the_quota(desk, recordings):
    old = recorded(desk, recordings)
    new, call_id = desk.held()
    recordings.want(new.session.id, desk.anna, on=True)
    running = recordings.begin(call_id)
    recordings.progress(running.id, 6_000_000, 1)
    assert recordings.over_quota(10_000_000).files == [old.file]


# What people see.


def test_a_sessions_list_is_newest_first(desk, recordings):
    new, call_id = desk.held()
    recordings.want(new.session.id, desk.anna, on=True)
    made = [recordings.begin(call_id) for _each in range(3)]
    assert [one.id for one in recordings.list(new.session.id)] == [one.id for one in reversed(made)]
    with pytest.raises(UnknownSession):
        recordings.list("nothere")


def test_playing_and_downloading_are_noted_once_an_hour_and_person(desk, recordings):
    made, more = recorded(desk, recordings), recorded(desk, recordings)
    bob = desk.people.add("bob", password="correct horse battery").technician
    for _each in range(3):
        recordings.played(made.id, desk.anna)
    recordings.played(made.id, bob)
    recordings.played(more.id, desk.anna)
    desk.clock.forward(hours=1)
    recordings.played(made.id, desk.anna)
    played = [(actor, details["recording"]) for _kind, actor, details in desk.events("recording_played")]
    assert played == [("anna", made.id), ("bob", made.id), ("anna", more.id), ("anna", made.id)]
    recordings.downloaded(made.id, bob)
    recordings.downloaded(made.id, bob)
    assert [row[1] for row in desk.events("recording_downloaded")] == ["bob"]


def test_the_same_persons_download_from_elsewhere_is_noted_at_once(desk, recordings):
    made = recorded(desk, recordings)
    for address in ("198.51.100.1", "198.51.100.1", "203.0.113.9"):
        recordings.downloaded(made.id, replace(desk.anna, address=address))
    recordings.downloaded(made.id, desk.anna)
    recordings.downloaded(made.id, desk.anna)
    assert len(desk.events("recording_downloaded")) == 3
