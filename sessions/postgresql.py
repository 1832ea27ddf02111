"""What the register needs of PostgreSQL: one writer at a time, bounded waiting, and commits whose fate is known.

Every verb reads first, decides, and writes then: whose call it is, whether a seat is free, whether a code was used. On
SQLite nobody else writes meanwhile (BEGIN IMMEDIATE). Here a writer waits for an advisory lock in its first statement
and holds it until its transaction is over; at READ COMMITTED all it reads afterwards was written before. So there is
no verb that two could interleave, nothing to repeat after a deadlock or a serialization failure, and audit rows are
numbered in the order in which they can be seen. docs/nodes.md has what that costs. Readers wait for nobody.

A connection may break while a commit is under way, and then nobody knows whether it was done. A writer's transaction
has a number from its start, and PostgreSQL tells afterwards what became of that number.
"""

from __future__ import annotations

from typing import Any

from psycopg.adapt import Buffer
from psycopg.types.string import StrDumper, StrDumperUnknown
from sqlalchemy import Connection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection

NAME = "postgresql"
DRIVER = "postgresql+psycopg"
# Any number, the same everywhere; advisory locks are each database's own.
WRITERS = 5_500
NUMBER = "reachback_transaction"

CONNECT_SECONDS = 5
# A writer that waits longer than SQLite's would is refused alike; one that stands still lets the others go on. The last
# is for a machine that lost its power in the middle of a transaction: its locks would be held until TCP gives it up.
LIMITS = {"statement_timeout": 15_000, "lock_timeout": 10_000, "idle_in_transaction_session_timeout": 10_000}
# A server whose machine is gone says nothing any more: known within ten seconds instead of a quarter of an hour.
KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}

_SCHEMES = ("postgres://", "postgresql://")


def with_driver(url: str) -> str:
    """`url` with the driver that is installed, where it names PostgreSQL and none."""
    for scheme in _SCHEMES:
        if url.startswith(scheme):
            return f"{DRIVER}://{url.removeprefix(scheme)}"
    return url


def engine_options(url: str) -> dict[str, Any]:
    """What `create_engine` must be told. What the address itself says, such as `?connect_timeout=2`, counts more."""
    if make_url(url).get_backend_name() != NAME:
        return {"pool_pre_ping": True}
    limits = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())
    wanted = {"connect_timeout": CONNECT_SECONDS, "options": limits, "application_name": "reachback"} | KEEPALIVE
    said = make_url(url).query
    return {
        "pool_pre_ping": True,
        "connect_args": {name: value for name, value in wanted.items() if name not in said},
    }


def prepare(connection: DBAPIConnection, _record: object) -> None:
    """Give a new connection what a register needs: texts that any database can hold."""
    for dumper in (_PlainText, _PlainTextUnknown):
        connection.adapters.register_dumper(str, dumper)


def queue(connection: Connection) -> None:
    """Begin a writer's transaction: wait until it is the only one, and learn its number."""
    asked = f"SELECT pg_current_xact_id()::text, pg_advisory_xact_lock({WRITERS})"
    connection.info[NUMBER] = connection.exec_driver_sql(asked).scalar_one()


def was_committed(connection: Connection, number: str) -> bool:
    """What became of the transaction with this number, asked on another connection.

    It waits for one that is still on its way: its server process may not have noticed that nobody is there.
    """
    queue(connection)
    # A server that crashed before the number reached its disk has not given it to anybody yet: in its future.
    asked = f"SELECT CASE WHEN '{int(number)}'::xid8 < pg_current_xact_id() THEN pg_xact_status('{int(number)}') END"
    return bool(connection.exec_driver_sql(asked).scalar_one() == "committed")


def take_time(connection: Connection) -> None:
    """Let this connection's statements take as long as they need: a migration may have much to move."""
    connection.exec_driver_sql("SET statement_timeout = 0")
    connection.commit()


def be_bounded_again(connection: Connection) -> None:
    """What `take_time` did is over: the connection goes back to the others."""
    connection.exec_driver_sql("RESET statement_timeout")
    connection.commit()


def _plain(text: str) -> str:
    # PostgreSQL has no NUL in texts, and refuses the whole statement.
    return text.replace("\0", "") if "\0" in text else text


class _PlainText(StrDumper):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_plain(obj))


class _PlainTextUnknown(StrDumperUnknown):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_plain(obj))
