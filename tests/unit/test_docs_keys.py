"""Tables of keys on the pages name the keys that the code knows, and `make` commands on pages exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ARROWS = {"ArrowLeft": "←", "ArrowRight": "→", "ArrowUp": "↑", "ArrowDown": "↓", "Escape": "Esc", " ": "Space"}


def keys_in_table(page: str, heading: str) -> set[str]:
    """All keys in the first column of the first table whose head begins with `heading`."""
    _, found, rest = (DOCS / page).read_text(encoding="utf-8").partition(f"| {heading} |")
    assert found, f"{page} has no table {heading}"
    table = rest.partition("\n\n")[0]
    return {key for row in table.splitlines()[2:] for key in re.findall(r"`([^`]+)`", row.split("|")[1])}


def keys_in_code(file: str, name: str) -> set[str]:
    """The keys of an object literal called `name`, by their names on the pages."""
    code = (ROOT / file).read_text(encoding="utf-8")
    body = re.search(rf"const {name} = {{(.*?)^ *}};", code, re.DOTALL | re.MULTILINE)
    assert body, f"{file} has no {name}"
    return {_name(key) for key in re.findall(r"^\s*\"?([^\":\s]+|\s)\"?:", body[1], re.MULTILINE)}


def _name(key: str) -> str:
    return ARROWS.get(key, key)


def test_the_boards_keys():
    dialog = (ROOT / "portal/templates/keys.html").read_text(encoding="utf-8")
    shown = set(re.findall(r"^ *\(\"([^\"]+)\",", dialog, re.MULTILINE))
    # Escape is no deed of the board's alone: it closes what is open, wherever the keyboard is.
    assert keys_in_table("desk.md", "key") == shown == keys_in_code("portal/static/board.js", "DOES") | {"Esc"}


def test_the_viewers_keys():
    assert keys_in_table("technician.md", "key in the bar") == keys_in_code("noVNC/src/keys.js", "IN_BAR")


def test_the_players_keys():
    # Up and down move the seek bar, as in every browser; the page names what is the player's own.
    known = keys_in_code("noVNC/src/playback/keys.js", "deeds")
    assert keys_in_table("playback.md", "key") - {"Shift"} == known


def made() -> Iterator[tuple[str, str]]:
    for page in (ROOT / "README.md", *sorted(DOCS.glob("*.md"))):
        text = page.read_text(encoding="utf-8")
        for target in sorted(set(re.findall(r"(?:^|`|yes )make ([a-z-]+)", text, re.MULTILINE))):
            yield page.name, target


@pytest.mark.parametrize(("page", "target"), list(made()), ids=lambda word: word)
def test_a_make_command_on_a_page_exists(page, target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE), page
