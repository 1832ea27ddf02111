"""What the JSON API takes and gives; its OpenAPI document is made from these."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from apiflask import Schema
from apiflask.fields import Boolean, Date, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from marshmallow import ValidationError, post_dump, pre_load

from portal.event_kinds import GROUPS
from portal.inert import whole
from portal.words import stamp
from sessions.recording_search import KEPT, STATES
from sessions.register import DEFAULT_MINUTES, MAX_MINUTES
from sessions.search import PER_PAGE
from sessions.settings import POLICIES

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
TYPED = frozenset({"customer", "note", "reference"})
# Layouts that the viewer can type for; `noVNC/src/layouts/` has one file each.
KEYBOARDS = ("us", "gb", "de", "ch", "fr", "be", "es", "it", "pt", "br", "nl", "se", "dk", "no", "pl", "ru")
# The verbs of SeatRegister.
DEEDS = ("ask", "withdraw", "offer", "accept", "decline", "give", "take", "release", "leave")
RECORDING = ("off", "wanted", "running")
MINUTES = Range(min=1, max=MAX_MINUTES, error=f"minutes is a whole number from 1 to {MAX_MINUTES}.")


SHORT = Length(max=128, error="A filter has at most 128 characters.")
# Room on both sides for any clock's midnight.
NO_DAY: dict[str, str | list[str] | dict[str, object]] = {"invalid": "A day is written as 2026-03-01."}
DAYS = Range(min=date(2000, 1, 1), max=date(9998, 12, 31), error="No day after 9998 or before 2000.")


class Moment(DateTime):
    """ISO 8601 in UTC, in whole seconds, with Z."""

    SERIALIZATION_FUNCS: dict[str, Callable[[datetime], str | float]] = {"iso": stamp}  # noqa: RUF012  (as marshmallow has it)


def plain(text: str) -> None:
    """Refuse half a surrogate pair: it is no text, and cannot be stored."""
    if _SURROGATES.search(text):
        raise ValidationError("Not valid text.")


def tidied(text: object) -> object:
    """Text that a person typed, without control characters and without white space around it."""
    return _CONTROLS.sub("", text).strip() if isinstance(text, str) else text


def tidied_fields(data: object) -> object:
    """The same for those fields of a body that people type."""
    if not isinstance(data, dict):
        return data
    return {name: tidied(value) if name in TYPED else value for name, value in data.items()}


class ErrorDetail(Schema):
    """One refusal: a word for programs, a sentence for people."""

    code = String(required=True)
    message = String(required=True)


class Error(Schema):
    """What every refused call answers."""

    error = Nested(ErrorDetail, required=True)


class NewSessionIn(Schema):
    """A session to make."""

    customer = String(load_default="", validate=Length(max=128, error="customer has at most 128 characters."))
    note = String(load_default="", validate=Length(max=2000, error="note has at most 2000 characters."))
    reference = String(load_default="", validate=Length(max=64, error="reference has at most 64 characters."))
    minutes = Integer(load_default=DEFAULT_MINUTES, strict=True, validate=MINUTES)
    vnc_password = String(
        load_default="",
        load_only=True,
        validate=[plain, Length(max=8, error="vnc_password has at most 8 characters: VNC looks at no more.")],
    )

    @pre_load
    def tidy(self, data: object, **_options: object) -> object:
        """Clean what people typed before it is measured."""
        return tidied_fields(data)


class EditIn(Schema):
    """What was learned about a session. A field that is not sent stays as it is."""

    customer = String(validate=Length(max=128, error="customer has at most 128 characters."))
    note = String(validate=Length(max=2000, error="note has at most 2000 characters."))
    reference = String(validate=Length(max=64, error="reference has at most 64 characters."))
    keyboard = String(
        allow_none=True, validate=OneOf(KEYBOARDS, error=f"keyboard is one of {', '.join(KEYBOARDS)}, or null.")
    )

    @pre_load
    def tidy(self, data: object, **_options: object) -> object:
        """Clean what people typed before it is measured."""
        return tidied_fields(data)


class PreferencesIn(Schema):
    """How a person likes their pages."""

    theme = String(validate=OneOf(("system", "light", "dark"), error="theme is system, light or dark."))
    sound = String(validate=OneOf(("on", "off"), error="sound is on or off."))
    notify = String(validate=OneOf(("on", "off"), error="notify is on or off."))
    keyboard = String(validate=OneOf(KEYBOARDS, error=f"keyboard is one of {', '.join(KEYBOARDS)}."))


class NewSessionOut(Schema):
    """A session just made. `link` and `code` are in clear here only."""

    id = String(required=True)
    link = String(required=True, metadata={"description": "The whole URL of the customer's page"})
    code = String(required=True, metadata={"description": "Nine digits"})
    state = String(required=True)
    host = String(required=True, metadata={"description": "What the customer's computer dials"})
    port = Integer(required=True)
    expires_at = Moment(required=True)


class CallOut(Schema):
    """The call a session holds."""

    id = Integer(required=True)
    address = String(required=True)
    desktop = String(required=True, allow_none=True)
    width = Integer(required=True, allow_none=True)
    height = Integer(required=True, allow_none=True)
    since = Moment(required=True)
    matched_by = String(required=True, allow_none=True)
    confirmed = Boolean(required=True)
    encrypted = Boolean(required=True)
    resumable = Boolean(required=True)


class ListedCallOut(CallOut):
    """A call that waits for a decision, or was refused lately."""

    state = String(required=True, validate=OneOf(("parked", "refused")))
    reason = String(required=True, allow_none=True)


class SeatOut(Schema):
    """Who sits at a call."""

    id = Integer(required=True)
    technician = String(required=True)
    mode = String(required=True, validate=OneOf(("control", "watch")))
    since = Moment(required=True)
    asks = Boolean(required=True, metadata={"description": "Asks for control"})
    offered = Boolean(required=True, metadata={"description": "Is offered control"})


class SessionOut(Schema):
    """A session as it is now."""

    id = String(required=True)
    state = String(
        required=True,
        validate=OneOf(("created", "waiting", "connected", "in_use", "closed", "expired")),
    )
    customer = String(required=True)
    note = String(required=True)
    reference = String(required=True, metadata={"description": "The shop's own ticket number"})
    keyboard = String(required=True, allow_none=True, metadata={"description": "Layout of the customer's keyboard"})
    created_by = String(required=True)
    created_at = Moment(required=True)
    port = Integer(required=True)
    expires_at = Moment(required=True)
    call = Nested(CallOut, required=True, allow_none=True)
    seats = List(Nested(SeatOut), required=True)
    recording = String(
        required=True,
        validate=OneOf(RECORDING),
        metadata={"description": "wanted: it begins as soon as a technician looks"},
    )
    recording_policy = String(required=True, validate=OneOf(POLICIES))
    recording_trouble = String(
        required=True, allow_none=True, metadata={"description": "Why nothing is recorded although it is wanted"}
    )


class RecordIn(Schema):
    """Whether a session is to be recorded from now on."""

    on = Boolean(required=True, truthy={True}, falsy={False})


class RecordingOut(Schema):
    """What is known of one recording."""

    id = Integer(required=True)
    session_id = String(required=True)
    call_id = Integer(required=True)
    customer = String(required=True)
    computer = String(required=True, allow_none=True)
    state = String(
        required=True,
        validate=OneOf(STATES),
        metadata={"description": "broken: the listener died meanwhile; deleted: the file is gone"},
    )
    reason = String(required=True, allow_none=True, metadata={"description": "Why it ended, or why the file is gone"})
    begun_by = String(required=True, allow_none=True, metadata={"description": "null where the policy began it"})
    begun_at = Moment(required=True)
    ended_at = Moment(required=True, allow_none=True)
    bytes = Integer(required=True, metadata={"description": "Of the file; while it runs, as it was a moment ago"})
    milliseconds = Integer(required=True)
    sha256 = String(required=True, allow_none=True, metadata={"description": "Of the file, once it has ended"})


class FoundRecordingOut(RecordingOut):
    """One recording among those of all sessions."""

    reference = String(required=True, metadata={"description": "The shop's own ticket number, as noted now"})


class RecordingsQuery(Schema):
    """Which recordings are wanted. What is not sent asks for nothing."""

    search = String(
        load_default="",
        validate=Length(max=200, error="search has at most 200 characters."),
        metadata={"description": "Words that are all in customer, reference, computer or who began it"},
    )
    state = String(
        load_default="",
        validate=OneOf(("", KEPT, *STATES), error=f"state is one of {', '.join((KEPT, *STATES))}."),
        metadata={"description": "kept: all but the deleted ones"},
    )
    page = Integer(load_default=1, validate=Range(min=1, max=10**6, error="page is a number from 1."))

    @pre_load
    def tidy(self, data: Mapping[str, Any], **_options: object) -> dict[str, Any]:
        """Clean what people typed before it is measured."""
        return {name: tidied(value) if name == "search" else value for name, value in data.items()}


class RecordingPageOut(Schema):
    """A page of recordings, the newest first."""

    recordings = List(Nested(FoundRecordingOut), required=True)
    page = Integer(required=True)
    pages = Integer(required=True)
    total = Integer(required=True, metadata={"description": "How many fit, on all pages"})


class RecordingPointOut(Schema):
    """Where a player can begin; times in milliseconds since the recording began."""

    at = Integer(required=True)
    offset = Integer(required=True, metadata={"description": "Of its record in the file"})
    whole_at = Integer(
        required=True, allow_none=True, metadata={"description": "From when its picture is complete, if it ever was"}
    )


class RecordingIndexOut(Schema):
    """What is in a recording's file; times in milliseconds since it began."""

    head = Dict(required=True, metadata={"description": "version, session, call, begun_at, width, height, name"})
    milliseconds = Integer(required=True)
    bytes = Integer(required=True, metadata={"description": "Of the pictures, without what was written around them"})
    finished = Boolean(required=True, metadata={"description": "Whether the file has its last record"})
    points = List(Nested(RecordingPointOut), required=True)
    activity = List(Integer(), required=True, metadata={"description": "Bytes of pictures in each slot of time"})
    slot_ms = Integer(required=True, metadata={"description": "How long a slot is"})
    gaps = List(List(Integer()), required=True, metadata={"description": "From when to when something is missing"})
    fault = String(required=True, metadata={"description": "Why the rest of the file cannot be read, or nothing"})


