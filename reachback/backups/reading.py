"""`reachback restore FILE`: an installation is made of a backup, where none runs and none is overwritten.

All is unpacked, checked, loaded and brought to this version beside the place where it belongs; only then is anything
moved. Whatever the backup's database was, its rows are loaded into an SQLite file first, at the revision they are of:
there the migrations bring them here. Where the register is another database, they then go there in one transaction.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, Table

from kit import PINS_FILE
from reachback.backups import rows, space
from reachback.backups.archive import RECORDINGS, SECRET_KEY, Manifest, unpack
from reachback.backups.errors import BackupRefused
from reachback.register import opened
from reachback.schema import known_revisions
from sessions.calls import CallRegister
from sessions.database import upgrade
from sessions.listeners import ListenerRegister
from sessions.settings import Settings

NOT_HERE = "The register was restored from a backup."


@dataclass(frozen=True, slots=True)
class Restored:
    """What was made of a backup: its list, what lay here before and where it is now, recordings that are not here."""

    manifest: Manifest
    kept: tuple[Path, ...]
    has_key: bool
    recordings: int
    missing: tuple[str, ...]


def restore(settings: Settings, file: Path, *, force: bool, now: datetime) -> Restored:
    """Make this installation of the backup.

    Raises:
        BackupRefused: an installation runs or lies here, or the backup is damaged or of a newer version.
        OSError: something cannot be read or written.
    """
    space.refuse_where_it_runs(settings)
    found = space.in_the_way(settings)
    if found and not force:
        raise BackupRefused(
            f"There is an installation here already ({found[0]}). --force restores nevertheless, and keeps beside it "
            "what is there now."
        )
    with _scratch(settings.state_dir) as scratch:
        manifest = unpack(file, scratch)
        _refuse_another_key(settings, scratch, file)
        register = _loaded(scratch, manifest, file, now)
        _refuse_unless_empty(settings)
        kept = space.keep(settings, found, f"{now:%Y%m%dT%H%M%SZ}")
        _place(settings, scratch, register)
        listed = _listed(scratch)
    missing = [name for name in listed if not (settings.recordings.folder / name).exists()]
    return Restored(manifest, tuple(kept), SECRET_KEY in manifest.members, len(listed), tuple(missing))


@contextmanager
def _scratch(state_dir: Path) -> Iterator[Path]:
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = state_dir / f".restoring-{os.getpid()}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _loaded(scratch: Path, manifest: Manifest, file: Path, now: datetime) -> Path:
    """A register of this version with all that the backup holds, each row counted; no call is open in it."""
    _refuse_newer(manifest, file)
    register = scratch / "reachback.db"
    with opened(f"sqlite:///{register}") as engine:
        upgrade(engine, manifest.revision)
        try:
            with engine.begin() as connection:
                _load(connection, scratch, manifest)
        except (ValueError, KeyError) as error:
            raise BackupRefused(f"{file} holds rows that fit no register of revision {manifest.revision}.") from error
        upgrade(engine)
        _end_what_was_open(engine, now)
    return register


def _end_what_was_open(engine: Engine, now: datetime) -> None:
    """No listener of the backup lives here, whatever its node was called, and none of their calls is held."""
    listeners = ListenerRegister(engine, lambda: now)
    for one in listeners.present():
        listeners.gone(one.id, NOT_HERE)
    CallRegister(engine, lambda: now).forget(NOT_HERE)


def _refuse_newer(manifest: Manifest, file: Path) -> None:
    if manifest.revision not in known_revisions():
        raise BackupRefused(
            f"{file} is of a newer version ({manifest.version}, revision {manifest.revision}): install that version, "
            "or a later one, and restore with it."
        )


def _load(connection: Connection, scratch: Path, manifest: Manifest) -> None:
    for table in rows.tables(connection):
        _load_table(connection, table, scratch / f"register/{table.name}.jsonl", manifest)
    rows.set_counters(connection, manifest.counters)


def _load_table(connection: Connection, table: Table, file: Path, manifest: Manifest) -> None:
    with file.open("rb") as lines:
        loaded = rows.load(connection, table, lines)
    if loaded != manifest.tables.get(table.name) or loaded != rows.count(connection, table):
        raise ValueError(f"{table.name} has {loaded} rows")


def _refuse_another_key(settings: Settings, scratch: Path, file: Path) -> None:
    """A key outside the state directory is laid there by others (systemd, Kubernetes), and is not ours to replace."""
    own, key = scratch / SECRET_KEY, settings.secret_key_file
    if settings.state_dir in key.parents or not (own.exists() and key.exists()):
        return
    if own.read_bytes() != key.read_bytes():
        raise BackupRefused(
            f"{key} is another key than the backup's. Put the backup's there (`tar -xzOf {file} {SECRET_KEY}` prints "
            "it) and restore again. Nothing was changed."
        )


def _refuse_unless_empty(settings: Settings) -> None:
    # An SQLite register is a file, and was found in the way.
    if space.register_file(settings):
        return
    with opened(settings.database_url) as engine, engine.connect() as connection:
        filled = [table.name for table in rows.tables(connection) if rows.count(connection, table)]
    if filled:
        raise BackupRefused(
            f"The database holds rows already ({', '.join(filled[:5])}). Make an empty one, name it in "
            "REACHBACK_DATABASE_URL and restore into that; the other then stays as it is."
        )


def _place(settings: Settings, scratch: Path, register: Path) -> None:
    placed = [*_place_files(settings, scratch), _place_register(settings, register)]
    space.give_to_owner(settings, [path for path in placed if path])


def _place_register(settings: Settings, register: Path) -> Path | None:
    target = space.register_file(settings)
    if target:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        register.chmod(0o600)
        return Path(shutil.move(register, target))
    with opened(f"sqlite:///{register}") as source, opened(settings.database_url) as engine:
        _copy(source, engine)
    return None


def _copy(source: Engine, target: Engine) -> None:
    upgrade(target)
    with rows.snapshot(source) as origin, target.begin() as connection:
        origins = {table.name: table for table in rows.tables(origin)}
        for table in rows.tables(connection):
            loaded = rows.load(connection, table, rows.lines(origin, origins[table.name]))
            if loaded != rows.count(connection, table):
                raise BackupRefused(f"The database took not all rows of {table.name}. Nothing was changed in it.")
        rows.set_counters(connection, rows.counters(origin))


def _place_files(settings: Settings, scratch: Path) -> Iterator[Path]:
    places = {
        scratch / SECRET_KEY: settings.secret_key_file,
        scratch / PINS_FILE: settings.state_dir / PINS_FILE,
        scratch / "kit": settings.kit_dir,
    }
    for source, target in places.items():
        # What is still there after all was moved aside is a key that is the same.
        if source.exists() and not (source.name == SECRET_KEY and target.exists()):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            yield Path(shutil.move(source, _without_an_empty_folder(target)))
    for source in sorted((scratch / "recordings").glob("*")):
        settings.recordings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = settings.recordings.folder / source.name
        # A recording's name is never used twice: what is there already is the same one.
        if not target.exists():
            yield Path(shutil.move(source, target))


def _without_an_empty_folder(target: Path) -> Path:
    # Moving a folder to where one is would put it inside.
    if target.is_dir():
        target.rmdir()
    return target


def _listed(scratch: Path) -> list[str]:
    with (scratch / RECORDINGS).open("rb") as lines:
        return [Path(json.loads(line)["file"]).name for line in lines]
