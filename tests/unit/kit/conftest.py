"""A kit's folder, and the place of its pins outside it."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "kit"
    made.mkdir()
    return made


@pytest.fixture
def pins_file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "kit.pins.json"
