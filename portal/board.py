"""The board: every session at a glance, and what waits for a technician's decision."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint, Schema
from flask import Response, make_response, redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response as PlainResponse

from portal import errors
from portal.created import Created, created
from portal.identity import may_change, technician
from portal.registers import registers
from portal.schemas import ExtendIn, NewSessionIn
from sessions import logs
from sessions.errors import RegisterError
from sessions.search import OVER
from sessions.views import CallView, SessionView

bp = APIBlueprint("board", __name__, url_prefix="/console", enable_openapi=False)

# How often the board loads itself anew where scripts are off.
REFRESH_SECONDS = 15
WITHOUT_A_CALL = frozenset({"created", "waiting"})


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused calls that tell the same, one address for one reason: the last of them, and whether there were others."""

    call: CallView
    repeated: bool


@dataclass(frozen=True, slots=True)
class Board:
    """All that the board shows at one moment."""

    now: datetime
    sessions: list[SessionView]
    parked: list[CallView]
    refused: list[Refused]
    may_change: bool

    @property
    def unconfirmed(self) -> list[SessionView]:
        """Sessions whose call contradicts what their customer did."""
        return [one for one in self.sessions if one.call and not one.call.confirmed and not one.ended]

    @property
    def claimable(self) -> list[SessionView]:
        """Sessions that a parked call may be given to."""
        return [one for one in self.sessions if one.state in WITHOUT_A_CALL and not one.call]

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """The same, as a parked call's row depends on them."""
        return tuple((one.id, one.customer) for one in self.claimable)

    def customer_of(self, session_id: str | None) -> str:
        """Whose session it is, as the technician who made it named them; empty where that is not known."""
        return next((one.customer for one in self.sessions if one.id == session_id), "")

    @property
    def version(self) -> str:
        """Changes with anything but the time of day."""
        shown = (self.may_change, self.sessions, self.parked, self.refused)
        return version(shown)


@bp.get("")
def show() -> PlainResponse:
    """Show the board. Sessions that ended were once on it; who has that address is led to where they are now."""
    if "ended" in request.args:
        return redirect(url_for("history.show", state=OVER))
    return _page(open_panel="new" in request.args)


@bp.get("/rows")
def rows() -> Response:
    """Answer the part of the board that changes; 304 where nothing did."""
    board = _board()
    known = request.if_none_match.contains(board.version)
    made = make_response("" if known else render_template("rows.html", board=board))
    made.set_etag(board.version)
    return make_response(made.make_conditional(request))


@bp.post("/sessions")
def create() -> Response:
    """Make a session, and show its link and code on the very page that answers: they are nowhere kept."""
    try:
        wanted = NewSessionIn().load(_filled_in(NewSessionIn()))
    except ValidationError as refusal:
        return _page(problem=errors.sentence(refusal.messages), status=422, open_panel=True)
    new = registers().sessions.create(by=technician(), **wanted)
    logs.note(new.session.id)
    return _page(made=created(new), status=201)


@bp.post("/calls/<int:call_id>/claim")
def claim(call_id: int) -> PlainResponse:
    """Give a parked call to the chosen session."""
    return _done(lambda: registers().calls.claim(call_id, request.form.get("session", ""), technician()))


@bp.post("/sessions/<session_id>/end")
def end(session_id: str) -> PlainResponse:
    """End a session."""
    return _done(lambda: registers().sessions.end(session_id, technician()))


@bp.post("/sessions/<session_id>/extend")
def extend(session_id: str) -> PlainResponse:
    """Let a session last longer."""
    try:
        wanted = ExtendIn().load(_filled_in(ExtendIn()))
    except ValidationError as refusal:
        return _page(problem=errors.sentence(refusal.messages), status=422)
    return _done(lambda: registers().sessions.extend(session_id, wanted["minutes"], technician()))


@bp.app_template_filter("version")
def version(shown: object) -> str:
    """A short text that differs where `shown` differs."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def together(calls: Iterable[CallView]) -> list[Refused]:
    """Refused calls, one line per address and reason, in the order given: a scanner must not fill the board."""
    groups: dict[tuple[str, str | None], list[CallView]] = {}
    for call in calls:
        groups.setdefault((call.address, call.reason), []).append(call)
    return [Refused(same[0], repeated=len(same) > 1) for same in groups.values()]


def _board() -> Board:
    own = registers()
    return Board(
        now=own.clock(),
        sessions=own.sessions.list(),
        parked=own.calls.parked(),
        refused=together(own.calls.refused()),
        may_change=may_change(technician()),
    )


def _page(*, made: Created | None = None, problem: str = "", status: int = 200, open_panel: bool = False) -> Response:
    page = render_template(
        "board.html",
        board=_board(),
        created=made,
        problem=problem,
        open_panel=open_panel,
        filled_in={} if made else request.form,
        refresh=REFRESH_SECONDS,
    )
    answer = make_response(page)
    answer.status_code = status
    return answer


def _done(verb: Callable[[], object]) -> PlainResponse:
    try:
        verb()
    except RegisterError as refusal:
        return _page(problem=str(refusal), status=errors.status_of(refusal))
    return redirect(url_for("board.show"), 303)


def _filled_in(schema: Schema) -> dict[str, Any]:
    filled = {name: request.form[name] for name in schema.fields if request.form.get(name)}
    minutes = filled.get("minutes", "")
    # The API takes a number only; a form can send nothing but text.
    return filled | ({"minutes": int(minutes)} if minutes.isascii() and minutes.isdigit() and len(minutes) < 10 else {})
