"""What is noted about one session: who it is for, the shop's ticket number, a note. Also after it has ended."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response as PlainResponse

from portal import errors
from portal.identity import technician
from portal.registers import registers
from portal.rights import may
from portal.schemas import EditIn
from portal.sign_in import local_path

bp = APIBlueprint("notes", __name__, url_prefix="/console/sessions/<session_id>/notes", enable_openapi=False)

FIELDS = ("customer", "reference", "note")


@bp.get("")
def show(session_id: str) -> Response:
    """Show what is noted, for changing where one may."""
    return _page(session_id, back=local_path(request.args.get("back", "")))


@bp.post("")
def keep(session_id: str) -> PlainResponse:
    """Keep it, and lead back to where the technician came from."""
    back = local_path(request.form.get("back", ""))
    try:
        wanted = EditIn().load({name: request.form[name] for name in FIELDS if name in request.form})
    except ValidationError as refusal:
        return _page(session_id, back=back, problem=errors.sentence(refusal.messages), status=422)
    registers().sessions.edit(session_id, technician(), **wanted)
    return redirect(back or url_for("board.show"), 303)


def _page(session_id: str, *, back: str, problem: str = "", status: int = 200) -> Response:
    view, changes = registers().sessions.get(session_id), may(technician().role, "notes.keep")
    filled_in = {name: request.form.get(name, getattr(view, name)) for name in FIELDS}
    page = render_template(
        "notes.html", session=view, filled_in=filled_in, back=back, problem=problem, may_change=changes
    )
    made = make_response(page)
    made.status_code = status
    return made
