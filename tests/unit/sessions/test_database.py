from __future__ import annotations

import multiprocessing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from sessions.database import check_revision, open_engine, upgrade
from sessions.errors import WrongRevision
from sessions.models import Base
from sessions.technicians import TechnicianRegister


def test_an_empty_database_is_refused_with_the_cure(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'deeper' / 'empty.db'}")
    with pytest.raises(WrongRevision, match=r"empty.*reachback db upgrade"):
        check_revision(engine)
    engine.dispose()


def test_another_versions_database_is_refused(engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'ffff'"))
    with pytest.raises(WrongRevision, match=r"ffff.*0002.*reachback db upgrade"):
        check_revision(engine)


def test_upgrading_twice_is_upgrading_once(engine):
    upgrade(engine)
    check_revision(engine)


def test_migrations_and_models_agree(engine):
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_pragmas(engine):
    with engine.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000}


def make_tokens(url, count):
    engine = open_engine(url, pooled=False)
    people = TechnicianRegister(engine)
    for _ in range(count):
        people.new_token("anna")
    engine.dispose()


def test_writers_in_several_processes_queue(engine, desk):
    fork = multiprocessing.get_context("spawn")
    writers = [fork.Process(target=make_tokens, args=(str(engine.url), 10)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    assert [writer.exitcode for writer in writers] == [0, 0, 0, 0]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM api_tokens")).scalar_one() == 40
