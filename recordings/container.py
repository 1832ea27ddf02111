"""The file of a recording: records are encoded into it, and found in it again. docs/recording.md describes it.

No I/O, no clock: whoever writes appends what the encoder returns, in that order; whoever reads feeds the scanner in
pieces of any length. A file of a listener that was killed ends within a record: what is whole before it counts.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from struct import Struct
from typing import Any, NamedTuple

MAGIC = b"RBREC\0\r\n"
VERSION = 1
HEADING = Struct(">BII")
MAX_DATA = 64 * 1024
MAX_UPDATE = 32 * 1024 * 1024
MAX_MILLISECONDS = 2**32 - 1
# More refresh points than a quota has room for; the index in the last record names no more, and a scan finds no more.
MAX_POINTS = 50_000

_TOO_LARGE = "What a fresh viewer needs to begin is larger than a recording can hold."
_POINT = Struct(">QBHHH")
_OFFSET = Struct(">Q")


class Kind(IntEnum):
    """What a record holds."""

    HEAD = ord("H")
    REFRESH = ord("R")
    DATA = ord("D")
    WHOLE = ord("W")
    END = ord("E")


# The longest payload of each kind. A record of a kind that a later version adds is passed over, up to the last limit.
LIMITS: dict[int, int] = {
    Kind.HEAD: 64 * 1024,
    Kind.REFRESH: 16 * 1024 * 1024,
    Kind.DATA: MAX_DATA,
    Kind.WHOLE: _OFFSET.size,
    Kind.END: 4 * 1024 * 1024,
}
MAX_OTHER = 16 * 1024 * 1024
# How much of a payload a scan needs: of a refresh point, where it is in the file's chain and how large the desktop is.
_KEPT: dict[int, int] = {**LIMITS, Kind.REFRESH: _POINT.size, Kind.DATA: 0}


class BadRecording(Exception):
    """A payload cannot be what its record says; `str()` is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Head:
    """Of what a recording is, and what the desktop was when it began."""

    session: str
    call: int
    begun_at: datetime
    width: int
    height: int
    name: str


@dataclass(frozen=True, slots=True)
class Point:
    """What a scan learns of a refresh point: the offset of the one before (0: none), and whether a gap lies between."""

    previous: int
    is_after_gap: bool
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Refresh:
    """A point where a fresh viewer can begin: greeted with this size and name, it is fed `update`, then the data."""

    point: Point
    name: str
    update: bytes


class Record(NamedTuple):
    """One whole record: what it is, when, where its heading begins, how long its payload is.

    `payload` is as much of that as a scan needs: nothing of data, the first fields of a refresh point, all of others.
    """

    kind: int
    at: int
    offset: int
    length: int
    payload: bytes


class Encoder:
    """Makes the bytes of one recording, record by record; each call's answer is to be appended to the file."""

    def __init__(self, head: Head) -> None:
        self.size = 0
        self.data_bytes = 0
        self.at = 0
        self._head = head
        self._points: list[list[int | None]] = []

    def begin(self) -> bytes:
        """The file's first bytes."""
        head = self._head
        facts = {
            "version": VERSION,
            "session": head.session,
            "call": head.call,
            "begun_at": head.begun_at.isoformat(),
            "width": head.width,
            "height": head.height,
            "name": head.name,
        }
        self.size = len(MAGIC)
        return MAGIC + self._record(Kind.HEAD, 0, _json(facts))

    def refresh(self, at: int, refresh: Refresh) -> bytes:
        """A point where a fresh viewer can begin; of `refresh.point`, `previous` is filled in here."""
        point, name = refresh.point, refresh.name.encode()[:0xFFFF]
        if len(refresh.update) > MAX_UPDATE:
            raise BadRecording(_TOO_LARGE)
        fields = _POINT.pack(self._last_point(), point.is_after_gap, point.width, point.height, len(name))
        payload = b"".join((fields, name, zlib.compress(refresh.update)))
        if len(payload) > LIMITS[Kind.REFRESH]:
            raise BadRecording(_TOO_LARGE)
        offset = self.size
        made = self._record(Kind.REFRESH, at, payload)
        self._points.append([self.at, offset, None])
        return made

    def data(self, at: int, data: bytes | bytearray) -> bytes:
        """What the server sent, as records of at most 64 KiB; they continue what was written before."""
        self.data_bytes += len(data)
        pieces = range(0, len(data), MAX_DATA)
        return b"".join(self._record(Kind.DATA, at, bytes(data[start : start + MAX_DATA])) for start in pieces)

    def whole(self, at: int) -> bytes:
        """The picture of the last refresh point is complete here; nothing where that was said already."""
        if not self._points or self._points[-1][2] is not None:
            return b""
        made = self._record(Kind.WHOLE, at, _OFFSET.pack(self._last_point()))
        self._points[-1][2] = self.at
        return made

    def end(self, at: int, reason: str) -> bytes:
        """The file's last bytes."""
        facts = {"reason": reason, "bytes": self.data_bytes, "index": self._points[:MAX_POINTS]}
        return self._record(Kind.END, at, _json(facts))

    def _last_point(self) -> int:
        return (self._points[-1][1] or 0) if self._points else 0

    def _record(self, kind: Kind, at: int, payload: bytes) -> bytes:
        # The times of records never go back, whatever the clock does.
        self.at = min(max(self.at, at), MAX_MILLISECONDS)
        self.size += HEADING.size + len(payload)
        return HEADING.pack(kind, self.at, len(payload)) + payload


