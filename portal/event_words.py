"""Tells an audit row as a sentence: plainly for files, and for pages with what strangers chose kept apart.

Which sentence it is says `event_kinds`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol

from flask import Flask
from markupsafe import Markup, escape

from portal.event_kinds import kind_of
from portal.inert import inert
from portal.words import lasting

# Who acts where no technician does.
ACTORS = {
    "customer": "The customer",
    "listener": "The listener",
    "websockify": "websockify",
    "clock": "The clock",
    "command line": "The command line",
    "unknown": "Somebody unknown",
}
_PIECE = re.compile(r"\[([^\]]*)\]|\{(\w+)\}")
# Facts in words of ours; the others are somebody else's, and kept apart from the words around them.
_OURS = frozenset(
    {
        "placed",
        "wire",
        "way",
        "taken",
        "lasted",
        "minutes",
        "did",
        "doing",
        "fields",
        "confirmed",
        "bytes",
        "rows",
        "switched",
        "amount",
    }
)
_APART, _ADDRESS = Markup("<bdi>{}</bdi>"), Markup('<bdi class="mono">{}</bdi>')
_ADDRESSES = frozenset({"address", "caller"})

PLACED = {
    "id": "matched by code",
    "dispatcher": "matched by code",
    "sni": "matched by code (TLS)",
    "port": "matched by port",
    "address": "matched by address",
    "claim": "claimed by a technician",
}
MODES = {"control": ("controlled", "to control"), "watch": ("watched", "to watch")}
TAKEN = {"accepted": "as was offered", "as_admin": "as an admin"}
WAYS = {"password": "with a password", "openid": "with OpenID"}
FIELDS = {"reference": "ticket number"}


class Told(Protocol):
    """An audit row, however it was read."""

    @property
    def kind(self) -> str:
        """See event_kinds."""

    @property
    def actor(self) -> str:
        """Who did it."""

    @property
    def address(self) -> str | None:
        """From where."""

    @property
    def details(self) -> Mapping[str, object]:
        """What else is known."""


def install(app: Flask) -> None:
    """Let the templates use these words."""
    app.jinja_env.filters.update(event_title=title, event_sentence=marked, who=who, inert=inert)


def title(row: Told) -> str:
    """What the row's kind is called."""
    return inert(kind_of(row.kind).title)


def actor(name: str) -> str:
    """Who acted, at the beginning of a sentence."""
    return ACTORS.get(name) or inert(name)


def who(name: str) -> str:
    """Who acted, alone."""
    said = actor(name)
    return said.removeprefix("The ").capitalize() if said.startswith("The ") and name in ACTORS else said


def plain(row: Told) -> str:
    """The row as one sentence, for an export."""
    return _tell(row, lambda _name, value: value)


def marked(row: Told) -> Markup:
    """The row as one sentence, for a page: what strangers chose cannot turn the words around it."""
    return Markup(_tell(row, _mark))  # noqa: S704  (the words are ours, every fact is escaped)


def _mark(name: str, value: str) -> str:
    if name in _OURS:
        return escape(value)
    return (_ADDRESS if name in _ADDRESSES else _APART).format(value)


def _tell(row: Told, mark: Callable[[str, str], str]) -> str:
    known = {name: mark(name, value) for name, value in _facts(row).items() if value}

    def piece(found: re.Match[str]) -> str:
        optional, name = found[1], found[2]
        if name:
            return known.get(name, "without a name" if name == "desktop" else "–")
        needed = re.findall(r"\{(\w+)\}", optional)
        return _PIECE.sub(piece, optional) if all(one in known for one in needed) else ""

    return _PIECE.sub(piece, kind_of(row.kind).sentence)


def _facts(row: Told) -> dict[str, str]:
    known = row.details
    did, doing = MODES.get(str(known.get("mode")), ("watched", "to watch"))
    return {
        **{name: inert(value) for name, value in known.items() if isinstance(value, str | int)},
        "kind": inert(row.kind),
        "actor": actor(row.actor),
        "address": inert(row.address or ""),
        "person": _person(known.get("technician"), row.actor),
        "stranger": "a name that nobody has" if row.actor == "unknown" else inert(row.actor),
        "way": WAYS.get(str(known.get("how")), ""),
        "taken": TAKEN.get(str(known.get("how")), ""),
        "did": did,
        "doing": doing,
        "placed": _placed(known),
        "wire": _wire(known),
        "confirmed": "not confirmed" if known.get("confirmed") is False else "",
        "fields": _fields(known.get("fields")),
        "lasted": _span(known.get("seconds")),
        "minutes": _span(known.get("minutes"), 60),
        "bytes": _bytes(known),
        "switched": _switched(known.get("wanted")),
        "amount": _amount(known.get("bytes")),
    }


def _person(concerned: object, actor: str) -> str:
    """Whom somebody did something to; a row of an older version names nobody but them."""
    return "themselves" if concerned in {None, actor} else inert(concerned)


def _placed(known: Mapping[str, object]) -> str:
    """How a call came to its session, or that it did not."""
    if known.get("matched_by"):
        return PLACED.get(str(known["matched_by"]), "matched by other means")
    return "parked as a second call" if known.get("second_by") else "parked: no session could be told from it"


def _wire(known: Mapping[str, object]) -> str:
    if "encrypted" not in known:
        return ""
    return "encrypted" if known["encrypted"] else "not encrypted"


def _fields(names: object) -> str:
    return ", ".join(FIELDS.get(str(one), inert(one)) for one in names) if isinstance(names, list) else ""


def _span(count: object, each: int = 1) -> str:
    return lasting(timedelta(seconds=count * each)) if isinstance(count, int) else ""


def _bytes(known: Mapping[str, object]) -> str:
    come, gone = known.get("bytes_from_customer"), known.get("bytes_to_customer")
    return f"{size(come)} came, {size(gone)} went." if isinstance(come, int) and isinstance(gone, int) else ""


def _switched(wanted: object) -> str:
    return ("on" if wanted else "off") if isinstance(wanted, bool) else ""


def _amount(count: object) -> str:
    return size(count) if isinstance(count, int) else ""


def size(count: int) -> str:
    """An amount of data, narrow: `512 B`, `12 kB`, `3.4 MB`."""
    if count < 1000:
        return f"{count} B"
    for unit, one in (("kB", 1000), ("MB", 10**6)):
        if count < 1000 * one:
            return f"{count / one:.1f} {unit}"
    return f"{count / 10**9:.1f} GB"
