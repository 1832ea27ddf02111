"""The pins: by which contents each file of the kit was accepted. One small JSON file, outside the kit's folder.

Outside, so that whoever may write into the folder cannot also say that what he wrote is right.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from kit.errors import KitError
from kit.folder import MAX_FILES, MAX_TOTAL, MIB, is_plain
from kit.products import Product

MAX_PINS_FILE = 64 * 1024
_FORM = 1


@dataclass(frozen=True, slots=True)
class Pin:
    """What one file was when it was accepted."""

    sha256: str
    size: int
    product: Product
    version: str | None


Pins = Mapping[str, Pin]


def load(file: Path) -> dict[str, Pin]:
    """The pins in `file`, by the names of the files; none where there is no such file.

    Raises:
        KitError: it cannot be read, or is damaged.
    """
    try:
        with file.open("rb") as opened:
            text = opened.read(MAX_PINS_FILE + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise KitError(f"{file} cannot be read ({error.strerror}). Give it to the user that runs Reachback.") from error
    try:
        return _parsed(text)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise KitError(f"{file} is damaged. Delete it, and run `reachback kit check` again.") from error


def save(file: Path, pins: Pins) -> None:
    """Write `pins` to `file`, whole or not at all. Raises KitError where they are more than a kit may hold.

    Everybody may read it, only this user write it: the pins are no secret, and whoever checks the kit may be another
    user than the one who serves it.
    """
    check_limits(pins)
    form = {"form": _FORM, "files": {name: asdict(pin) for name, pin in sorted(pins.items())}}
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        with fresh.open("w", encoding="ascii") as opened:
            os.fchmod(opened.fileno(), 0o644)
            opened.write(json.dumps(form, indent=1) + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)


def check_limits(pins: Pins) -> None:
    """Refuse pins for more than a kit may hold: what is pinned bounds what is served. Raises KitError."""
    if len(pins) > MAX_FILES or sum(pin.size for pin in pins.values()) > MAX_TOTAL:
        limits = f"{MAX_FILES} files of {MAX_TOTAL // MIB} MiB together"
        raise KitError(f"More is pinned than a kit may hold ({limits}). `--accept` forgets the files that are gone.")


def _parsed(text: bytes) -> dict[str, Pin]:
    form = json.loads(text)
    if len(text) > MAX_PINS_FILE or form["form"] != _FORM:
        raise ValueError("this is not a file of pins, or one of another version")
    pins = {_plain(name): _pin(**fields) for name, fields in form["files"].items()}
    check_limits(pins)
    return pins


def _plain(name: str) -> str:
    if not is_plain(name):
        raise ValueError("a pinned name is no plain file name")
    return name


def _pin(*, sha256: object, size: object, product: object, version: object) -> Pin:
    if not isinstance(sha256, str) or not isinstance(product, str) or not isinstance(version, str | None):
        raise TypeError("a pin's hash, product and version are texts")
    if not isinstance(size, int) or size < 0:
        raise TypeError("a pin's size is a number of bytes")
    return Pin(sha256, size, Product(product), version)
