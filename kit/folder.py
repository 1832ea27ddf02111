"""The kit's folder: flat, regular files only, every one bounded.

Whoever may write into the folder need not be whoever runs Reachback. So nothing here follows a symbolic link, waits for
a pipe, or reads more than the limits, whatever lies in the folder.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from kit.errors import KitError, Unfit

MIB = 1024 * 1024
MAX_FILES = 32
MAX_FILE = 12 * MIB
MAX_TOTAL = 32 * MIB
MAX_ENTRIES = 1000  # looked at in the folder before it is refused: it is no kit, but somebody's downloads

# One name that means the same to Linux, to a zip file and to every Windows; nothing hidden, no ending with a dot.
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the file system says of one state of a file, without reading it.

    The time of the last change of the inode (`changed`) is part of it: unlike that of the last writing, it cannot be
    set by whoever may write the file. Other contents have the same stamp only where the machine's clock was set back,
    or where they were written within the same few milliseconds.
    """

    device: int
    inode: int
    size: int
    written: int
    changed: int


def entries(folder: Path) -> list[str]:
    """The names of all that lies in `folder`, in order; none where there is no such folder.

    Raises:
        KitError: the folder cannot be read, or holds far more than a kit.
    """
    try:
        with os.scandir(folder) as found:
            names = [entry.name for entry in islice(found, MAX_ENTRIES + 1)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise KitError(f"{folder} cannot be read ({error.strerror}). Check REACHBACK_KIT_DIR.") from error
    if len(names) > MAX_ENTRIES:
        raise KitError(f"{folder} holds more than {MAX_ENTRIES} files. Give the kit a folder of its own.")
    return sorted(names)


def is_plain(name: str) -> bool:
    """Whether `name` can be the name of a file of the kit: letters, digits, `.`, `_` and `-`, no path."""
    return _NAME.fullmatch(name) is not None


def stamp(folder: Path, name: str) -> Stamp:
    """The stamp of one file.

    Raises:
        Unfit: it cannot be part of the kit.
    """
    descriptor = _opened(folder, name)
    try:
        return _checked(descriptor)
    finally:
        os.close(descriptor)


def read(folder: Path, name: str) -> tuple[Stamp, bytes]:
    """One file, whole, and the stamp of what was read.

    Raises:
        Unfit: it cannot be part of the kit.
    """
    with os.fdopen(_opened(folder, name), "rb") as file:
        before = _checked(file.fileno())
        data = file.read(MAX_FILE + 1)
        if _checked(file.fileno()) != before or len(data) != before.size:
            raise Unfit("it is being written just now")
    return before, data


def _opened(folder: Path, name: str) -> int:
    if not is_plain(name):
        raise Unfit("its name has other characters than A-Z a-z 0-9 . _ -, or is too long")
    try:
        # O_NONBLOCK: opening a pipe would wait for its other end.
        descriptor = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        words = "it is a symbolic link" if (folder / name).is_symlink() else f"it cannot be read ({error.strerror})"
        raise Unfit(words) from error
    try:
        _checked(descriptor)
    except Unfit:
        os.close(descriptor)
        raise
    return descriptor


def _checked(descriptor: int) -> Stamp:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise Unfit("it is no regular file")
    if found.st_size > MAX_FILE:
        raise Unfit(f"it is larger than {MAX_FILE // MIB} MiB")
    return Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
