"""The board: every session at a glance, and what waits for a technician's decision."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response as PlainResponse

from portal import errors
from portal.api import described
from portal.identity import may_change, technician
from portal.registers import registers
from portal.schemas import NewSessionIn
from portal.session_facts import customers_address
from sessions.errors import RegisterError
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
    ended: bool
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
        shown = (self.ended, self.may_change, self.sessions, self.parked, self.refused)
        return version(shown)


@bp.get("")
def show() -> Response:
    """Show the board."""
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
        wanted = NewSessionIn().load(_filled_in())
    except ValidationError as refusal:
        return _page(problem=errors.sentence(refusal.messages), status=422, open_panel=True)
    new = registers().sessions.create(by=technician(), **wanted)
    return _page(created=described(new), status=201)


@bp.post("/calls/<int:call_id>/claim")
def claim(call_id: int) -> PlainResponse:
    """Give a parked call to the chosen session."""
    return _done(lambda: registers().calls.claim(call_id, request.form.get("session", ""), technician()))


@bp.post("/sessions/<session_id>/end")
def end(session_id: str) -> PlainResponse:
    """End a session."""
    return _done(lambda: registers().sessions.end(session_id, technician()))


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
    own, ended = registers(), "ended" in request.args
    return Board(
        now=own.clock(),
        ended=ended,
        sessions=own.sessions.list(ended=ended),
        parked=own.calls.parked(),
        refused=together(own.calls.refused()),
        may_change=may_change(technician()),
    )


def _page(
    *, created: dict[str, Any] | None = None, problem: str = "", status: int = 200, open_panel: bool = False
) -> Response:
    board = _board()
    made = make_response(
        render_template(
            "board.html",
            board=board,
            created=created,
            front=f"{customers_address(registers().settings)}/",
            problem=problem,
            open_panel=open_panel,
            filled_in={} if created else request.form,
            refresh=REFRESH_SECONDS,
            technician=technician(),
        )
    )
    made.status_code = status
    return made


def _done(verb: Callable[[], None]) -> PlainResponse:
    try:
        verb()
    except RegisterError as refusal:
        return _page(problem=str(refusal), status=errors.status_of(refusal))
    return redirect(url_for("board.show"), 303)


def _filled_in() -> dict[str, Any]:
    filled = {name: request.form[name] for name in NewSessionIn().fields if request.form.get(name)}
    minutes = filled.get("minutes", "")
    # The API takes a number only; a form can send nothing but text.
    return filled | ({"minutes": int(minutes)} if minutes.isascii() and minutes.isdigit() and len(minutes) < 10 else {})