class RecordingFileQuery(Schema):
    """What a file is asked for."""

    play = Boolean(load_default=False, metadata={"description": "For playing it, and not for keeping"})


class SessionsQuery(Schema):
    """Which sessions to list. With `search` or `page` they come in pages, and without `ended` from all sessions."""

    ended = Boolean(load_default=None, metadata={"description": "Those that ended, instead of those that live"})
    search = String(
        load_default="",
        validate=Length(max=200, error="search has at most 200 characters."),
        metadata={
            "description": "Words that are all in customer, reference, note, technician, computer name or address"
        },
    )
    page = Integer(
        load_default=None,
        validate=Range(min=1, max=10**9, error="page is a whole number from 1."),
        metadata={"description": f"Which {PER_PAGE} of them; the headers X-Total-Count and Link tell of the others"},
    )

    @pre_load
    def tidy(self, data: Mapping[str, Any], **_options: object) -> dict[str, Any]:
        """Clean what people typed before it is measured."""
        return {name: tidied(value) if name == "search" else value for name, value in data.items()}


class TicketIn(Schema):
    """A seat to ask for."""

    mode = String(load_default="control", validate=OneOf(("control", "watch"), error="mode is control or watch."))


class TicketOut(Schema):
    """A ticket, inside the address that it opens once."""

    websocket_url = String(required=True)
    expires_at = Moment(required=True)
    mode = String(
        required=True,
        validate=OneOf(("control", "watch")),
        metadata={"description": "What the seat would have now: `watch`, too, where another technician has control"},
    )


