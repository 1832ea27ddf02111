"""Opens the register's database, and refuses one whose schema is of another version.

SQLite is set up for three processes that write: WAL, so that readers never wait; a busy time-out, so that writers
queue; and BEGIN IMMEDIATE for writers. A transaction that reads first and writes later would otherwise fail with
*database is locked* as soon as two meet (measured with twelve processes and 240 moves: 19 went through with BEGIN,
240 with BEGIN IMMEDIATE). What PostgreSQL needs for the same is in `sessions.postgresql`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import OperationalError

from sessions import postgresql
from sessions.errors import WrongRevision

BUSY_SECONDS = 10
# For 15 seconds: what a server takes that is restarted under load.
ASKED_AGAIN, ASKED_AGAIN_SECONDS = 75, 0.2
WRITES = "reachback_writes"
MIGRATIONS = Path(__file__).parent / "migrations"


def open_engine(url: str, *, pooled: bool = True) -> Engine:
    """An engine for `url`, ready for the registers. `pooled=False` for a process that lives for one question."""
    url = postgresql.with_driver(url)
    options = engine_options(url) | ({} if pooled else {"poolclass": NullPool})
    return prepare_engine(create_engine(url, **options))


def engine_options(url: str) -> dict[str, Any]:
    """What `create_engine` must be told for `url`. Statement parameters never appear in an error's text."""
    options: dict[str, Any] = {"hide_parameters": True}
    if _is_sqlite(url):
        options["connect_args"] = {"timeout": BUSY_SECONDS}
        _make_folder(url)
    else:
        options |= postgresql.engine_options(url)
    return options


def prepare_engine(engine: Engine) -> Engine:
    """Give an engine what the registers rely on: writers that queue, and on SQLite the pragmas."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    elif engine.dialect.name == postgresql.NAME:
        event.listen(engine, "connect", postgresql.prepare)
        event.listen(engine, "begin", _queue)
    return engine


def on_error(engine: Engine, tell: Callable[[], None]) -> None:
    """Call `tell` whenever the database does not carry out a statement."""

    def told(_context: ExceptionContext) -> None:
        tell()

    event.listen(engine, "handle_error", told)


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to this version's revision (or another one), from any older one or from nothing."""
    config = _alembic_config()
    with engine.connect() as connection:
        if engine.dialect.name == postgresql.NAME:
            postgresql.take_time(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
        if engine.dialect.name == postgresql.NAME:
            postgresql.be_bounded_again(connection)


def check_revision(engine: Engine) -> None:
    """Refuse a database of another version.

    Raises:
        WrongRevision: with both revisions and the command that helps.
    """
    wanted = ScriptDirectory.from_config(_alembic_config()).get_current_head()
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != wanted:
        raise WrongRevision(
            f"The database is at revision {found or 'none (it is empty)'}, this version needs {wanted}: "
            "run `reachback db upgrade`."
        )


def was_committed(engine: Engine, number: str) -> bool:
    """What became of a PostgreSQL transaction whose connection broke; waits for a server that is started again.

    Raises:
        OperationalError: the server did not come back in time, and nobody knows.
    """
    for _ in range(ASKED_AGAIN):
        try:
            with engine.connect() as connection:
                return postgresql.was_committed(connection, number)
        except OperationalError:
            time.sleep(ASKED_AGAIN_SECONDS)
    with engine.connect() as connection:
        return postgresql.was_committed(connection, number)


def _alembic_config() -> Config:
    # Its tales about contexts and dialects are of no use to an admin; a migration that runs is told by `reachback`.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    # Which separator splits version_locations; alembic warns where it is left open.
    config.set_main_option("path_separator", "os")
    return config


def _set_pragmas(connection: DBAPIConnection, _record: object) -> None:
    # The driver must not open transactions by itself: `_begin` says which kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _queue(connection: Connection) -> None:
    if connection.get_execution_options().get(WRITES):
        postgresql.queue(connection)


def _is_sqlite(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def _make_folder(url: str) -> None:
    database = make_url(url).database
    if database and database != ":memory:":
        Path(database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
