"""What PostgreSQL tells of at once, and what becomes of that while it is gone."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from sessions.news import heard
from tests.databases import ON_POSTGRESQL, SQLITE
from tests.processes import wait_until

on_postgresql = pytest.mark.parametrize("engine", [ON_POSTGRESQL], indirect=True)


class Ear:
    """Hears that there is news; `hears(verb)` answers whether there was any because of `verb`."""

    def __init__(self) -> None:
        self.heard = threading.Event()

    def hears(self, verb) -> bool:
        self.heard.clear()
        verb()
        return self.heard.wait(10)


@pytest.fixture
def ear(engine):
    made = Ear()
    with heard(engine, made.heard.set):
        assert made.heard.wait(10)
        yield made


@on_postgresql
def test_each_decision_is_news(desk, ear):
    new, call_id = desk.held()
    other = desk.person("bert")
    mine, theirs = desk.sit(new, call_id), desk.sit(new, call_id, other)
    parked, _ = desk.arrive("203.0.113.9")
    claimer = desk.session()
    assert ear.hears(lambda: desk.calls.claim(parked, claimer.session.id, desk.anna))
    assert ear.hears(lambda: desk.seats.give(theirs, desk.anna))
    assert ear.hears(lambda: desk.seats.leave(mine, desk.anna))
    assert ear.hears(lambda: desk.sessions.end(new.session.id, desk.anna))
    desk.clock.forward(days=1)
    assert ear.hears(desk.sessions.expire)


@on_postgresql
def test_what_the_listener_does_itself_is_none(desk, ear):
    ear.heard.clear()
    new, call_id = desk.held()
    desk.calls.seat_left(desk.sit(new, call_id))
    desk.calls.lost(call_id, "hung up")
    # What came before this would have been heard before it.
    assert not ear.heard.is_set()
    assert ear.hears(lambda: desk.sessions.end(new.session.id, desk.anna))


@on_postgresql
def test_a_lost_connection_is_made_again_and_everybody_told_to_look(engine, ear):
    def cut() -> None:
        with engine.connect() as connection:
            listening = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            assert connection.execute(text(listening)).all()

    assert ear.hears(cut)


@pytest.mark.parametrize("engine", [SQLITE], indirect=True)
def test_sqlite_has_no_news(desk, engine):
    told = []
    with heard(engine, lambda: told.append(1)):
        desk.sessions.end(desk.session().session.id, desk.anna)
        assert not [thread for thread in threading.enumerate() if thread.name == "news"]
    assert told == []


@on_postgresql
def test_it_ends_with_its_block(engine):
    with heard(engine, lambda: None):
        wait_until(lambda: any(thread.name == "news" for thread in threading.enumerate()))
    assert not any(thread.name == "news" for thread in threading.enumerate())
