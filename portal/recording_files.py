"""The files of recordings, as they are handed out: whole, in parts, or as an index of what is in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from flask import Response, send_file

from portal.registers import registers
from recordings.container import BadRecording
from recordings.index import IndexReader
from sessions.errors import RecordingDamaged, RecordingGone
from sessions.views import RecordingView

# Of long recordings even the headings are many, and who plays one that still runs asks for its index again and again.
REMEMBERED = 32


@dataclass(slots=True)
class _Reading:
    """How far a file's index was made already; one thread at a time goes on with it."""

    reader: IndexReader = field(default_factory=IndexReader)
    lock: Lock = field(default_factory=Lock)

    def index(self, path: Path) -> dict[str, Any]:
        with self.lock, path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < self.reader.read:
                # Another file lies there now: an older copy, put back by hand.
                self.reader = IndexReader()
            return self.reader.read_on(file).as_json()


def index_of(view: RecordingView) -> dict[str, Any]:
    """What is in a recording's file so far. Raises RecordingGone, RecordingDamaged."""
    path = _path(view)
    try:
        return _reading(path).index(path)
    except OSError:
        raise _gone(view, path) from None
    except BadRecording as fault:
        raise RecordingDamaged(f"This recording cannot be read. {fault}") from None


def file_of(view: RecordingView, *, to_keep: bool) -> Response:
    """A recording's file, or the part of it that was asked for; `to_keep`: to be saved. Raises RecordingGone."""
    path = _path(view)
    try:
        made = send_file(
            path,
            mimetype="application/octet-stream",
            as_attachment=to_keep,
            download_name=view.file,
            conditional=True,
        )
    except OSError:
        raise _gone(view, path) from None
    made.headers["Cache-Control"] = "no-store"
    if made.status_code == 200 and view.state == "running":
        _announced_only(made)
    return made


def remove(view: RecordingView) -> None:
    """A deleted recording's file goes at once; where that fails, the listener tries again within the hour."""
    try:
        _path(view).unlink(missing_ok=True)
    except OSError:
        return


def _path(view: RecordingView) -> Path:
    return registers().settings.recordings.folder / view.file


def _gone(view: RecordingView, path: Path) -> RecordingGone:
    node = registers().recordings.node_of(view.id)
    if node not in {None, registers().settings.node}:
        return RecordingGone(
            f"The file of this recording is on the node {node}, in the same folder: {path.parent}. An admin can copy "
            "it from there, or give all nodes one folder (REACHBACK_RECORDINGS_DIR)."
        )
    return RecordingGone(f"The file of this recording is not to be read in {path.parent}. An admin can put it back.")


@lru_cache(REMEMBERED)
def _reading(path: Path) -> _Reading:  # noqa: ARG001  (one for each path)
    return _Reading()


def _announced_only(made: Response) -> None:
    """The file grows while it is sent: no more of it than was announced."""
    whole = made.response
    made.response = _first(made.iter_encoded(), made.content_length or 0)
    made.direct_passthrough = False
    made.call_on_close(getattr(whole, "close", lambda: None))


def _first(pieces: Iterable[bytes], count: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece[:count]
        count -= len(piece)
        if count <= 0:
            return
