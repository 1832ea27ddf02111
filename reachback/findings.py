"""How a check says what it found: one line, and the cure where something is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How bad it is. Only a problem makes `reachback doctor` fail."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


_MARKS = {Status.OK: "✔", Status.WARNING: "!", Status.PROBLEM: "✘"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: how it is, what was found, and the command or setting that mends it.

    `name` is the check's, for programs: it stays the same while the words may change.
    """

    status: Status
    words: str
    cure: str = ""
    name: str = ""

    @property
    def well(self) -> bool:
        """Whether there is nothing to do."""
        return self.status is Status.OK

    def __str__(self) -> str:
        return f"{_MARKS[self.status]} {self.words}" + (f": {self.cure}" if self.cure else "")


def well(words: str) -> Finding:
    """All is as it should be."""
    return Finding(Status.OK, words)


def doubtful(words: str, cure: str) -> Finding:
    """It works, but somebody should look at it: `cure` says at what."""
    return Finding(Status.WARNING, words, cure)


def ill(words: str, cure: str) -> Finding:
    """Something is wrong, and `cure` mends it."""
    return Finding(Status.PROBLEM, words, cure)
