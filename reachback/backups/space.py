"""The place that a restore needs: nothing runs there, and what lies there is kept beside what comes."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from reachback.backups.errors import BackupRefused
from reachback.parts import parts
from reachback.ports import is_listening
from sessions.settings import Settings

KEPT = "before-restore"
# What is no part of an installation's state, and recordings, whose names are never used twice.
_LEFT_ALONE = frozenset({"lost+found", "metrics", "recordings"})
STOP = "Stop it first: `systemctl stop reachback.target`, or Ctrl-C where `reachback up` runs."


def refuse_where_it_runs(settings: Settings) -> None:
    """Raises BackupRefused where a part listens, or a listener still has calls."""
    for part in parts(settings):
        for address in part.addresses:
            if is_listening(address.port):
                raise BackupRefused(f"Something listens on {address}, where the {part.name} does. {STOP}")
    for lock in settings.state_dir.glob("listener*.lock"):
        if _is_held(lock):
            raise BackupRefused(f"A listener works with {settings.state_dir}. {STOP}")


def in_the_way(settings: Settings) -> list[Path]:
    """What an installation has left here: entries of the state directory, and what the settings put elsewhere."""
    inside = sorted(settings.state_dir.iterdir()) if settings.state_dir.exists() else []
    found = [path for path in inside if not _is_left_alone(path)]
    elsewhere = [path for path in _elsewhere(settings) if settings.state_dir not in path.parents]
    return found + [path for path in elsewhere if _holds_something(path)]


def keep(settings: Settings, found: list[Path], stamp: str) -> list[Path]:
    """Move them aside, each on its own disk; answers where they are now."""
    return [_keep(settings, path, stamp) for path in found]


def register_file(settings: Settings) -> Path | None:
    """The file of an SQLite register; None for another database."""
    url = make_url(settings.database_url)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def give_to_owner(settings: Settings, paths: list[Path]) -> None:
    """Where root restores, what was put there belongs to whom the state directory belongs to."""
    if os.geteuid() != 0:
        return
    owner = settings.state_dir.stat()
    for path in paths:
        for one in (path, *path.rglob("*")):
            shutil.chown(one, owner.st_uid, owner.st_gid)


def _keep(settings: Settings, path: Path, stamp: str) -> Path:
    if path.parent == settings.state_dir:
        folder = settings.state_dir / f"{KEPT}-{stamp}"
        folder.mkdir(mode=0o700, exist_ok=True)
        return path.rename(folder / path.name)
    return path.rename(path.with_name(f"{path.name}.{KEPT}-{stamp}"))


def _elsewhere(settings: Settings) -> Iterator[Path]:
    register = register_file(settings)
    if register:
        yield from (register.with_name(register.name + ending) for ending in ("", "-wal", "-shm"))
    yield settings.kit_dir


def _holds_something(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()


def _is_left_alone(path: Path) -> bool:
    return path.name in _LEFT_ALONE or path.name.startswith((KEPT, ".restoring")) or path.suffix == ".lock"


def _is_held(lock: Path) -> bool:
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
