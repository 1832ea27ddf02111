"""What happened: the list for those who oversee, a page for each session, and both as files to take away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from apiflask import APIBlueprint
from flask import Response, make_response, render_template, request
from marshmallow import ValidationError

from portal import errors
from portal.audit_export import as_csv, as_json
from portal.audit_filters import wanted
from portal.event_kinds import GROUPS
from portal.event_words import size as in_bytes
from portal.identity import technician
from portal.registers import registers
from portal.schemas import AuditQuery
from sessions.audit import AuditRow, Filters, Page
from sessions.recording_search import WantedRecordings

bp = APIBlueprint("audit", __name__, url_prefix="/console", enable_openapi=False)

NEIGHBOURS = 2
FIELDS = ("group", "kind", "actor", "session", "address", "text", "from", "to")
Written = Callable[[Iterable[AuditRow]], Iterator[str]]


@bp.get("/audit")
def show() -> Response:
    """Show what happened, filtered."""
    try:
        query = AuditQuery().load(request.args.to_dict())
    except ValidationError as refusal:
        return _list(Page([], 1, 1, 0), problem=errors.sentence(refusal.messages))
    return _list(registers().audit.find(wanted(query), query["page"]))


@bp.get("/audit.csv")
def csv() -> Response:
    """Hand out the list as CSV."""
    return _export("csv", _asked())


@bp.get("/audit.json")
def json() -> Response:
    """Hand out the list as JSON."""
    return _export("json", _asked())


@bp.get("/sessions/<session_id>/history")
def session(session_id: str) -> Response:
    """Show all that happened in one session."""
    own = registers()
    history = own.audit.history(session_id)
    page = own.audit.find(Filters(session=session_id), _number(), oldest_first=True)
    return make_response(
        render_template(
            "audit_session.html",
            history=history,
            session=history.session,
            recordings=own.recording_search.find(WantedRecordings(session=session_id)),
            page=page,
            near=near(page),
            now=own.clock(),
        )
    )


@bp.get("/sessions/<session_id>/history.csv")
def session_csv(session_id: str) -> Response:
    """Hand out one session's rows as CSV."""
    return _export_session("csv", session_id)


@bp.get("/sessions/<session_id>/history.json")
def session_json(session_id: str) -> Response:
    """Hand out one session's rows as JSON."""
    return _export_session("json", session_id)


@bp.app_template_filter("size")
def size(count: int) -> str:
    """An amount of data, for people."""
    return in_bytes(count)


def near(page: Page) -> list[int]:
    """The numbers of the pages to offer beside this one: neighbours, first and last; 0 for a gap."""
    low, high = page.number - NEIGHBOURS, page.number + NEIGHBOURS
    numbers = sorted({1, page.pages, *range(max(1, low), min(page.pages, high) + 1)})
    shown: list[int] = []
    for number in numbers:
        if shown and number > shown[-1] + 1:
            shown.append(0)
        shown.append(number)
    return shown


def _list(page: Page, problem: str = "") -> Response:
    own = registers()
    filled_in = {name: request.args[name] for name in FIELDS if request.args.get(name)}
    made = make_response(
        render_template(
            "audit.html",
            page=page,
            near=near(page),
            now=own.clock(),
            groups=GROUPS,
            filled_in=filled_in,
            problem=problem,
        )
    )
    made.status_code = 422 if problem else 200
    return made


def _asked() -> dict[str, Any]:
    try:
        asked: dict[str, Any] = AuditQuery().load(request.args.to_dict())
    except ValidationError as refusal:
        raise errors.Unusable(errors.sentence(refusal.messages)) from None
    return asked


def _export(form: str, query: dict[str, Any]) -> Response:
    told = {name: request.args[name] for name in FIELDS if request.args.get(name)}
    registers().audit.exported(form.upper(), technician(), asked=told)
    return _download(form, wanted(query), "audit")


def _export_session(form: str, session_id: str) -> Response:
    own = registers()
    own.sessions.get(session_id)
    own.audit.exported(form.upper(), technician(), session_id, asked={})
    return _download(form, replace(wanted(_asked()), session=session_id), f"session-{session_id}")


def _download(form: str, filters: Filters, name: str) -> Response:
    forms: dict[str, tuple[Written, str]] = {
        "csv": (as_csv, "text/csv; charset=utf-8"),
        "json": (as_json, "application/json"),
    }
    write, kind = forms[form]
    made = Response(write(registers().audit.walk(filters)), content_type=kind)
    made.headers["Content-Disposition"] = f'attachment; filename="reachback-{name}.{form}"'
    return made


def _number() -> int:
    number = request.args.get("page", "")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
