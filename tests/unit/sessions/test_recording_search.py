from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert

from sessions.models import Recording
from sessions.recording_search import KEPT, STATES, RecordingSearch, WantedRecordings
from sessions.search import PER_PAGE

from .conftest import Desk, HandClock


@pytest.fixture
def search(engine: Engine, clock: HandClock) -> RecordingSearch:
    return RecordingSearch(engine, clock)


def kept(desk: Desk, *, customer: str = "Mrs Gray", count: int = 1, **given: object) -> str:
    """A session with so many recordings, each begun a minute after the one before; answers the session's identifier."""
    new = desk.session(customer=customer, reference="T-2041")
    call, _ = desk.arrive(code=new.code)
    row = {"session_id": new.session.id, "call_id": call, "state": "done", "bytes": 5, "milliseconds": 7} | given
    begun_at = desk.clock.now
    rows = [
        row | {"file": f"{new.session.id}-{one}", "begun_at": begun_at + timedelta(minutes=one)} for one in range(count)
    ]
    with desk.engine.begin() as connection:
        connection.execute(insert(Recording), rows)
    return new.session.id


def found(search: RecordingSearch, **wanted: str) -> list[str]:
    return [one.customer for one in search.find(WantedRecordings(**wanted)).recordings]


def test_a_recording_is_told_with_whose_it_is(desk: Desk, search: RecordingSearch) -> None:
    session = kept(desk, begun_by_id=desk.anna.id)
    (one,) = search.find(WantedRecordings()).recordings
    assert (one.session_id, one.customer, one.reference, one.computer) == (session, "Mrs Gray", "T-2041", "front-desk")
    assert (one.begun_by, one.bytes, one.milliseconds, one.is_kept) == ("anna", 5, 7, True)
    assert search.one(one.id) == one
    assert search.one(one.id + 1) is None
    assert search.one(2**70) is None


def test_a_policy_begins_without_a_name(desk: Desk, search: RecordingSearch) -> None:
    kept(desk)
    assert search.find(WantedRecordings()).recordings[0].begun_by is None


def test_they_are_found_by_session_words_and_state(desk: Desk, search: RecordingSearch) -> None:
    gray, brown = kept(desk), kept(desk, customer="Mr Brown", state="deleted")
    assert found(search, session=gray) == ["Mrs Gray"]
    assert found(search, text="gray FRONT t-2041") == ["Mrs Gray"]
    assert found(search, text="gray brown") == []
    assert found(search, text="%") == []
    assert found(search, state=KEPT) == ["Mrs Gray"]
    assert found(search, state="deleted") == ["Mr Brown"]
    assert {state: len(found(search, state=state)) for state in STATES} == {
        "running": 0,
        "done": 1,
        "broken": 0,
        "deleted": 1,
    }
    assert search.counts([gray, brown, "nothing"]) == {gray: 1, brown: 1}


def test_the_newest_come_first_in_pages(desk: Desk, search: RecordingSearch) -> None:
    kept(desk, count=PER_PAGE + 1)
    first = search.find(WantedRecordings())
    assert (first.total, first.pages, len(first.recordings)) == (PER_PAGE + 1, 2, PER_PAGE)
    assert first.recordings[0].begun_at > first.recordings[1].begun_at
    last = search.find(WantedRecordings(), 99)
    assert (last.page, len(last.recordings)) == (2, 1)


def test_whether_there_are_any(desk: Desk, search: RecordingSearch) -> None:
    assert not search.any()
    kept(desk, state="deleted")
    assert search.any()