class Scanner:
    """Finds the whole records of a file that is fed in pieces, and keeps of them what an index needs.

    Nothing makes it fail: the first thing that cannot be is told by `fault`, and what follows it is not looked at.
    """

    def __init__(self) -> None:
        self.fault = ""
        self._left = 0
        self.whole_until = 0
        self._part = bytearray()
        self._wanted = len(MAGIC)
        self._heading: tuple[int, int, int] | None = None
        self._at = 0
        self._is_begun = False
        self._is_ended = False

    def receive_data(self, data: bytes | bytearray | memoryview) -> list[Record]:
        """The next bytes of the file; answers the records that they complete."""
        found: list[Record] = []
        view, at = memoryview(data), 0
        while at < len(view) and not self.fault:
            at += self._whole_record(view, at, found) or self._piece(view, at, found)
        return found

    @property
    def skippable(self) -> int:
        """How many of the next bytes nobody needs."""
        return self._left if len(self._part) == self._wanted and not self.fault else 0

    def skip(self, count: int) -> list[Record]:
        """Leave out the next `count` bytes, at most `skippable`: the file has them."""
        self._left -= count
        found = None if self._left else self._next()
        return [found] if found else []

    def _whole_record(self, view: memoryview, at: int, found: list[Record]) -> int:
        """Take a record that lies wholly in `view`, as nearly all do; answers its size, or 0 where none does."""
        start = at + HEADING.size
        if self._part or self._heading or not self.whole_until or start > len(view):
            return 0
        kind, when, length = HEADING.unpack_from(view, at)
        if start + length > len(view):
            return 0
        self.fault = self._heading_fault(kind, when, length)
        if not self.fault:
            kept = min(length, _KEPT.get(kind, 0))
            found.append(self._complete(kind, when, length, bytes(view[start : start + kept]) if kept else b""))
        return HEADING.size + int(length)

    def _piece(self, view: memoryview, at: int, found: list[Record]) -> int:
        """Take some of what is missing of the present part; answers how much."""
        missing = self._wanted - len(self._part)
        taken = min(missing or self._left, len(view) - at)
        if missing:
            self._part += view[at : at + taken]
        else:
            self._left -= taken
        if len(self._part) == self._wanted and not self._left:
            complete = self._next()
            found += [complete] if complete else []
        return taken

    def _next(self) -> Record | None:
        """A part is complete: the magic, a heading, or a payload with its record."""
        part = bytes(self._part)
        self._part.clear()
        if not self.whole_until:
            self._begin(part)
        elif self._heading is None:
            self._announce(*HEADING.unpack(part))
        else:
            return self._complete(*self._heading, part)
        return None

    def _begin(self, magic: bytes) -> None:
        if magic != MAGIC:
            self.fault = "This is no recording: its first bytes are others."
        self.whole_until = len(MAGIC)
        self._wanted = HEADING.size

    def _announce(self, kind: int, at: int, length: int) -> None:
        self.fault = self._heading_fault(kind, at, length)
        if not self.fault:
            self._heading = (kind, at, length)
            self._wanted = min(length, _KEPT.get(kind, 0))
            self._left = length - self._wanted

    def _heading_fault(self, kind: int, at: int, length: int) -> str:
        if self._is_ended:
            return "Something follows the record that ends the recording."
        if self._is_begun is (kind == Kind.HEAD):
            return "The head is not the first record, or not the only one."
        if at < self._at:
            return "The time of a record is before that of the one before it."
        if not 0 < length <= LIMITS.get(kind, MAX_OTHER):
            return "A record is longer than one of its kind can be, or empty."
        return ""

    def _complete(self, kind: int, at: int, length: int, payload: bytes) -> Record:
        found = Record(kind, at, self.whole_until, length, payload)
        self.whole_until += HEADING.size + length
        self._at, self._heading, self._wanted = at, None, HEADING.size
        self._is_begun = True
        self._is_ended = kind == Kind.END
        return found


def read_head(payload: bytes) -> dict[str, Any]:
    """The facts of the first record. Raises BadRecording."""
    facts = _object(payload)
    if facts.get("version") != VERSION:
        raise BadRecording(f"This recording is not of version {VERSION}: a newer Reachback may play it.")
    return facts


def read_end(payload: bytes) -> dict[str, Any]:
    """The facts of the last record. Raises BadRecording."""
    return _object(payload)


def read_point(payload: bytes) -> Point:
    """The fields that a refresh point begins with. Raises BadRecording."""
    if len(payload) < _POINT.size:
        raise BadRecording("A refresh point is too short.")
    previous, gap, width, height, _name = _POINT.unpack_from(payload)
    return Point(previous, bool(gap), width, height)


def read_whole(payload: bytes) -> int:
    """The offset of the refresh point whose picture is complete. Raises BadRecording."""
    if len(payload) != _OFFSET.size:
        raise BadRecording("A record that says which picture is complete has the wrong length.")
    offset: int = _OFFSET.unpack(payload)[0]
    return offset


def read_refresh(payload: bytes) -> Refresh:
    """A refresh point, its whole payload given. Raises BadRecording."""
    point = read_point(payload)
    name_ends = _POINT.size + _POINT.unpack_from(payload)[4]
    inflater = zlib.decompressobj()
    try:
        name = payload[_POINT.size : name_ends].decode()
        update = inflater.decompress(payload[name_ends:], MAX_UPDATE)
    except (zlib.error, UnicodeDecodeError):
        raise BadRecording("A refresh point is damaged.") from None
    if not inflater.eof:
        raise BadRecording("A refresh point is damaged, or larger than it can be.")
    return Refresh(point, name, update)


def _json(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()


def _object(payload: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(payload)
    except (ValueError, RecursionError):
        raise BadRecording("A record that should hold JSON holds none.") from None
    if not isinstance(facts, dict):
        raise BadRecording("A record that should hold a JSON object holds something else.")
    return facts
