"""The viewer page and the JavaScript it is made of."""

from __future__ import annotations

from pathlib import Path

from apiflask import APIBlueprint
from flask import Response, abort, make_response, render_template, request, send_from_directory, url_for

from portal.identity import technician
from portal.registers import registers
from portal.schemas import KEYBOARDS
from portal.security_headers import FRAME_POLICY, let_frame, use_policy, viewer_policy
from sessions.control import CONTROL, WATCH
from sessions.errors import SessionEnded
from sessions.views import SessionView

bp = APIBlueprint("viewer", __name__, enable_openapi=False)

ROOT = Path(__file__).parent.parent / "noVNC"
NOVNC = ROOT / "node_modules" / "@novnc" / "novnc"
MODULES = ROOT / "src"
SERVED = ("core", "vendor")
MISSING = (
    "The viewer's files are not installed on this server. `make run` installs them; by hand it is `npm ci` in the "
    "folder noVNC."
)


@bp.get("/console/sessions/<session_id>")
def show(session_id: str) -> Response:
    """Show a customer's computer."""
    view = registers().sessions.get(session_id)
    if view.ended:
        raise SessionEnded
    registers().audit.looked(session_id, technician())
    return _page(view) if is_installed(NOVNC) else _missing()


@bp.get("/viewer-frame")
def frame() -> Response:
    """Serve the page in which noVNC draws: the same for every session, and with nothing of any."""
    use_policy(FRAME_POLICY)
    let_frame()
    return make_response(render_template("viewer_frame.html"))


@bp.get("/novnc/<path:name>")
def novnc(name: str) -> Response:
    """Serve noVNC's own modules, as its package ships them."""
    folder, _, inside = name.partition("/")
    if folder not in SERVED:
        abort(404)
    return _script(NOVNC / folder, inside)


@bp.get("/viewer/<path:name>")
def module(name: str) -> Response:
    """Serve our modules around it."""
    return _script(MODULES, name)


def is_installed(novnc_folder: Path) -> bool:
    """Whether noVNC was installed where the pages look for it."""
    return (novnc_folder / "core" / "rfb.js").is_file()


def _page(view: SessionView) -> Response:
    use_policy(viewer_policy(registers().settings.public_websocket))
    return make_response(
        render_template(
            "viewer.html", session=view, viewer_config=_config(view), technician=technician(), keyboards=KEYBOARDS
        )
    )


def _config(view: SessionView) -> dict[str, object]:
    return {
        "session_id": view.id,
        "technician": technician().name,
        "call_id": view.call.id if view.call else None,
        "session_url": url_for("api.show_session", session_id=view.id),
        "tickets_url": url_for("api.issue_ticket", session_id=view.id),
        "outcome_url": url_for("api.ticket_outcome", session_id=view.id),
        "seats_url": url_for("api.change_seat", session_id=view.id, seat_id=0).removesuffix("/0"),
        "mode": WATCH if request.args.get("mode") == WATCH else CONTROL,
        "takes_control": technician().role == "admin",
        "recording_url": url_for("recordings.switch", session_id=view.id),
        "extend_url": url_for("api.extend_session", session_id=view.id),
        "expires_at": view.expires_at.isoformat(),
        "now": registers().clock().isoformat(),
        "board_url": url_for("board.show"),
    }


def _missing() -> Response:
    made = make_response(render_template("refusal.html", status=503, title="The viewer is missing", message=MISSING))
    made.status_code = 503
    return made


def _script(folder: Path, name: str) -> Response:
    # Revalidated by ETag with each page, so that an upgrade never meets yesterday's modules.
    made = send_from_directory(folder, name, conditional=True, etag=True)
    if name.endswith((".js", ".mjs")):
        made.mimetype = "text/javascript"
    # The frame has an origin of its own, so that its modules come from elsewhere. They are no secret.
    made.headers["Access-Control-Allow-Origin"] = "*"
    return made
