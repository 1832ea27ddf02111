"""A register's rows as lines of JSON, one object a row: the same text whichever database holds them.

Tables are read from the database itself, not from the models: so the register of an older version can be written and
loaded as well, by the columns that it has. JSON columns are carried as the text that was written, not as its meaning.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    select,
    text,
    type_coerce,
)

AT_ONCE = 500
_NOT_OURS = frozenset({"alembic_version"})

Row = dict[str, Any]


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees the register as it is at one moment, however long it looks; writers go on."""
    # On SQLite, a transaction that reads keeps to the state of its first look by itself (WAL).
    options: dict[str, Any] = {}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def tables(connection: Connection) -> list[Table]:
    """Every table of the register as the database has it, those first that others point to."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name not in _NOT_OURS]


def count(connection: Connection, table: Table) -> int:
    """How many rows it has."""
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """Its rows, in the order of their keys; some hundred of them are held at a time."""
    asked = select(*(_as_read(column) for column in table.columns)).order_by(*table.primary_key.columns)
    found = connection.execution_options(yield_per=AT_ONCE).execute(asked)
    for row in found.mappings():
        yield json.dumps(dict(row), ensure_ascii=False, default=_plain).encode() + b"\n"


def load(connection: Connection, table: Table, written: Iterable[bytes]) -> int:
    """Put rows into it that `lines` has written; answers how many.

    Raises:
        ValueError, KeyError: they are no rows of this table.
    """
    stored = insert(table).values({column.name: _as_stored(connection, column) for column in table.columns})
    readers = {column.name: _reader(column) for column in table.columns}
    rows = (_row(line, readers) for line in written)
    done = 0
    while some := list(islice(rows, AT_ONCE)):
        connection.execute(stored, some)
        done += len(some)
    return done


def counters(connection: Connection) -> dict[str, int]:
    """The highest number that each table has ever given a row: some of them must never be given again."""
    found: Iterable[tuple[str, Any]]
    if connection.dialect.name == "postgresql":
        found = [(name, _last(connection, sequence)) for name, sequence in _sequences(connection).items()]
    else:
        found = [(name, number) for name, number in connection.execute(text("SELECT name, seq FROM sqlite_sequence"))]
    return {name: int(number) for name, number in found if number}


def set_counters(connection: Connection, numbers: Mapping[str, int]) -> None:
    """See to it that no table gives a number anew that it gave before, here or where the rows come from."""
    if connection.dialect.name == "postgresql":
        for name, sequence in _sequences(connection).items():
            _move_on(connection, name, sequence, numbers.get(name, 0))
    else:
        _move_on_sqlite(connection, numbers)


def _as_read(column: Column[Any]) -> ColumnElement[Any]:
    return cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column


def _as_stored(connection: Connection, column: Column[Any]) -> ColumnElement[Any]:
    if not isinstance(column.type, JSON):
        return bindparam(column.name, type_=column.type)
    if connection.dialect.name == "postgresql":
        return cast(bindparam(column.name, type_=Text()), column.type)
    # SQLite keeps JSON as text; a CAST to its type's name would make a number of it.
    return type_coerce(bindparam(column.name, type_=Text()), Text)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ", "microseconds")
    raise TypeError(f"a register holds no {type(value).__name__}")


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    return _moment if isinstance(column.type, DateTime) else lambda value: value


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value is not None else None


def _row(line: bytes, readers: Mapping[str, Callable[[Any], Any]]) -> Row:
    found = json.loads(line)
    return {name: read(found[name]) for name, read in readers.items()}


def _sequences(connection: Connection) -> dict[str, str]:
    found = {}
    for table in tables(connection):
        asked = text("SELECT pg_get_serial_sequence(:table, 'id')") if "id" in table.columns else None
        name = connection.execute(asked, {"table": table.name}).scalar_one() if asked is not None else None
        if name:
            found[table.name] = str(name)
    return found


def _last(connection: Connection, sequence: str) -> int:
    # The name comes from the database, quoted where it must be.
    asked = f"SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence}"  # noqa: S608
    return int(connection.execute(text(asked)).scalar_one())


def _move_on(connection: Connection, table: str, sequence: str, number: int) -> None:
    # The table's name comes from the database itself.
    highest = connection.execute(text(f'SELECT coalesce(max(id), 0) FROM "{table}"')).scalar_one()  # noqa: S608
    reached = max(int(highest), number)
    if reached:
        connection.execute(text("SELECT setval(:sequence, :reached)"), {"sequence": sequence, "reached": reached})


def _move_on_sqlite(connection: Connection, numbers: Mapping[str, int]) -> None:
    counting = text("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'")
    for name in set(connection.execute(counting).scalars()) & numbers.keys():
        given = {"name": name, "number": numbers[name]}
        known = connection.execute(text("SELECT 1 FROM sqlite_sequence WHERE name = :name"), given).scalar()
        if known:
            connection.execute(text("UPDATE sqlite_sequence SET seq = max(seq, :number) WHERE name = :name"), given)
        else:
            connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)"), given)
