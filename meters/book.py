"""The files in which one process writes down what it counted, so that another can read it.

They are of the kind that prometheus_client's own multi-process mode writes (`MmapedDict`), with two differences. It
names files after process numbers and keeps them for ever, since a counter must not fall; here a process takes the first
*place* of its kind that nobody holds (`listener-0`), and goes on counting where the one before it stopped. So there are
as many files as there were processes at once, and a restart is no jump. And it wants an environment variable to be set
before it is first imported; here the folder is an argument.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import struct
import threading
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector

from meters.kinds import Meter, Sample

MAX_PLACES = 64
# As large as MmapedDict makes them. All meters of a process fit in with room to spare.
FILE_BYTES = 1 << 16
PREFIXES = {"counter": "counter", "histogram": "histogram", "gauge": "gauge_livesum"}
DAMAGED = (RuntimeError, ValueError, struct.error, IndexError)

log = logging.getLogger(__name__)


class Book:
    """Keeps the `meters` of a process of this `kind` in `folder`. Nothing is opened before the first `write`.

    Counting is worth no outage: where the files cannot be written, that is told once, and nothing is counted.
    """

    def __init__(self, folder: Path, kind: str, meters: Iterable[Meter]) -> None:
        self._folder = folder
        self._kind = kind
        self._meters = tuple(meters)
        self._lock = threading.Lock()
        self._pages: _Pages | None = None
        self._is_given_up = False

    def write(self) -> None:
        """Write down what was counted since the last time."""
        with self._lock:
            pages = self._opened()
            if pages:
                self._write(pages)

    def close(self) -> None:
        """Write no more, and let another process have the place; in a forked one, leave the place to its parent."""
        with self._lock:
            self._is_given_up = True
            if self._pages:
                self._pages.close()
                self._pages = None

    def _write(self, pages: _Pages) -> None:
        try:
            for meter in self._meters:
                pages.write(meter)
        except (OSError, *DAMAGED) as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._is_given_up = True
        log.warning("nothing more is counted for Prometheus: %s", error)

    def _opened(self) -> _Pages | None:
        if self._pages is None and not self._is_given_up:
            try:
                self._pages = _Pages(self._folder, self._kind)
                # Whoever forgets a book gives its place back.
                weakref.finalize(self, self._pages.close)
            except OSError as error:
                self._give_up(error)
        return None if self._is_given_up else self._pages


class _Pages:
    """The open files of one place."""

    def __init__(self, folder: Path, kind: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock, self._place = _take_place(folder, kind)
        self._folder = folder
        self._files: dict[str, MmapedDict] = {}
        self._known: set[str] = set()

    def write(self, meter: Meter) -> None:
        file = self._files.get(meter.kind) or self._open(meter.kind)
        for sample in meter.take():
            # Noughts are written once, so that Prometheus sees the first step from there.
            if sample.amount or not meter.adds or meter.name not in self._known:
                self._write(file, meter, sample)
        self._known.add(meter.name)

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._lock.close()

    def _write(self, file: MmapedDict, meter: Meter, sample: Sample) -> None:
        # The words are the reader's: in the key they would make a new entry whenever they change.
        key = mmap_key(meter.name, sample.name, list(sample.labels), list(sample.labels.values()), "")
        before = file.read_value(key)[0]
        file.write_value(key, before + sample.amount if meter.adds else sample.amount, 0.0)

    def _open(self, kind: str) -> MmapedDict:
        path = self._folder / f"{PREFIXES[kind]}_{self._place}.db"
        if kind == "gauge":
            # What there was when the process before this one ended is not there any more.
            path.unlink(missing_ok=True)
        _reserve(path)
        if not is_sound(path):
            log.warning("%s is damaged: it begins anew", path)
            path.unlink()
            _reserve(path)
        file = self._files[kind] = MmapedDict(str(path))
        return file


def is_sound(path: Path) -> bool:
    """Whether a file can be read, from its first entry to its last."""
    try:
        with path.open("rb") as file:
            (used,) = struct.unpack("i", file.read(4))
        MultiProcessCollector.merge([str(path)])
    except (OSError, *DAMAGED):
        return False
    return bool(0 <= used <= path.stat().st_size)


def is_held(folder: Path, place: str) -> bool:
    """Whether a living process has this place."""
    with contextlib.suppress(FileNotFoundError), (folder / f"{place}.lock").open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _take_place(folder: Path, kind: str) -> tuple[IO[bytes], str]:
    for number in range(MAX_PLACES):
        place = f"{kind}-{number}"
        lock = (folder / f"{place}.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return lock, place
    raise OSError(f"{MAX_PLACES} processes count in {folder} already")


def _reserve(path: Path) -> None:
    """Give the file its room at once: a write into a mapped file that finds the disk full would end the process."""
    with path.open("ab") as file:
        os.posix_fallocate(file.fileno(), 0, FILE_BYTES)
