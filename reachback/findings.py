"""How a check says what it found: one line, and the cure where something is wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: what was looked at, whether it is well, and what to do where it is not."""

    well: bool
    words: str
    cure: str = ""

    def __str__(self) -> str:
        return f"✔ {self.words}" if self.well else f"✘ {self.words}: {self.cure}"


def well(words: str) -> Finding:
    """All is as it should be."""
    return Finding(well=True, words=words)


def ill(words: str, cure: str) -> Finding:
    """Something is wrong, and `cure` mends it."""
    return Finding(well=False, words=words, cure=cure)
