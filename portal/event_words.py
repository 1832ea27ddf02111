"""What every kind of audit row is called, and the sentence that it is told with.

In a sentence, `{name}` is a fact of the row; `[...]` is left out where a fact inside it is not known. `docs/audit.md`
has this table, and a test sees to it that no kind that the code writes lacks its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from flask import Flask
from markupsafe import Markup, escape

from portal.inert import inert
from portal.words import lasting

GROUPS = {
    "sessions": "Sessions",
    "calls": "Calls",
    "seats": "At the screen",
    "people": "People",
    "audit": "The audit itself",
}
# Who acts where no technician does.
ACTORS = {
    "customer": "The customer",
    "listener": "The listener",
    "websockify": "websockify",
    "clock": "The clock",
    "command line": "The command line",
}
_PIECE = re.compile(r"\[([^\]]*)\]|\{(\w+)\}")
# Facts in words of ours; the others are somebody else's, and kept apart from the words around them.
_OURS = frozenset({"placed", "wire", "lasted", "minutes", "did", "doing", "fields", "confirmed", "bytes", "rows"})
_APART, _ADDRESS = Markup("<bdi>{}</bdi>"), Markup('<bdi class="mono">{}</bdi>')
_ADDRESSES = frozenset({"address", "caller"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of audit row: where it belongs, what it is called, how it is told."""

    group: str
    title: str
    sentence: str


KINDS: Mapping[str, Kind] = {
    "created": Kind(
        "sessions", "Session created", "{actor}[ ({address})] created the session[ for {customer}][, for {minutes}]."
    ),
    "page_opened": Kind("sessions", "Customer’s page opened", "The customer opened the page[ from {address}]."),
    "edited": Kind("sessions", "Noted", "{actor}[ ({address})] changed what is noted of the session[: {fields}]."),
    "extended": Kind("sessions", "Session extended", "{actor}[ ({address})] let the session last[ {minutes}] longer."),
    "ended": Kind("sessions", "Session ended", "{actor}[ ({address})] ended the session[ after {lasted}]."),
    "time_up": Kind("sessions", "Time was up", "The session’s time was up[ after {lasted}]."),
    "call_arrived": Kind(
        "calls", "Computer called", "Computer {desktop} called[ from {address}], {placed}[, {wire}][, {confirmed}]."
    ),
    "call_matched": Kind(
        "calls", "Computer connected", "Computer {desktop} was connected, {placed}[, {wire}][, {confirmed}]."
    ),
    "claimed": Kind(
        "calls",
        "Call claimed",
        "{actor}[ ({address})] claimed the call of computer {desktop}[ from {caller}] for the session[, {wire}].",
    ),
    "call_replaced": Kind(
        "calls", "Call replaced", "A newer call took the place of the session’s call that no longer answered."
    ),
    "call_lost": Kind("calls", "Computer lost", "The session lost its computer.[ {reason}]"),
    "call_over": Kind(
        "calls",
        "Call over",
        "The call of computer {desktop}[ from {address}] was over[ after {lasted}].[ {reason}][ {bytes}]",
    ),
    "call_refused": Kind("calls", "Call refused", "A call[ from {address}] was refused.[ {reason}]"),
    "guesser_refused": Kind(
        "calls", "Guesser refused", "Too many wrong codes came[ from {address}]: its calls are refused for a while."
    ),
    "looked": Kind("seats", "Looked", "{actor}[ ({address})] opened the page with the customer’s computer."),
    "ticket_issued": Kind("seats", "Seat asked for", "{actor}[ ({address})] asked for a seat {doing}."),
    "ticket_spent": Kind("seats", "Ticket spent", "The ticket[ of {technician}] was spent."),
    "seat_taken": Kind(
        "seats", "Seat taken", "{actor}[ ({address})] took a seat {doing} computer {desktop}[, {wire}]."
    ),
    "seat_left": Kind("seats", "Seat left", "{actor} {did} computer {desktop}[ for {lasted}].[ {reason}]"),
    "last_seat_left": Kind("seats", "Nobody there", "Nobody sits at the computer any more."),
    "signed_in": Kind("people", "Signed in", "{actor}[ ({address})] signed in[ with {how}]."),
    "sign_in_failed": Kind("people", "Sign-in failed", "A try to sign in as {actor}[ from {address}] was wrong."),
    "locked_out": Kind(
        "people", "Locked out", "Too many tries to sign in as {actor}[ from {address}] were wrong: locked for a while."
    ),
    "signed_out": Kind("people", "Signed out", "{actor}[ ({address})] ended a sign-in of their own."),
    "signed_out_everywhere": Kind(
        "people", "Signed out everywhere", "{actor}[ ({address})] ended the sign-ins and seats of {person}."
    ),
    "technician_added": Kind("people", "Person added", "{actor}[ ({address})] added {person}[ as {role}]."),
    "technician_removed": Kind(
        "people", "Person removed", "{actor}[ ({address})] removed {person}, whose seats ended at once."
    ),
    "technician_restored": Kind("people", "Person restored", "{actor}[ ({address})] let {person} in again."),
    "role_changed": Kind(
        "people", "Role changed", "{actor}[ ({address})] gave {person} another role[: {role}][, before {before}]."
    ),
    "password_set": Kind("people", "Password set", "{actor}[ ({address})] gave {person} a new password."),
    "password_changed": Kind("people", "Password changed", "{actor}[ ({address})] changed their password."),
    "second_factor_set": Kind("people", "Second factor set", "{actor}[ ({address})] set up a second factor."),
    "second_factor_off": Kind(
        "people", "Second factor off", "{actor}[ ({address})] turned the second factor of {person} off."
    ),
    "recovery_codes_made": Kind("people", "Recovery codes made", "{actor}[ ({address})] made new recovery codes."),
    "recovery_code_used": Kind(
        "people", "Recovery code used", "{actor}[ ({address})] signed in with a recovery code[, {left} are left]."
    ),
    "openid_email_set": Kind(
        "people", "OpenID changed", "{actor}[ ({address})] changed with which OpenID {person} signs in."
    ),
    "openid_linked": Kind("people", "OpenID linked", "{actor}[ ({address})] came with OpenID for the first time."),
    "token_made": Kind("people", "API token made", "{actor}[ ({address})] made an API token for {person}."),
    "token_revoked": Kind("people", "API token revoked", "{actor}[ ({address})] revoked an API token of {person}."),
    "audit_exported": Kind("audit", "Rows exported", "{actor}[ ({address})] exported audit rows[ as {form}]."),
    "audit_pruned": Kind(
        "audit",
        "Old rows deleted",
        "[{rows} ]audit rows[ from before {before}] were deleted, as the retention setting says.",
    ),
}

