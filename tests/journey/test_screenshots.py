"""`make pictures` works, and takes the pictures that the documentation shows: no more, no fewer."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.journey.screenshots import FOLDER, take
from tests.processes import free_ports

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(400)
def test_the_documentations_pictures_are_taken_from_the_program(tmp_path: Path) -> None:
    http, listen = free_ports(2)
    take(tmp_path, REACHBACK_HTTP=f"127.0.0.1:{http}", REACHBACK_LISTEN=f"127.0.0.1:{listen}")
    assert widths(tmp_path) == widths(ROOT / FOLDER)


def widths(folder: Path) -> dict[str, int]:
    """Each picture's width in pixels; its height may differ by a line that says something longer."""
    found = {}
    for path in folder.iterdir():
        with Image.open(path) as picture:
            found[path.name] = picture.width
    return found
