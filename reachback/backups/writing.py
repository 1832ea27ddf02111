"""`reachback backup FILE`: everything that makes this installation, as it is at one moment, while it runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile

from alembic.migration import MigrationContext
from sqlalchemy import Connection, Table, select

from kit import PINS_FILE
from kit.folder import entries, is_plain
from reachback.backups import rows
from reachback.backups.archive import RECORDINGS, SECRET_KEY, Manifest, Packer, packed
from reachback.backups.errors import BackupRefused
from reachback.register import opened
from sessions.settings import Settings


@dataclass(frozen=True, slots=True)
class Wanted:
    """What goes into a backup besides the register and the kit."""

    key: bool
    recordings: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording that the register lists: whether its file was there, and what it was."""

    file: str
    state: str
    there: bool
    bytes: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """What a backup holds, for whoever made it."""

    manifest: Manifest
    recordings: tuple[Recorded, ...]


def write(settings: Settings, file: Path, wanted: Wanted, *, version: str, now: datetime) -> Written:
    """Write the backup; `file` is replaced once the new one is whole. Writers of the register go on meanwhile.

    Raises:
        BackupRefused: there is no register yet, or no key where one is wanted.
        OSError: something cannot be read, or the file not be written.
    """
    with opened(settings.database_url) as engine, packed(file) as packer:
        with rows.snapshot(engine) as connection:
            manifest = _register(connection, packer, file.parent, version, now)
            listed = _listed(connection)
        _small_files(settings, packer, wanted)
        found = tuple(_recordings(settings.recordings.folder, listed, packer, wanted))
        packer.add_bytes(RECORDINGS, b"".join(json.dumps(asdict(one)).encode() + b"\n" for one in found))
        packer.finish(manifest)
    return Written(manifest, found)


def _register(connection: Connection, packer: Packer, spool: Path, version: str, now: datetime) -> Manifest:
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        raise BackupRefused("There is no register to back up yet: `reachback db upgrade` makes one.")
    counted = {table.name: _table(connection, table, packer, spool) for table in rows.tables(connection)}
    return Manifest(
        format=1,
        version=version,
        revision=revision,
        database=connection.dialect.name,
        made_at=now.isoformat(timespec="seconds"),
        tables=counted,
        counters=rows.counters(connection),
    )


def _table(connection: Connection, table: Table, packer: Packer, spool: Path) -> int:
    # A tar says how long a member is before it comes; that is known only once all rows were read.
    with TemporaryFile(dir=spool) as file:
        written = 0
        for line in rows.lines(connection, table):
            file.write(line)
            written += 1
        size = file.tell()
        file.seek(0)
        packer.add(f"register/{table.name}.jsonl", file, size)
    return written


def _small_files(settings: Settings, packer: Packer, wanted: Wanted) -> None:
    if wanted.key:
        if not settings.secret_key_file.exists():
            raise BackupRefused(f"{settings.secret_key_file} is not there. --without-key makes a backup without it.")
        _file(packer, SECRET_KEY, settings.secret_key_file)
    pins = settings.state_dir / PINS_FILE
    if pins.exists():
        _file(packer, PINS_FILE, pins)
    for name in entries(settings.kit_dir):
        path = settings.kit_dir / name
        if is_plain(name) and path.is_file() and not path.is_symlink():
            _file(packer, f"kit/{name}", path)


def _file(packer: Packer, name: str, path: Path) -> None:
    with path.open("rb") as file:
        packer.add(name, file, path.stat().st_size)


def _listed(connection: Connection) -> list[Recorded]:
    table = next((one for one in rows.tables(connection) if one.name == "recordings"), None)
    if table is None:
        return []
    kept = select(table.c.file, table.c.state, table.c.bytes, table.c.sha256).where(table.c.state != "deleted")
    found = connection.execute(kept.order_by(table.c.id))
    return [Recorded(*row[:2], there=False, bytes=row[2], sha256=row[3]) for row in found]


def _recordings(folder: Path, listed: list[Recorded], packer: Packer, wanted: Wanted) -> Iterator[Recorded]:
    for one in listed:
        path = folder / Path(one.file).name
        if not path.is_file():
            yield one
        elif wanted.recordings:
            with path.open("rb") as file:
                # One that runs grows meanwhile: what is there now plays.
                member = packer.add(f"recordings/{path.name}", file, path.stat().st_size)
            yield Recorded(path.name, one.state, there=True, bytes=member.bytes, sha256=member.sha256)
        else:
            yield _looked_at(one, path)


def _looked_at(one: Recorded, path: Path) -> Recorded:
    """A finished recording's sum is in the register; only where there is none is the file read."""
    if one.sha256:
        return Recorded(one.file, one.state, there=True, bytes=path.stat().st_size, sha256=one.sha256)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return Recorded(one.file, one.state, there=True, bytes=file.tell(), sha256=sha256)
