from __future__ import annotations

import multiprocessing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from sessions.api_tokens import ApiTokenRegister
from sessions.database import check_revision, open_engine, upgrade
from sessions.errors import WrongRevision
from sessions.models import Base
from sessions.technicians import TechnicianRegister
from tests.databases import BOTH, SQLITE, copy_of


def test_an_empty_database_is_refused_with_the_cure(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'deeper' / 'empty.db'}")
    with pytest.raises(WrongRevision, match=r"empty.*reachback db upgrade"):
        check_revision(engine)
    engine.dispose()


def test_another_versions_database_is_refused(engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'ffff'"))
    with pytest.raises(WrongRevision, match=r"ffff.*0007.*reachback db upgrade"):
        check_revision(engine)


def test_upgrading_twice_is_upgrading_once(engine):
    upgrade(engine)
    check_revision(engine)


def test_migrations_and_models_agree(engine):
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


@pytest.mark.parametrize("engine", [SQLITE], indirect=True)
def test_pragmas(engine):
    with engine.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000}


def make_tokens(url, count):
    engine = open_engine(url, pooled=False)
    anna = TechnicianRegister(engine).person("anna")
    for _ in range(count):
        ApiTokenRegister(engine).make(anna.id, "script")
    engine.dispose()


def test_writers_in_several_processes_queue(engine, desk):
    fork = multiprocessing.get_context("spawn")
    writers = [
        fork.Process(target=make_tokens, args=(engine.url.render_as_string(hide_password=False), 10)) for _ in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    assert [writer.exitcode for writer in writers] == [0, 0, 0, 0]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM api_tokens")).scalar_one() == 40


# One row in each table, as the first version wrote them.
FIRST_VERSION = {
    "technicians": "1, 'anna', 'admin', 'hash', NOW",
    "sessions": "'s1', 'in_use', 'Gray', '', 1, NOW, NOW, NULL, 'code', NULL",
    "links": "'digest', 's1'",
    "visits": "'s1', '198.51.100.7', NOW",
    "calls": "7, 'held', 's1', '198.51.100.7', 'PC', 1, 1, 'id', true, false, false, 40001, NOW, NULL, NULL, 1, 2",
    "tickets": "1, 'digest', 's1', 7, 1, 'control', NOW, NOW",
    "seats": "1, 1, 7, 1, 'control', NOW, NULL",
    "events": "1, NOW, 'call_arrived', 'listener', 's1', 7, '{}'",
}
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")


@pytest.fixture(params=BOTH)
def unmade(tmp_path, request):
    """The engine of a database in which nothing is yet."""
    with copy_of(leave_as_it_is, tmp_path, request.param) as url:
        engine = open_engine(url)
        yield engine
        engine.dispose()


def leave_as_it_is(url):
    open_engine(url, pooled=False).connect().close()


def fill(engine):
    now = "2026-03-01 10:00:00.000000"
    with engine.begin() as connection:
        for table, values in FIRST_VERSION.items():
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({values.replace('NOW', repr(now))})")


def test_a_register_of_the_first_version_is_brought_here_with_all_that_it_holds(unmade):
    upgrade(unmade, "0001")
    fill(unmade)
    upgrade(unmade)
    check_revision(unmade)
    with unmade.connect() as connection:
        assert str(connection.exec_driver_sql("SELECT first_at FROM visits").scalar_one())[:19] == "2026-03-01 10:00:00"
        assert connection.exec_driver_sql("SELECT session_id, second_of FROM calls").one() == ("s1", None)
        assert connection.exec_driver_sql("SELECT customer, port FROM sessions").one() == ("Gray", None)
        assert connection.exec_driver_sql("SELECT number_digest FROM links").scalar_one() is None
        assert connection.exec_driver_sql("SELECT call_id FROM tickets").scalar_one() == 7
        assert connection.exec_driver_sql("SELECT call_id FROM seats").scalar_one() == 7
        assert connection.exec_driver_sql("SELECT call_id FROM events").scalar_one() == 7
        assert connection.exec_driver_sql("SELECT count(*) FROM audit_horizon").scalar_one() == 0
    with pytest.raises(DatabaseError, match="never changed"), unmade.begin() as connection:
        connection.exec_driver_sql("UPDATE events SET actor = 'nobody'")


@pytest.mark.parametrize("revision", REVISIONS)
def test_from_each_revision_on(unmade, revision):
    upgrade(unmade, revision)
    upgrade(unmade)
    with unmade.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_rows_of_calls_are_never_numbered_twice(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    upgrade(engine, "0001")
    fill(engine)
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'calls'").scalar_one() == 7
    engine.dispose()
