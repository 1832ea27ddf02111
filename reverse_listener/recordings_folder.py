"""The folder of the recordings: what is done there may take its time, and is done in threads."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from recordings.container import BadRecording
from recordings.index import read_index

SUFFIX = ".rbrec"
BLOCK = 1024 * 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file that nobody finished holds."""

    bytes: int
    milliseconds: int
    sha256: str


class RecordingsFolder:
    """Where recordings lie, one file each."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, name: str) -> int:
        """A new file, for this user only, in a folder for this user only; its descriptor, for appending."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(self.path / name, flags, 0o600)

    def free(self) -> int:
        """How many bytes are free on its disk for this user."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize

    def names(self) -> list[str]:
        """The files that are recordings by their names."""
        if not self.path.is_dir():
            return []
        return sorted(file.name for file in self.path.iterdir() if file.suffix == SUFFIX)

    def remove(self, names: list[str]) -> None:
        """Remove files; one that cannot be removed is told, and found again the next time."""
        for name in names:
            try:
                (self.path / name).unlink(missing_ok=True)
            except OSError as error:
                log.warning("%s cannot be removed: %s", self.path / name, error.strerror)

    def inspect(self, name: str) -> Contents:
        """Read a file to its end. One that is gone, or is no recording, holds nothing."""
        digest, size = hashlib.sha256(), 0
        try:
            with (self.path / name).open("rb") as file:
                while data := file.read(BLOCK):
                    digest.update(data)
                    size += len(data)
                return Contents(size, read_index(file).milliseconds, digest.hexdigest())
        except (OSError, BadRecording) as fault:
            log.warning("%s: %s", self.path / name, fault)
            return Contents(size, 0, digest.hexdigest())
