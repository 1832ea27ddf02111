"""The index of a recording, made by scanning the headings of its records: what a player has to know to jump about.

It is made of what is in the file, never of the index in its last record: a recording that still runs, or that a
killed listener left behind, is read in the same way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from recordings.container import (
    HEADING,
    MAX_POINTS,
    BadRecording,
    Kind,
    Record,
    Scanner,
    read_end,
    read_head,
    read_point,
    read_whole,
)

BLOCK = 64 * 1024
FIRST_SLOT_MS = 1000
MAX_SLOTS = 1024


@dataclass(slots=True)
class Mark:
    """A refresh point: when, where in the file, and from when its picture is complete (None: never was)."""

    at: int
    offset: int
    whole_at: int | None = None


@dataclass(slots=True)
class Index:
    """What is known of a recording. `bytes` are those of its data, `whole_until` the end of its last whole record.

    `fault` says why the rest could not be read, where there is a rest; a tail that was torn off is no fault.
    """

    head: dict[str, Any] = field(default_factory=dict)
    milliseconds: int = 0
    bytes: int = 0
    is_finished: bool = False
    reason: str = ""
    points: list[Mark] = field(default_factory=list)
    activity: list[int] = field(default_factory=list)
    slot_ms: int = FIRST_SLOT_MS
    gaps: list[tuple[int, int]] = field(default_factory=list)
    fault: str = ""
    whole_until: int = 0

    def as_json(self) -> dict[str, Any]:
        """The same for a player."""
        return {
            "head": self.head,
            "milliseconds": self.milliseconds,
            "bytes": self.bytes,
            "finished": self.is_finished,
            "points": [{"at": mark.at, "offset": mark.offset, "whole_at": mark.whole_at} for mark in self.points],
            "activity": list(self.activity),
            "slot_ms": self.slot_ms,
            "gaps": list(self.gaps),
            "fault": self.fault,
        }


class Indexer:
    """Makes an index of records, one after another."""

    def __init__(self) -> None:
        self.index = Index()

    def add(self, record: Record) -> None:
        """The next record. Raises BadRecording where its payload cannot be."""
        match record.kind:
            case Kind.DATA:
                self.index.bytes += record.length
                self._be_active(record)
            case Kind.REFRESH:
                self._add_point(record)
            case Kind.WHOLE:
                self._complete(record)
            case Kind.HEAD:
                self.index.head = read_head(record.payload)
            case Kind.END:
                self.index.reason = str(read_end(record.payload).get("reason", ""))
                self.index.is_finished = True
        self.index.milliseconds = record.at

    def _add_point(self, record: Record) -> None:
        index, point = self.index, read_point(record.payload)
        if point.previous != (index.points[-1].offset if index.points else 0):
            raise BadRecording("A refresh point does not follow the one that it names.")
        if len(index.points) == MAX_POINTS:
            raise BadRecording("The recording has more refresh points than one can have.")
        if point.is_after_gap:
            index.gaps.append((index.milliseconds, record.at))
        index.points.append(Mark(record.at, record.offset))

    def _complete(self, record: Record) -> None:
        if not self.index.points or self.index.points[-1].offset != read_whole(record.payload):
            raise BadRecording("A picture is said to be complete whose refresh point is not the last one.")
        self.index.points[-1].whole_at = record.at

    def _be_active(self, record: Record) -> None:
        while (slot := record.at // self.index.slot_ms) >= MAX_SLOTS:
            self._widen()
        activity = self.index.activity
        if slot >= len(activity):
            activity.extend([0] * (slot + 1 - len(activity)))
        activity[slot] += record.length

    def _widen(self) -> None:
        """Two slots become one: however long a recording is, its activity stays a short list."""
        activity = [*self.index.activity, 0]
        self.index.activity = [sum(activity[slot : slot + 2]) for slot in range(0, len(self.index.activity), 2)]
        self.index.slot_ms *= 2


class IndexReader:
    """Makes the index of a file, and reads on where it stopped when the file has grown. `read` bytes are behind it."""

    def __init__(self) -> None:
        self.read = 0
        self._scanner = Scanner()
        self._indexer = Indexer()

    def read_on(self, file: BinaryIO) -> Index:
        """The index of what there is now. Raises BadRecording where that is no recording at all."""
        index, scanner = self._indexer.index, self._scanner
        for record in self._records(file):
            try:
                self._indexer.add(record)
            except BadRecording as fault:
                scanner.fault = str(fault)
                break
            index.whole_until = record.offset + HEADING.size + record.length
        index.fault = scanner.fault
        if not index.head:
            raise BadRecording(scanner.fault or "This is no recording: it ends before its first record does.")
        return index

    def _records(self, file: BinaryIO) -> Iterator[Record]:
        """All whole records; what the scanner does not need is not read."""
        size = file.seek(0, os.SEEK_END)
        file.seek(self.read)
        while not self._scanner.fault and (data := file.read(BLOCK)):
            self.read += len(data)
            yield from self._scanner.receive_data(data)
            skipped = min(self._scanner.skippable, size - self.read)
            if skipped > 0:
                self.read = file.seek(skipped, os.SEEK_CUR)
                yield from self._scanner.skip(skipped)


def read_index(file: BinaryIO) -> Index:
    """The index of a file, as far as it can be read. Raises BadRecording where it is no recording at all."""
    return IndexReader().read_on(file)
