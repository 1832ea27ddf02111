"""Containerfile, read as what builds images reads it."""

from __future__ import annotations

import re
from pathlib import Path

CONTAINERFILE = Path(__file__).parents[2] / "Containerfile"


def instructions() -> list[tuple[str, str]]:
    """The Containerfile's lines, joined where one goes on, as word and rest."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()]


def stage() -> list[tuple[str, str]]:
    """Those of the image itself."""
    lines = instructions()
    begins = max(place for place, (word, _rest) in enumerate(lines) if word == "FROM")
    return lines[begins:]
