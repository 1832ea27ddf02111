"""Looks at every file of the kit's folder and compares it with its pin."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kit import folder as files
from kit.errors import Unfit
from kit.folder import MAX_FILES, MAX_TOTAL, MIB
from kit.pins import Pin, Pins
from kit.products import SERVERS, Product
from kit.recognition import Recognised, recognise


class State(StrEnum):
    """How a file of the kit stands to its pin."""

    PINNED = "pinned"  # as it was when it was pinned: served
    NEW = "new"  # known, and never pinned
    CHANGED = "changed"  # other than its pin says
    GONE = "gone"  # pinned, and no longer there
    OTHER = "other"  # nothing that a kit is made of


@dataclass(frozen=True, slots=True)
class Examined:
    """One file: how it stands, what it is, and where it is not served the reason why."""

    name: str
    state: State
    found: Recognised | None = None
    sha256: str = ""
    size: int = 0
    why_not: str = ""

    def as_pin(self) -> Pin | None:
        """The pin that would accept this file as it is now; None where it cannot be part of a kit."""
        if self.found is None or self.found.product is None or self.why_not:
            return None
        program = self.found.program
        return Pin(self.sha256, self.size, self.found.product, program.version if program else None)


def examine(folder: Path, pins: Pins) -> list[Examined]:
    """Every entry of `folder`, and every pinned file that is no longer there, in the order of their names.

    Raises:
        KitError: the folder cannot be read.
    """
    names = files.entries(folder)
    found = [*_looked_at(folder, names, pins)]
    found += [Examined(name, State.GONE, why_not="it is no longer there") for name in set(pins) - set(names)]
    return sorted(found, key=lambda one: one.name)


def is_sound(found: Iterable[Examined]) -> bool:
    """Whether everything that was pinned is there, as it was pinned."""
    return not any(one.state in {State.CHANGED, State.GONE} for one in found)


def is_usable(found: Iterable[Examined]) -> bool:
    """Whether a customer's computer can be reached with what is served of it."""
    return any(one.state is State.PINNED and one.found and one.found.product in SERVERS for one in found)


def pinned_anew(found: Iterable[Examined], pins: Pins, *, accept: bool) -> dict[str, Pin]:
    """The pins after a check: the old ones and the new files; with `accept`, exactly what is there now."""
    now = {one.name: pin for one in found if (pin := one.as_pin())}
    return now if accept else now | dict(pins)


def _looked_at(folder: Path, names: list[str], pins: Pins) -> Iterator[Examined]:
    taken: dict[str, str] = {}
    total = 0
    for name in names:
        one = _one(folder, name, pins)
        if one.as_pin():
            twin = taken.setdefault(name.lower(), name)
            total += one.size
            if twin != name:
                one = _refused(one, pins, f"on Windows it has the same name as {twin}")
            elif len(taken) > MAX_FILES or total > MAX_TOTAL:
                one = _refused(one, pins, f"a kit has at most {MAX_FILES} files of {MAX_TOTAL // MIB} MiB together")
        yield one


def _one(folder: Path, name: str, pins: Pins) -> Examined:
    try:
        _stamp, data = files.read(folder, name)
    except Unfit as error:
        return Examined(name, _state_of_unfit(name, pins), why_not=str(error))
    found, sha256 = recognise(name, data), hashlib.sha256(data).hexdigest()
    return Examined(name, _state(name, sha256, found.product, pins), found, sha256, len(data), found.why_not)


def _refused(one: Examined, pins: Pins, why_not: str) -> Examined:
    return Examined(one.name, _state_of_unfit(one.name, pins), one.found, one.sha256, one.size, why_not)


def _state(name: str, sha256: str, product: Product | None, pins: Pins) -> State:
    if product is None:
        return _state_of_unfit(name, pins)
    if name not in pins:
        return State.NEW
    return State.PINNED if pins[name].sha256 == sha256 else State.CHANGED


def _state_of_unfit(name: str, pins: Pins) -> State:
    return State.CHANGED if name in pins else State.OTHER