PLACED = {
    "id": "matched by code",
    "dispatcher": "matched by code",
    "sni": "matched by code (TLS)",
    "port": "matched by port",
    "address": "matched by address",
    "claim": "claimed by a technician",
}
MODES = {"control": ("controlled", "to control"), "watch": ("watched", "to watch")}
FIELDS = {"reference": "ticket number"}


class Told(Protocol):
    """An audit row, however it was read."""

    @property
    def kind(self) -> str:
        """See KINDS."""

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


def kinds_in(group: str) -> frozenset[str]:
    """All kinds of a group."""
    return frozenset(name for name, kind in KINDS.items() if kind.group == group)


def kind_of(name: str) -> Kind:
    """The words of a kind; for one that a later version wrote, its name has to do."""
    return KINDS.get(name) or Kind("audit", inert(name).replace("_", " ").capitalize(), "{actor}: {kind}.")


def title(row: Told) -> str:
    """What the row's kind is called."""
    return kind_of(row.kind).title


def actor(name: str) -> str:
    """Who acted, at the beginning of a sentence."""
    return ACTORS.get(name) or inert(name)


def who(name: str) -> str:
    """Who acted, alone."""
    return actor(name).removeprefix("The ").capitalize() if name in ACTORS else inert(name)


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
        "person": inert(known.get("technician") or row.actor),
        "did": did,
        "doing": doing,
        "placed": _placed(known),
        "wire": _wire(known),
        "confirmed": "not confirmed" if known.get("confirmed") is False else "",
        "fields": _fields(known.get("fields")),
        "lasted": _span(known.get("seconds")),
        "minutes": _span(known.get("minutes"), 60),
        "bytes": _bytes(known),
    }


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


def size(count: int) -> str:
    """An amount of data, narrow: `512 B`, `12 kB`, `3.4 MB`."""
    if count < 1000:
        return f"{count} B"
    for unit, one in (("kB", 1000), ("MB", 10**6)):
        if count < 1000 * one:
            return f"{count / one:.1f} {unit}"
    return f"{count / 10**9:.1f} GB"
