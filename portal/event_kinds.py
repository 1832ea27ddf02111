"""What every kind of audit row is called, and the sentence that it is told with.

In a sentence, `{name}` is a fact of the row; `[...]` is left out where a fact inside it is not known. A test sees to it
that no kind that the code writes lacks its line; `docs/audit-kinds.md` is made from this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

GROUPS = {
    "sessions": "Sessions",
    "calls": "Calls",
    "seats": "At the screen",
    "recordings": "Recordings",
    "people": "People",
    "audit": "The audit itself",
}


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
    "control_asked": Kind(
        "seats", "Control asked for", "{actor}[ ({address})] asked for control of computer {desktop}."
    ),
    "control_offered": Kind(
        "seats", "Control offered", "{actor}[ ({address})] offered {person} control of computer {desktop}."
    ),
    "control_given": Kind(
        "seats", "Control given", "{actor}[ ({address})] gave {person} control of computer {desktop}."
    ),
    "control_taken": Kind(
        "seats", "Control taken", "{actor}[ ({address})] took control of computer {desktop}[ from {former}][, {taken}]."
    ),
    "control_released": Kind(
        "seats", "Control released", "{actor}[ ({address})] gave up control of computer {desktop}."
    ),
    "seat_left": Kind("seats", "Seat left", "{actor} {did} computer {desktop}[ for {lasted}].[ {reason}]"),
    "last_seat_left": Kind("seats", "Nobody there", "Nobody sits at the computer any more."),
    "recording_wanted": Kind(
        "recordings", "Recording switched", "{actor}[ ({address})] switched the session’s recording[ {switched}]."
    ),
    "recording_begun": Kind(
        "recordings", "Recording begun", "The recording of computer {desktop} began[, as {wanted_by} wished]."
    ),
    "recording_ended": Kind(
        "recordings",
        "Recording ended",
        "The recording of computer {desktop} ended[ after {lasted}][, {amount}][, SHA-256 {sha256}].[ {reason}]",
    ),
    "recording_deleted": Kind(
        "recordings", "Recording deleted", "{actor}[ ({address})] deleted a recording of computer {desktop}.[ {reason}]"
    ),
    "recording_played": Kind(
        "recordings", "Recording played", "{actor}[ ({address})] played a recording of computer {desktop}."
    ),
    "recording_downloaded": Kind(
        "recordings", "Recording downloaded", "{actor}[ ({address})] downloaded a recording of computer {desktop}."
    ),
    "signed_in": Kind("people", "Signed in", "{actor}[ ({address})] signed in[ {way}]."),
    "sign_in_failed": Kind("people", "Sign-in failed", "A try to sign in as {stranger}[ from {address}] was wrong."),
    "locked_out": Kind(
        "people",
        "Locked out",
        "Too many tries to sign in as {stranger}[ from {address}] were wrong: locked for a while.",
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
    "token_made": Kind("people", "API token made", "{actor}[ ({address})] made an API token[, {name},] for {person}."),
    "token_revoked": Kind(
        "people", "API token revoked", "{actor}[ ({address})] revoked an API token[, {name},] of {person}."
    ),
    "webhook_sent_again": Kind(
        "sessions", "Webhook sent again", "{actor}[ ({address})] had a webhook[ ({webhook})] sent again."
    ),
    "audit_exported": Kind("audit", "Rows exported", "{actor}[ ({address})] exported audit rows[ as {form}]."),
    "audit_pruned": Kind(
        "audit",
        "Old rows deleted",
        "[{rows} ]audit rows[ from before {before}] were deleted, as the retention setting says.",
    ),
}


def kinds_in(group: str) -> frozenset[str]:
    """All kinds of a group."""
    return frozenset(name for name, kind in KINDS.items() if kind.group == group)


def kind_of(name: str) -> Kind:
    """The words of a kind; for one that a later version wrote, its name has to do."""
    return KINDS.get(name) or Kind("audit", name.replace("_", " ").capitalize(), "{actor}: {kind}.")