class TokenIn(Schema):
    """A ticket that did not lead to a picture."""

    token = String(required=True, load_only=True, validate=[plain, Length(min=1, max=256)])


class OutcomeOut(Schema):
    """What became of a ticket: why it is refused, or `usable`."""

    code = String(required=True)
    message = String(required=True)
    seat_id = Integer(
        required=True, allow_none=True, metadata={"description": "The seat that it opened, while that is taken"}
    )


class SeatDeedIn(Schema):
    """What is to happen with control."""

    do = String(required=True, validate=OneOf(DEEDS, error=f"do is one of {', '.join(DEEDS)}."))


class ExtendIn(Schema):
    """How much longer a session shall last."""

    minutes = Integer(required=True, strict=True, validate=MINUTES)


class CallsQuery(Schema):
    """Which calls to list."""

    parked = Boolean(load_default=False, metadata={"description": "Only those that wait for a decision"})


class ClaimIn(Schema):
    """Whose a parked call is."""

    session = String(required=True, validate=[plain, Length(min=1, max=32)])


class AuditQuery(Schema):
    """Which audit rows are wanted. What is not sent asks for nothing."""

    group = String(load_default="", validate=OneOf(("", *GROUPS), error=f"group is one of {', '.join(GROUPS)}."))
    kind = String(load_default="", validate=SHORT, metadata={"description": "One kind of row, such as `seat_taken`"})
    actor = String(load_default="", validate=SHORT, metadata={"description": "A person's name, `customer`, `listener`"})
    session = String(load_default="", validate=SHORT, metadata={"description": "A session's identifier"})
    address = String(load_default="", validate=SHORT, metadata={"description": "How the address begins"})
    text = String(
        load_default="",
        validate=SHORT,
        metadata={"description": "Part of a customer's name, a ticket number, or anything that the row says"},
    )
    since = Date(
        data_key="from",
        error_messages=NO_DAY,
        validate=DAYS,
        metadata={"description": "The first day, on the installation's clock"},
    )
    until = Date(data_key="to", error_messages=NO_DAY, validate=DAYS, metadata={"description": "The last day"})
    page = Integer(load_default=1, validate=Range(min=1, max=10**6, error="page is a number from 1."))

    @pre_load
    def tidy(self, data: Mapping[str, object], **_options: object) -> dict[str, object]:
        """Clean what people typed; an empty field of a form asks for nothing."""
        tidy = {name: tidied(value) for name, value in data.items()}
        return {name: value for name, value in tidy.items() if value}


class EventOut(Schema):
    """One audit row."""

    at = Moment(required=True)
    kind = String(required=True)
    actor = String(required=True)
    address = String(required=True, allow_none=True)
    call_id = Integer(required=True, allow_none=True)
    details = Dict(required=True)

    @post_dump
    def mend(self, data: dict[str, object], **_options: object) -> object:
        """Leave out halves of characters, which no other program can read."""
        return whole(data)


class AuditRowOut(EventOut):
    """One audit row among those of all sessions."""

    id = Integer(required=True, metadata={"description": "Grows with each row"})
    sentence = String(required=True, metadata={"description": "The same for people"})
    session_id = String(required=True, allow_none=True)
    customer = String(required=True, metadata={"description": "As the session's is noted now"})
    reference = String(required=True, metadata={"description": "The shop's own ticket number, as noted now"})


class AuditPageOut(Schema):
    """A page of audit rows, the newest first."""

    events = List(Nested(AuditRowOut), required=True)
    page = Integer(required=True)
    pages = Integer(required=True)
    total = Integer(required=True, metadata={"description": "How many rows fit, on all pages"})
