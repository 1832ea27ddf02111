"""Opens the register for one command."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy import Engine

from sessions.database import open_engine


@contextlib.contextmanager
def opened(url: str) -> Iterator[Engine]:
    """An engine for the database at `url`, closed at the end."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
