from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from kit import pins
from kit.errors import KitError
from kit.folder import MAX_FILES, MAX_TOTAL
from kit.pins import Pin
from kit.products import Product

ONE = {"tvnserver.exe": Pin("ab" * 32, 1_700_000, Product.TIGHTVNC, "2.8.27")}


def test_what_was_saved_is_loaded(pins_file: Path) -> None:
    more = ONE | {"LICENSE": Pin("cd" * 32, 18_000, Product.LICENCE, None)}
    pins.save(pins_file, more)
    assert pins.load(pins_file) == more


def test_no_file_is_no_pins(pins_file: Path) -> None:
    assert pins.load(pins_file) == {}


def test_another_user_may_read_the_pins_and_not_write_them(pins_file: Path) -> None:
    pins.save(pins_file, ONE)
    assert stat.S_IMODE(pins_file.stat().st_mode) == 0o644
    assert [path.name for path in pins_file.parent.iterdir()] == [pins_file.name]


def form(**changes: object) -> str:
    fields = {"sha256": "ab" * 32, "size": 1, "product": "TightVNC server", "version": "2.8.27"} | changes
    return json.dumps({"form": 1, "files": {"tvnserver.exe": fields}})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 60_000,
        "\xff\xfe",
        '{"form": 2, "files": {}}',
        '{"form": 1}',
        '{"form": 1, "files": []}',
        '{"form": 1, "files": {"../a": {}}}',
        '{"form": 1, "files": {"a": 7}}',
        '{"form": 1, "files": {"a": {}}}',
        form(sha256=7),
        form(size="1"),
        form(size=-1),
        form(product="Minesweeper"),
        form(version=2),
        form(more=1),
        '{"form": 1, "files": {}}' + " " * pins.MAX_PINS_FILE,
    ],
)
def test_damaged_pins_are_told(pins_file: Path, text: str) -> None:
    pins_file.parent.mkdir()
    pins_file.write_text(text, encoding="latin-1")
    with pytest.raises(KitError, match="is damaged"):
        pins.load(pins_file)


def test_pins_that_cannot_be_read_are_told(pins_file: Path) -> None:
    pins_file.mkdir(parents=True)
    with pytest.raises(KitError, match="cannot be read"):
        pins.load(pins_file)


@pytest.mark.parametrize(
    "many",
    [
        {f"libssl-{number}.dll": Pin("ab" * 32, 1, Product.STUNNEL_PART, None) for number in range(MAX_FILES + 1)},
        {"tvnserver.exe": Pin("ab" * 32, MAX_TOTAL + 1, Product.TIGHTVNC, None)},
    ],
)
def test_more_than_a_kit_may_hold_is_not_pinned(pins_file: Path, many: dict[str, Pin]) -> None:
    pins.save(pins_file, ONE)
    with pytest.raises(KitError, match="More is pinned"):
        pins.save(pins_file, many)
    assert pins.load(pins_file) == ONE
