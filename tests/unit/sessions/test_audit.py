"""What is written down, that it stays so, and how it is found and in the end forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError

from sessions import audit
from sessions.audit import AuditRegister, Filters
from sessions.call_values import Totals
from sessions.errors import UnknownSession
from sessions.transactions import record
from tests.databases import ON_POSTGRESQL, SQLITE

HOME = "198.51.100.7"


@pytest.fixture
def register(engine, clock):
    return AuditRegister(engine, clock)


def kinds(page):
    return [row.kind for row in page.rows]


def the(desk, new, kind):
    (found,) = [event for event in desk.sessions.events(new.session.id) if event.kind == kind]
    return found


def sit(desk, new, call_id, mode="control"):
    ticket = desk.tickets.issue(new.session.id, replace(desk.anna, address="203.0.113.5"), mode)
    desk.tickets.spend(ticket.token)
    taken = desk.calls.take_seat(call_id)
    assert taken
    return taken


def fill(register, count, **more):
    with register._writing() as transaction:
        for number in range(count):
            record(transaction, "looked", register._clock(), "anna", number=number, **more)


# What the rows say.


def test_a_seat_says_who_sat_how_from_where_how_long_and_why_it_ended(desk):
    new, call_id = desk.held()
    taken = sit(desk, new, call_id)
    desk.clock.forward(seconds=90)
    desk.calls.seat_left(taken.id)
    begun, ended = the(desk, new, "seat_taken"), the(desk, new, "seat_left")
    assert (begun.actor, begun.address, begun.call_id, begun.details["mode"]) == (
        "anna",
        "203.0.113.5",
        call_id,
        "control",
    )
    assert (ended.actor, ended.address, ended.call_id) == ("anna", "203.0.113.5", call_id)
    assert (ended.details["seconds"], ended.details["reason"]) == (90, "The technician left.")
    desk.calls.seat_left(taken.id)
    assert the(desk, new, "seat_left") == ended


def test_a_call_that_is_over_ends_its_seats_with_its_reason_and_its_duration(desk):
    new, call_id = desk.held()
    desk.clock.forward(minutes=1)
    sit(desk, new, call_id)
    desk.clock.forward(minutes=2)
    desk.calls.lost(call_id, "hung up", Totals(1, 2))
    assert the(desk, new, "seat_left").details["seconds"] == 120
    assert the(desk, new, "seat_left").details["reason"] == "hung up"
    over = the(desk, new, "call_over")
    assert (over.address, over.details["desktop"], over.details["seconds"]) == (HOME, "front-desk", 180)


def test_an_ended_session_says_how_long_it_lasted(desk):
    new, late = desk.session(), desk.session(minutes=10)
    desk.clock.forward(minutes=5)
    desk.sessions.end(new.session.id, desk.anna)
    desk.clock.forward(minutes=20)
    desk.sessions.expire()
    assert the(desk, new, "ended").details["seconds"] == 300
    assert the(desk, late, "time_up").details["seconds"] == 600


def test_looking_is_told_once_in_ten_minutes_of_each_person_and_session(desk, register):
    one, two = desk.session(), desk.session()
    bert = desk.people.add("bert", password="correct horse battery").technician
    for new, who in ((one, desk.anna), (one, desk.anna), (two, desk.anna), (one, bert)):
        register.looked(new.session.id, who)
    assert len(register.find(Filters(kinds=frozenset({"looked"}))).rows) == 3
    desk.clock.forward(minutes=10)
    register.looked(one.session.id, desk.anna)
    assert register.find(Filters(kinds=frozenset({"looked"}), session=one.session.id)).total == 3


# That they stay.


FORGED = "INTO events (id, at, kind, actor, details) VALUES (2, '2020-01-01', 'x', 'x', '{}')"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET actor = 'nobody'",
        "UPDATE events SET kind = 'x'",
        "UPDATE events SET at = '2020-01-01'",
        "UPDATE events SET address = '192.0.2.1'",
        "UPDATE events SET details = '{}'",
        "UPDATE events SET session_id = NULL, id = 77",
        "UPDATE events SET call_id = 1",
        "DELETE FROM events",
        "DELETE FROM events WHERE id = 1",
    ],
)
def test_the_database_refuses_to_change_or_delete_a_row(desk, engine, change):
    assert_refused(desk, engine, change)


@pytest.mark.parametrize("engine", [SQLITE], indirect=True)
@pytest.mark.parametrize(
    "change", ["UPDATE OR REPLACE events SET call_id = 1", f"REPLACE {FORGED}", f"INSERT OR REPLACE {FORGED}"]
)
def test_sqlite_replaces_no_row(desk, engine, change):
    assert_refused(desk, engine, change)


@pytest.mark.parametrize("engine", [ON_POSTGRESQL], indirect=True)
@pytest.mark.parametrize(
    "change", ["TRUNCATE events", f"INSERT {FORGED} ON CONFLICT (id) DO UPDATE SET actor = excluded.actor"]
)
def test_postgresql_replaces_no_row(desk, engine, change):
    assert_refused(desk, engine, change)


def assert_refused(desk, engine, change):
    desk.waiting()
    before = everything(engine)
    with pytest.raises(DatabaseError, match="audit row"), engine.begin() as connection:
        connection.execute(text(change))
    assert everything(engine) == before


def test_a_row_outlives_its_session_and_its_call(desk, engine):
    _, call_id = desk.held()
    desk.calls.lost(call_id, "hung up")
    before = len(everything(engine))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM sessions"))
    rows = everything(engine)
    assert len(rows) == before
    assert {(row["session_id"], row["call_id"]) for row in rows} == {(None, None)}


def test_rows_may_be_deleted_only_behind_the_horizon(desk, engine):
    desk.session()
    desk.clock.forward(days=2)
    desk.session()
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO audit_horizon VALUES (1, '2026-03-02 00:00:00.000000')"))
    with pytest.raises(DatabaseError, match="audit row"), engine.begin() as connection:
        connection.execute(text("DELETE FROM events"))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM events WHERE at < '2026-03-02'"))
    assert [row["kind"] for row in everything(engine)] == ["created"]
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("INSERT INTO audit_horizon VALUES (2, '2030-01-01')"))


def everything(engine):
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text("SELECT * FROM events ORDER BY id")).mappings()]


# How they are found.


def test_every_filter(desk, register):
    one = desk.session(customer="Müller", reference="T-4711", minutes=7 * 24 * 60)
    desk.clock.forward(days=1)
    desk.sessions.open_page(one.link, HOME)
    desk.clock.forward(days=1)
    desk.arrive("203.0.113.9", desktop="KÜCHE")
    start = desk.clock.now - timedelta(days=2)

    def found(**wanted):
        return set(kinds(register.find(Filters(**wanted))))

    assert found() == {"technician_added", "created", "page_opened", "call_arrived"}
    assert found(kinds=frozenset({"created"})) == {"created"}
    assert found(actor="customer") == {"page_opened"}
    assert found(session=one.session.id) == {"created", "page_opened"}
    assert found(address="203.0.") == {"call_arrived"}
    assert found(text="müller") == found(text="t-47") == {"created", "page_opened"}
    assert found(text="KÜCHE") == {"call_arrived"}
    assert found(text="%") == found(text="_ _") == found(session="none") == set()
    assert found(since=start + timedelta(days=1), until=start + timedelta(days=2)) == {"page_opened"}
    assert found(actor="customer", text="Müller") == {"page_opened"}


def test_pages_are_numbered_and_the_last_answers_for_those_beyond_it(desk, register):
    fill(register, 250)
    looked = Filters(kinds=frozenset({"looked"}))
    pages = [register.find(looked, number) for number in (1, 2, 3)]
    assert [len(page.rows) for page in pages] == [100, 100, 50]
    assert [row.details["number"] for page in pages for row in page.rows] == list(reversed(range(250)))
    assert (pages[0].pages, pages[0].total) == (3, 250)
    assert register.find(looked, 99) == pages[2]
    assert register.find(looked, 0) == pages[0]
    assert register.find(looked, oldest_first=True).rows[0].details["number"] == 0
    assert register.find(Filters(actor="nobody")) == audit.Page([], 1, 1, 0)


def test_walking_meets_every_row_once_and_none_that_came_later(desk, register, monkeypatch):
    monkeypatch.setattr(audit, "CHUNK", 10)
    fill(register, 35)
    walk = register.walk(Filters(kinds=frozenset({"looked"})))
    met = [next(walk).details["number"]]
    fill(register, 5)
    met += [row.details["number"] for row in walk]
    assert met == list(range(35))


def test_a_sessions_history_has_its_calls_and_its_seats(desk, register):
    new, call_id = desk.held()
    taken = sit(desk, new, call_id)
    desk.clock.forward(seconds=5)
    desk.calls.seat_left(taken.id)
    desk.calls.lost(call_id, "hung up", Totals(10, 20))
    desk.sessions.end(new.session.id, desk.anna)
    history = register.history(new.session.id)
    (call,), (seat,) = history.calls, history.seats
    assert history.session.ended
    assert (call.address, call.width, call.matched_by, call.confirmed) == (HOME, 1024, "id", True)
    assert (call.reason, call.bytes_from_customer, call.bytes_to_customer) == ("hung up", 10, 20)
    assert (seat.technician, seat.mode, seat.left_at - seat.since) == ("anna", "control", timedelta(seconds=5))
    with pytest.raises(UnknownSession):
        register.history("nosuchsess")


# How they are forgotten.


def test_old_rows_go_and_what_went_is_written_down(desk, register, monkeypatch):
    monkeypatch.setattr(audit, "CHUNK", 10)
    living = desk.session(minutes=7 * 24 * 60)
    fill(register, 25)
    desk.clock.forward(days=3)
    fill(register, 5)
    desk.clock.forward(days=2)
    assert register.prune(30) == 0
    assert register.prune(3) == 26  # anna's own beginning is one
    assert register.prune(3) == 0
    left = register.find(Filters())
    assert kinds(left) == ["audit_pruned", *["looked"] * 5, "created"]
    assert left.rows[0].details == {"rows": 26, "before": "2026-03-03", "days": 3}
    assert left.rows[0].actor == "clock"
    desk.sessions.end(living.session.id, desk.anna)
    assert register.prune(3) == 1


def test_rows_go_by_whole_days(desk, register):
    fill(register, 1)
    desk.clock.forward(days=30, hours=13)
    assert register.prune(30) == 0
    desk.clock.forward(hours=1)
    assert register.prune(30) == 2


def test_very_many_rows_go_in_several_times(desk, register, monkeypatch):
    monkeypatch.setattr(audit, "MAX_PRUNED", 10)
    fill(register, 14)
    desk.clock.forward(days=40)
    assert [register.prune(30), register.prune(30), register.prune(30)] == [10, 5, 0]
