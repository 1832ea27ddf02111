"""The state directory, its disk, and files with secrets: whose they are, and who else can look at them."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from reachback.findings import Finding, doubtful, ill, well
from sessions.settings import MEGABYTE, SECRET_KEY_BYTES

LITTLE, TOO_LITTLE = 1000 * MEGABYTE, 100 * MEGABYTE


def state_dir(folder: Path) -> Iterator[Finding]:
    """The state directory must take files of this user and be nobody else's, or be one that can be made."""
    there = nearest(folder)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield ill(f"{there} takes no files of this user", "give that folder to this user, or set REACHBACK_STATE_DIR")
        return
    if there != folder:
        yield well(f"state directory {folder} can be made")
        return
    yield from _whose(folder) or [well(f"state directory {folder} can be written, and is nobody else's")]


def _whose(folder: Path) -> list[Finding]:
    found, owner = [], folder.stat().st_uid
    if stat.S_IMODE(folder.stat().st_mode) & 0o007:
        found.append(ill(f"everybody on this machine can look into {folder}", f"chmod o= {folder}"))
    strangers = sorted(path.name for path in folder.iterdir() if path.stat().st_uid != owner)
    if strangers:
        name = user_name(owner)
        words = f"not {name}, whose {folder} is, owns in it: {', '.join(strangers[:3])}"
        found.append(ill(words, f"chown -R {name}: {folder}"))
    return found


def secret_key(file: Path) -> Finding:
    """The installation's key must be whole, and nobody else's to read."""
    if not file.exists():
        return well("secret key: not made yet, the first start makes it")
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        return ill(f"others can read {file}", f"chmod 600 {file}")
    if not os.access(file, os.R_OK):
        return ill(
            f"this user cannot read {file}", f"run this as its owner: `sudo -u {user_name(file.stat().st_uid)} ...`"
        )
    if file.stat().st_size != SECRET_KEY_BYTES:
        cure = "restore it from a backup, or delete it"
        return ill(f"{file} is damaged, it has to hold {SECRET_KEY_BYTES} bytes", cure)
    return well("secret key is readable by its owner only")


def key_in(file: Path) -> bytes | None:
    """The installation's key, where it is there, whole, and this user's to read."""
    try:
        key = file.read_bytes()
    except OSError:
        return None
    return key if len(key) == SECRET_KEY_BYTES else None


def secret_file(file: Path, what: str, setting: str) -> Finding:
    """A file with a secret must be there, hold something, and not be everybody's to read."""
    try:
        is_empty = not file.read_bytes().strip()
    except OSError as error:
        return ill(f"{what} cannot be read from {file} ({error.strerror})", f"correct {setting}, or make that file")
    if is_empty:
        return ill(f"{file} is empty, so there is no {what}", "put the secret into it")
    if stat.S_IMODE(file.stat().st_mode) & stat.S_IRWXO:
        return ill(f"everybody on this machine can read {file}", f"chmod o= {file}")
    return well(f"{what} is there, and not everybody's to read")


def disk(folder: Path) -> Finding:
    """The register needs room to write."""
    return room(folder, shutil.disk_usage(nearest(folder)).free)


def room(folder: Path, free: int) -> Finding:
    """What `free` bytes on the disk of `folder` mean."""
    words = f"the disk of {folder} has {free // MEGABYTE} MB left"
    cure = f"make room there (`du -xh --max-depth=2 {folder}` shows what fills it)"
    if free < TOO_LITTLE:
        return ill(words, cure)
    return doubtful(words, cure) if free < LITTLE else well(words)


def nearest(folder: Path) -> Path:
    """The folder itself, or the one above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def user_name(uid: int) -> str:
    """A user's name, or number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
