"""The databases that tests run on: a file of SQLite's, and a database of a PostgreSQL server that the tests start.

A test that is parametrised by `BOTH` runs on each; `pytest -m postgresql` runs nothing but what needs that server.
"""

from __future__ import annotations

import atexit
import contextlib
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from sqlalchemy import Engine

from sessions.database import open_engine, upgrade
from sessions.models import Base
from tests import postgres

SQLITE, POSTGRESQL = "sqlite", "postgresql"
ON_POSTGRESQL = pytest.param(POSTGRESQL, marks=pytest.mark.postgresql)
BOTH = (SQLITE, ON_POSTGRESQL)

Fill = Callable[[str], None]


@contextlib.contextmanager
def copy_of(fill: Fill, folder: Path, kind: str = SQLITE) -> Iterator[str]:
    """The URL of a new database with what `fill` puts into the one at a URL; `fill` runs once a process and kind."""
    if kind == SQLITE:
        copy = shutil.copy(_file_template(fill), folder / "reachback.db")
        yield f"sqlite:///{copy}"
        return
    server = postgres.server()
    name = server.new(_server_template(fill))
    yield server.url(name)
    server.drop(name)


@contextlib.contextmanager
def empty_engine(folder: Path, kind: str = SQLITE) -> Iterator[Engine]:
    """A database with this version's schema and nothing in it."""
    if kind == SQLITE:
        with copy_of(with_schema, folder) as url:
            engine = open_engine(url)
            yield engine
            engine.dispose()
        return
    engine = _used_again()
    emptying = _emptying(engine)
    yield engine
    with engine.begin() as connection:
        connection.exec_driver_sql(emptying)


def with_schema(url: str) -> None:
    """Make the schema of this version."""
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()


@cache
def _used_again() -> Engine:
    """The one database that is emptied after each test, and stays open: many times as fast as a new one."""
    server = postgres.server()
    return open_engine(server.url(server.new(_server_template(with_schema))))


@cache
def _emptying(engine: Engine) -> str:
    """The statements that empty it: no trigger is asked, and numbers begin anew."""
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")
        sequences = [f"ALTER SEQUENCE {sequence} RESTART" for sequence in found.scalars()]
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    sequences.append(f"UPDATE alembic_version SET version_num = '{revision}'")
    tables = [f"DELETE FROM {table.name}" for table in reversed(Base.metadata.sorted_tables)]
    return ";".join(["SET LOCAL session_replication_role = replica", *tables, *sequences])


@cache
def _file_template(fill: Fill) -> Path:
    folder = Path(mkdtemp(prefix="reachback-template-"))
    atexit.register(shutil.rmtree, folder)
    fill(f"sqlite:///{folder / 'reachback.db'}")
    return folder / "reachback.db"


@cache
def _server_template(fill: Fill) -> str:
    server = postgres.server()
    name = server.new(prefix="template")
    fill(server.url(name))
    return name
