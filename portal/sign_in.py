"""Technicians sign in and out."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as PlainResponse

from portal.identity import check_csrf, forget, remember, technician_or_none
from portal.registers import registers

bp = APIBlueprint("sign_in", __name__, enable_openapi=False)

WRONG = "This name and password do not fit. Check both; an admin can make you a new name and password."


@bp.get("/sign-in")
def form() -> PlainResponse:
    """Ask for name and password."""
    way = local_path(request.args.get("next", ""))
    return redirect(way) if technician_or_none() else _ask(way)


@bp.post("/sign-in")
def enter() -> PlainResponse:
    """Check them; where they fit, go to where the technician wanted to be."""
    check_csrf()
    name, way = request.form.get("name", ""), local_path(request.form.get("next", ""))
    found = registers().technicians.check_password(name, request.form.get("password", ""))
    if found is None:
        return _ask(way, name=name, problem=WRONG, status=401)
    remember(found)
    return redirect(way, 303)


@bp.post("/sign-out")
def leave() -> PlainResponse:
    """Forget who this browser is."""
    check_csrf()
    forget()
    return redirect(url_for("sign_in.form"), 303)


def local_path(wanted: str) -> str:
    """`wanted` where it is a path on this very site, else the board: nobody is sent elsewhere after signing in."""
    # Browsers read a backslash as a slash, so that /\example.org would leave the site like //example.org.
    is_plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    return wanted if is_plain and wanted.startswith("/") and not wanted.startswith("//") else url_for("board.show")


def _ask(way: str, *, name: str = "", problem: str = "", status: int = 200) -> Response:
    made = make_response(render_template("sign_in.html", next=way, name=name, problem=problem))
    made.status_code = status
    return made
