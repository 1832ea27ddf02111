"""The files of recordings, as they are handed out: whole, in parts, or as an index of what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from flask import Response, send_file

from portal.registers import registers
from recordings.container import BadRecording
from recordings.index import Index, read_index
from sessions.errors import RecordingDamaged, RecordingGone
from sessions.views import RecordingView

# Of long recordings even the headings are many; whoever plays one asks for its index again and again.
REMEMBERED = 32


def index_of(view: RecordingView) -> Index:
    """What is in a recording's file so far. Raises RecordingGone, RecordingDamaged."""
    path = _path(view)
    try:
        facts = path.stat()
        return _index(path, facts.st_size, facts.st_mtime_ns)
    except OSError:
        raise _gone(path) from None
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
        raise _gone(path) from None
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


def _gone(path: Path) -> RecordingGone:
    return RecordingGone(f"The file of this recording is not to be read in {path.parent}. An admin can put it back.")


@lru_cache(REMEMBERED)
def _index(path: Path, _size: int, _changed: int) -> Index:
    with path.open("rb") as file:
        return read_index(file)


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
