"""`reachback kit check`: what lies in the kit's folder, in words, and which of it is pinned from now on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kit import pins
from kit.examination import Examined, State, examine, is_sound, is_usable, pinned_anew
from kit.pins import Pins
from kit.products import SERVERS, Product
from kit.program import X86, XP, Program
from kit.text import one_line
from reachback.findings import Finding, ill, well

PUT_BACK = "put back the file that was pinned or, where you changed it yourself, run `reachback kit check --accept`"


@dataclass(frozen=True, slots=True)
class Report:
    """What a check has to say, and whether all that was pinned is still so."""

    lines: tuple[str, ...]
    well: bool


def check(folder: Path, pins_file: Path, *, accept: bool) -> Report:
    """Look at every file, pin what was never pinned, and with `accept` what has changed as well.

    Raises:
        KitError: the folder or the pins cannot be read, or the pins would be more than a kit may hold.
        OSError: the pins cannot be written.
    """
    before = pins.load(pins_file)
    found = examine(folder, before)
    after = pinned_anew(found, before, accept=accept)
    if after != before:
        pins.save(pins_file, after)
    return Report(tuple(_lines(folder, found, before, after)), accept or is_sound(found))


def summary(folder: Path, pins_file: Path) -> Iterator[Finding]:
    """The kit in the doctor's words; nothing is pinned. Raises KitError."""
    found = examine(folder, pins.load(pins_file))
    changed = [one.name for one in found if one.state in {State.CHANGED, State.GONE}]
    fresh = [one.name for one in found if one.state is State.NEW]
    if changed:
        yield ill(f"of the kit, {', '.join(changed)} changed and is not served", "run `reachback kit check`")
    if fresh:
        yield ill(f"of the kit, {', '.join(fresh)} is not pinned and not served", "run `reachback kit check`")
    if not changed and not fresh:
        yield well(_what_is_served(folder, found))


def _what_is_served(folder: Path, found: list[Examined]) -> str:
    served = [one for one in found if one.state is State.PINNED]
    if not is_usable(found):
        holds = "holds no VNC server" if served else "is empty"
        return f"the kit {holds}, customers need one of their own; put programs into {folder}, see docs/kit.md"
    servers = [_what(one) for one in served if one.found and one.found.product in SERVERS]
    return f"the kit hands out {len(served)} {_files(len(served))}: {', '.join(servers)}"


def _lines(folder: Path, found: list[Examined], before: Pins, after: Pins) -> Iterator[str]:
    for one in found:
        yield str(_head(one, before, after))
        yield from (f"    {line}" for line in _details(one, before))
    served = sum(one.name in after and one.as_pin() == after[one.name] for one in found)
    if served:
        yield f"{served} {_files(served)} of {folder} can be handed to customers."
    else:
        yield f"Nothing in {folder} can be handed to customers. docs/kit.md says what belongs there."


def _head(one: Examined, before: Pins, after: Pins) -> Finding | str:
    if one.state is State.OTHER:
        # Whoever may write into the folder chose this name.
        return f"– {one_line(one.name)}: {'unknown file, ' if one.found else ''}not served: {one.why_not}"
    if one.state is State.PINNED:
        return well(f"{one.name}: {_what(one)}, unchanged")
    if one.state is State.NEW:
        return well(f"{one.name}: {_what(one)}, new, pinned now")
    if one.name not in after:
        return well(f"{one.name}: forgotten")
    if before[one.name] != after[one.name]:
        return well(f"{one.name}: {_what(one)}, changed, pinned anew")
    return ill(f"{one.name}: {'gone' if one.state is State.GONE else 'changed, not served'}", PUT_BACK)


def _what(one: Examined) -> str:
    product = one.found.product if one.found else None
    program = one.found.program if one.found else None
    return _named(product, program.version if program else None)


def _named(product: Product | None, version: str | None) -> str:
    return " ".join(filter(None, [product or "unknown", version]))


def _details(one: Examined, before: Pins) -> Iterator[str]:
    if one.state in {State.CHANGED, State.GONE}:
        pin = before[one.name]
        yield f"was pinned as {_named(pin.product, pin.version)}, SHA-256 {pin.sha256}"
    if one.state is State.CHANGED:
        yield f"now: {one.why_not or _what(one)}"
    if one.found and one.found.program:
        yield from _program(one.found.program, is_known=one.found.product is not None)
    if one.sha256:
        yield f"SHA-256 {one.sha256}"


def _program(program: Program, *, is_known: bool) -> Iterator[str]:
    major, minor = program.needs
    yield f"calls itself {_own_words(program)}"
    yield f"{program.architecture}, made for {program.lowest_windows} or newer ({major}.{minor:02})"
    yield f"signed by {program.signer} (not verified)" if program.signer else "not signed"
    if is_known and not program.starts_on_xp:
        yield f"! does not start on Windows XP: {_why_not_on_xp(program)}"


def _own_words(program: Program) -> str:
    strings = program.resource.strings
    said = [f'"{strings[name]}"' for name in ("FileDescription", "ProductName", "CompanyName") if strings.get(name)]
    return ", ".join([*said, f"version {program.version or 'not said'}"])


def _why_not_on_xp(program: Program) -> str:
    if program.machine != X86:
        return "an ordinary Windows XP is 32-bit; take the 32-bit program, which runs on 64-bit Windows too"
    return f"take a version that declares {XP[0]}.{XP[1]:02} or less, see docs/kit.md"


def _files(count: int) -> str:
    return "file" if count == 1 else "files"
