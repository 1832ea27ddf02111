"""News from PostgreSQL: something was decided that a listener has to carry out (migration 0007 says what).

A thread with a connection of its own waits for it, and says only that there is news: whoever hears it looks. While the
connection is gone nothing is heard; once there is another, everybody is told to look. SQLite has no such thing: whoever
works with it looks four times a second, as everybody does besides.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from psycopg import Connection, Error
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from sessions import postgresql

CHANNEL = "reachback_news"
# How soon the thread notices that it is to end, and how long it waits before it tries to connect again.
LOOK_UP_SECONDS = 0.5

Tell = Callable[[], None]

log = logging.getLogger(__name__)


@contextmanager
def heard(engine: Engine, tell: Tell) -> Iterator[None]:
    """While this lasts, `tell` is called whenever there is news, in a thread of its own."""
    if engine.dialect.name != postgresql.NAME:
        yield
        return
    over = threading.Event()
    thread = threading.Thread(target=_hear, args=(engine, tell, over), name="news", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        # Not for ever: it may be waiting for a database that is gone, and ends with the process anyway.
        thread.join(2 * LOOK_UP_SECONDS)


def _hear(engine: Engine, tell: Tell, over: threading.Event) -> None:
    is_lost = False
    while not over.is_set():
        try:
            with _listening(engine) as connection:
                is_lost = False
                _hear_until_lost(connection, tell, over)
        except (Error, SQLAlchemyError) as error:
            if not is_lost:
                log.info("no news from the database for now, so people's decisions are looked for: %s", error)
            is_lost = True
            over.wait(LOOK_UP_SECONDS)


def _hear_until_lost(connection: Connection, tell: Tell, over: threading.Event) -> None:
    # What was decided before is no news any more.
    tell()
    while not over.is_set():
        for _ in connection.notifies(timeout=LOOK_UP_SECONDS, stop_after=1):
            tell()


@contextmanager
def _listening(engine: Engine) -> Iterator[Connection]:
    """A connection that is out of the pool for good: it hears what it once listened to."""
    pooled = engine.raw_connection()
    connection: Connection = pooled.driver_connection  # type: ignore[assignment]  # of the one driver that there is
    pooled.detach()
    try:
        connection.autocommit = True
        connection.execute(f"LISTEN {CHANNEL}")
        yield connection
    finally:
        pooled.close()
