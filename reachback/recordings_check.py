"""Recordings, for whoever sits at the server: whether the folder can take them, what there is, what a file holds."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from kit.text import one_line
from reachback.findings import Finding, ill, well
from recordings.container import BadRecording
from recordings.index import Index, read_index
from sessions.recordings import OFF
from sessions.settings import MEGABYTE, Recordings

BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Report:
    """What a file is found to be, and whether it is a whole recording."""

    lines: tuple[str, ...]
    well: bool


def examine(settings: Recordings) -> Iterator[Finding]:
    """A line for the folder and one for its disk, where anything is recorded."""
    if settings.policy == OFF:
        return
    there = next(path for path in (settings.folder, *settings.folder.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield ill(f"{there} takes no recordings of this user", "give it to this user, or set REACHBACK_RECORDINGS_DIR")
        return
    if there == settings.folder and stat.S_IMODE(there.stat().st_mode) & 0o077:
        yield ill(f"others can look into {there}", f"chmod 700 {there}")
    else:
        yield well(f"recordings' folder {settings.folder} can be {'written' if there == settings.folder else 'made'}")
    yield _room(settings, there)


def _room(settings: Recordings, there: Path) -> Finding:
    free, least = shutil.disk_usage(there).free // MEGABYTE, settings.free // MEGABYTE
    if free < least:
        cure = "make room, or set REACHBACK_RECORDINGS_FREE or REACHBACK_RECORDINGS_DIR"
        return ill(f"the disk of the recordings has {free} MB left, less than {least} MB: nothing is recorded", cure)
    return well(f"the disk of the recordings has {free} MB left")


def check(file: Path) -> Report:
    """Read a file to its end. Raises OSError."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
        size = opened.tell()
        try:
            index = read_index(opened)
        except BadRecording as fault:
            return Report((f"✘ {fault}", f"SHA-256 {digest}"), well=False)
    lost = size - index.whole_until
    # What it says of itself may come from anywhere, and goes to a terminal.
    told = tuple(one_line(line) for line in (_verdict(index, lost), *_facts(index)))
    return Report((*told, f"SHA-256 {digest}"), well=index.is_finished and not lost)


def _verdict(index: Index, lost: int) -> str:
    if index.fault:
        return f"✘ damaged: {index.fault} What is before it plays; {lost} bytes do not."
    if not index.is_finished:
        return f"✘ not whole: it ends without its last record. It plays up to there{_torn(lost)}."
    return f"✔ whole. {index.reason}".rstrip()


def _torn(lost: int) -> str:
    return f", without its last {lost} bytes" if lost else ""


def _facts(index: Index) -> tuple[str, ...]:
    head = index.head
    return (
        f"{timedelta(milliseconds=index.milliseconds)} of {head.get('name')}, begun {head.get('begun_at')}",
        f"session {head.get('session')}, call {head.get('call')}",
        f"{index.bytes} bytes of pictures, {len(index.points)} refresh points, {len(index.gaps)} gaps",
    )
