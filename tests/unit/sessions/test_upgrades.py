"""A register of each version there was, with what a shop had in it, is brought here and goes on.

Rows are written by SQL into a database that the migrations brought to that revision, as far as it had their columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session as Transaction

from reachback.backups.rows import set_counters
from sessions.api_tokens import ApiTokenRegister
from sessions.audit import AuditRegister
from sessions.call_values import Arrival
from sessions.calls import CallRegister
from sessions.database import MIGRATIONS, check_revision, open_engine, upgrade
from sessions.listeners import ListenerRegister
from sessions.matching import Claims, MatchedBy, Said
from sessions.models import AuditEvent, Base, Call
from sessions.passwords import hashed
from sessions.recording_search import RecordingSearch, WantedRecordings
from sessions.register import SessionRegister
from sessions.search import SearchRegister, Wanted
from sessions.secrets import digest, number_of
from sessions.technicians import TechnicianRegister
from sessions.tickets import TicketRegister
from sessions.vault import Vault
from tests.databases import POSTGRESQL, SQLITE, Fill, copy_of

NOW = datetime(2026, 3, 1, 10, 0)  # noqa: DTZ001  (as a database keeps it)
SOON, LATER = NOW + timedelta(minutes=5), NOW + timedelta(hours=2)
REVISIONS = sorted(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())
VAULT = Vault(b"k" * 32)
LINK, CODE, PASSWORD, TOKEN = "a" * 26, "123456780", "correct horse battery", "rb_" + "b" * 32
RESTARTED = "The listener was restarted."


def rows() -> list[tuple[str, dict[str, Any]]]:
    """A session whose computer is held and looked at, one that waits, one that ended; those who worked."""
    session = {
        "customer": "Mrs Gray “Ω”",
        "note": "two\nlines",
        "created_by_id": 1,
        "created_at": NOW,
        "recorded": True,
    }
    call = {"address": "198.51.100.7", "desktop": "front-desk", "width": 1024, "height": 768, "matched_by": "id"}
    call |= {"confirmed": True, "encrypted": False, "resumable": True, "since": NOW}
    call |= {"bytes_from_customer": 2**31 - 1, "bytes_to_customer": 7}
    secret = hashed(PASSWORD)
    event = {"at": NOW, "actor": "anna", "address": "192.0.2.9", "details": {"address": "192.0.2.9", "mode": "control"}}
    return [
        ("technicians", {"id": 1, "name": "anna", "role": "admin", "password_hash": secret, "created_at": NOW}),
        ("technicians", {"id": 2, "name": "ben", "role": "technician", "password_hash": "", "created_at": NOW}),
        ("api_tokens", {"id": 4, "technician_id": 2, "digest": digest(TOKEN), "created_at": NOW, "name": "script"}),
        ("sessions", session | {"id": "held", "state": "in_use", "expires_at": LATER, "code_digest": "x"}),
        (
            "sessions",
            session
            | {"id": "waits", "state": "waiting", "expires_at": LATER, "code_digest": digest(CODE)}
            | {"sealed_vnc_password": VAULT.seal("secret")},
        ),
        ("sessions", session | {"id": "ended", "state": "closed", "expires_at": NOW, "ended_at": NOW}),
        ("links", {"digest": digest(LINK), "session_id": "waits", "number_digest": digest(number_of(LINK))}),
        ("visits", {"session_id": "waits", "address": "198.51.100.8", "first_at": NOW, "last_at": NOW}),
        ("calls", call | {"id": 6, "state": "lost", "session_id": "ended", "ended_at": NOW, "reason": "hung up"}),
        ("calls", call | {"id": 7, "state": "held", "session_id": "held", "port": 40001}),
        ("tickets", {"id": 1, "digest": "t", "session_id": "held", "call_id": 7, "technician_id": 1, "mode": "control"}
         | {"expires_at": SOON, "spent_at": NOW}),
        ("seats", {"id": 1, "ticket_id": 1, "call_id": 7, "technician_id": 1, "mode": "control", "since": NOW}),
        ("heartbeats", {"part": "listener", "at": NOW}),
        ("guesses", {"origin": "203.0.113.5", "wrong": 3, "since": NOW}),
        ("recordings", {"id": 1, "session_id": "ended", "call_id": 6, "state": "done", "file": "a.rbrec"}
         | {"begun_at": NOW, "ended_at": NOW, "bytes": 2**40, "milliseconds": 1000, "sha256": "0" * 64}),
        ("events", event | {"id": 1, "kind": "session_created", "session_id": "held"}),
        ("events", event | {"id": 2, "kind": "seat_taken", "session_id": "held", "call_id": 7}),
        ("listeners", {"id": 1, "node": "main", "since": NOW, "seen_at": NOW}),
        ("deliveries", {"id": 1, "kind": "session_created", "body": {"a": "Ω"}, "created_at": NOW, "next_at": NOW}),
    ]  # fmt: skip


def fill(connection: Connection) -> None:
    """Write what of the rows this revision has tables and columns for."""
    known = MetaData()
    known.reflect(connection)
    for name, row in rows():
        if name in known.tables:
            table = known.tables[name]
            connection.execute(table.insert().values({key: row[key] for key in row if key in table.columns}))


@cache
def register_of(revision: str) -> Fill:
    """Makes a register that was of an older version, and is of this one."""

    def make(url: str) -> None:
        engine = open_engine(url)
        upgrade(engine, revision)
        with engine.begin() as connection:
            fill(connection)
            # Rows that bring their numbers leave PostgreSQL's counters where they were.
            set_counters(connection, {})
        upgrade(engine)
        engine.dispose()

    return make


CASES = [
    *((revision, SQLITE) for revision in REVISIONS),
    *(pytest.param((revision, POSTGRESQL), marks=pytest.mark.postgresql) for revision in REVISIONS),
]


@pytest.fixture(params=CASES, ids="-".join)
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    revision, kind = request.param
    with copy_of(register_of(revision), tmp_path, kind) as url:
        engine = open_engine(url)
        yield engine
        engine.dispose()


def clock() -> datetime:
    return NOW.replace(tzinfo=UTC) + timedelta(minutes=1)


def test_it_is_of_this_version_and_has_lost_no_row(upgraded: Engine) -> None:
    check_revision(upgraded)
    with upgraded.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        for table, count in {
            "technicians": 2,
            "sessions": 3,
            "calls": 2,
            "tickets": 1,
            "seats": 1,
            "events": 2,
        }.items():
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == count


def test_people_sign_in_and_scripts_come_in(upgraded: Engine) -> None:
    people = TechnicianRegister(upgraded, clock)
    anna = people.check_password("anna", PASSWORD)
    assert anna
    assert anna.role == "admin"
    assert [one.name for one in people.all()] == ["anna", "ben"]
    ben = ApiTokenRegister(upgraded, clock).whose(TOKEN, "192.0.2.1")
    assert ben
    assert ben.name == "ben"


def test_what_happened_is_told_as_before_and_cannot_be_changed(upgraded: Engine) -> None:
    history = AuditRegister(upgraded, clock).history("held")
    assert [call.id for call in history.calls] == [7]
    assert [seat.technician for seat in history.seats] == ["anna"]
    with Transaction(upgraded) as transaction:
        events = transaction.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
        assert [(one.kind, one.address, one.details["mode"]) for one in events] == [
            ("session_created", "192.0.2.9", "control"),
            ("seat_taken", "192.0.2.9", "control"),
        ]
    with pytest.raises(DBAPIError, match="never changed"), upgraded.begin() as connection:
        connection.exec_driver_sql("UPDATE events SET actor = 'nobody'")
    found = SearchRegister(upgraded, clock).find(Wanted(text="gray"))
    assert {session.id for session in found.sessions} == {"held", "waits", "ended"}
    with upgraded.connect() as connection:
        recordings = connection.exec_driver_sql("SELECT count(*) FROM recordings").scalar_one()
    assert len(RecordingSearch(upgraded, clock).find(WantedRecordings()).recordings) == recordings


def test_the_customer_who_waited_is_served(upgraded: Engine) -> None:
    sessions, calls = SessionRegister(upgraded, clock, vault=VAULT), CallRegister(upgraded, clock, vault=VAULT)
    tickets, anna = TicketRegister(upgraded, clock), TechnicianRegister(upgraded, clock).by_name("anna")
    assert anna
    sessions.open_page(LINK, "198.51.100.8")
    who = Claims("198.51.100.8", (Said(MatchedBy.ID, CODE),), None)
    placed = calls.arrived(Arrival(who, "back-office", 800, 600, encrypted=False))
    assert placed.session_id == "waits"
    assert placed.call_id > 7  # numbers of calls are never used twice
    assert calls.hold(placed.call_id, 40002)
    tickets.spend(tickets.issue("waits", anna).token)
    assert calls.take_seat(placed.call_id)
    assert sessions.get("waits").state == "in_use"
    sessions.end("waits", anna)
    assert sessions.get("waits").state == "closed"


def test_a_listener_that_starts_loses_the_calls_of_the_one_before(upgraded: Engine) -> None:
    listeners = ListenerRegister(upgraded, clock)
    listener = listeners.begin("main")
    assert CallRegister(upgraded, clock, listener_id=listener).forget(RESTARTED) == 1
    with Transaction(upgraded) as transaction:
        call = transaction.get_one(Call, 7)
        assert (call.state, call.reason) == ("lost", RESTARTED)
    assert SessionRegister(upgraded, clock).get("held").state == "waiting"
