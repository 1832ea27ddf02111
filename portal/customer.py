"""What the customer sees: pages without script or cookies, for every browser since Internet Explorer 6.

The link is the secret that lets a customer in, so nothing else is asked of them, and no page here leads elsewhere.
"""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as PlainResponse

from portal.client_address import client_address
from portal.dialling import target
from portal.errors import wants_json
from portal.registers import registers
from sessions.errors import LinkEnded
from sessions.views import SessionView

bp = APIBlueprint("customer", __name__, enable_openapi=False)

REFRESH_SECONDS = 5


@bp.get("/")
def front() -> str:
    """Tell a customer where to find their link, and a technician where to sign in."""
    return render_template("customer/front.html")


@bp.get("/support/<link>")
def page(link: str) -> Response:
    """What to do, and how far it is; a program gets the same as JSON."""
    view = _visited(link)
    made = jsonify(_facts(view)) if wants_json() else _page(link, view)
    made.vary.add("Accept")
    return made


@bp.post("/support/<link>/end")
def end(link: str) -> PlainResponse:
    """End the session from the customer's side. The link is the permission; there is no cookie to forge with."""
    registers().sessions.end_by_link(link, client_address())
    return redirect(url_for("customer.page", link=link), 303)


def _visited(link: str) -> SessionView:
    # HEAD is what link checkers and mail scanners send; a person's browser sends GET. Only a person's visit counts,
    # for the address of a visit may later own a call.
    sessions = registers().sessions
    if request.method != "HEAD":
        return sessions.open_page(link, client_address())
    view = sessions.by_link(link)
    if view.ended:
        raise LinkEnded
    return view


def _page(link: str, view: SessionView) -> Response:
    left = view.expires_at - registers().clock()
    return make_response(
        render_template(
            "customer/page.html", link=link, session=view, target=target(), left=left, refresh=REFRESH_SECONDS
        )
    )


def _facts(view: SessionView) -> dict[str, Any]:
    dial = target()
    return {"server": dial.host, "port": dial.port, "sessionId": view.id, "state": view.state}
