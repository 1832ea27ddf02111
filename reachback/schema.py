"""Brings a register to this version, and keeps a copy of what an SQLite register was before."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from sessions.database import MIGRATIONS, upgrade


def known_revisions() -> list[str]:
    """Every revision that this version knows, the newest first."""
    return [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]


def revision_of(engine: Engine) -> str | None:
    """The revision of a register; None where there is none yet."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def bring_here(engine: Engine, say: Callable[[str], None]) -> None:
    """Bring the schema to this version, from any older one or from nothing; `say` is told of the copy."""
    found, newest = revision_of(engine), known_revisions()[0]
    if found and found != newest and engine.dialect.name == "sqlite":
        copy = _copy(engine, newest)
        say(f"The register was of revision {found}: a copy of it is {copy}.")
    upgrade(engine)


def _copy(engine: Engine, newest: str) -> Path:
    register = Path(str(engine.url.database))
    target = register.with_name(f"{register.name}.before-{newest}")
    part = target.with_name(f"{target.name}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    with contextlib.closing(sqlite3.connect(register)) as source, contextlib.closing(sqlite3.connect(part)) as into:
        source.backup(into)
    part.replace(target)
    for older in register.parent.glob(f"{register.name}.before-*"):
        if older != target:
            older.unlink()
    return target
