"""People, for admins: who signs in, as what, and what to do when something is lost."""

from __future__ import annotations

from collections.abc import Callable

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as PlainResponse

from portal import errors
from portal.identity import technician
from portal.registers import registers
from portal.schemas import tidied
from sessions.errors import RegisterError
from sessions.technicians import ROLES
from sessions.views import TechnicianView

bp = APIBlueprint("people", __name__, url_prefix="/console/people", enable_openapi=False)


@bp.get("")
def show() -> Response:
    """Show everybody."""
    return _page()


@bp.post("")
def add() -> Response:
    """Add somebody; a password that was made is shown on the very page that answers."""
    name, email = _typed("name"), _typed("openid_email") or None
    role = request.form.get("role", "")
    if role not in ROLES:
        return _page("Choose a role.", 422)
    try:
        made = registers().technicians.add(name, role, by=technician(), openid_email=email, must_change=email is None)
    except RegisterError as refusal:
        return _page(str(refusal), errors.status_of(refusal), open_panel=True)
    return _page(status=201, made_for=name, made=made.password)


@bp.post("/<name>/<any('role', 'password', 'second-factor-off', 'sign-out', 'openid', 'remove', 'restore'):what>")
def change(name: str, what: str) -> PlainResponse:
    """Change something about somebody."""
    try:
        if what == "password":
            return _page(status=201, made_for=name, made=registers().technicians.make_password(name, technician()))
        CHANGES[what](name, technician())
    except RegisterError as refusal:
        return _page(str(refusal), errors.status_of(refusal))
    except ValueError:
        return _page("Choose a role.", 422)
    return redirect(url_for("people.show"), 303)


def _change_role(name: str, by: TechnicianView) -> None:
    registers().technicians.change_role(name, request.form.get("role", ""), by)


def _turn_factor_off(name: str, by: TechnicianView) -> None:
    registers().second_factor.turn_off(registers().technicians.person(name).id, by)


def _sign_out(name: str, by: TechnicianView) -> None:
    registers().sign_ins.end_all(registers().technicians.person(name).id, by)


def _set_openid(name: str, by: TechnicianView) -> None:
    registers().technicians.set_openid_email(name, _typed("openid_email") or None, by)


def _remove(name: str, by: TechnicianView) -> None:
    registers().technicians.remove(name, by)


def _restore(name: str, by: TechnicianView) -> None:
    registers().technicians.restore(name, by)


CHANGES: dict[str, Callable[[str, TechnicianView], None]] = {
    "role": _change_role,
    "second-factor-off": _turn_factor_off,
    "sign-out": _sign_out,
    "openid": _set_openid,
    "remove": _remove,
    "restore": _restore,
}


def _typed(field: str) -> str:
    return str(tidied(request.form.get(field, "")))


def _page(problem: str = "", status: int = 200, *, open_panel: bool = False, **shown: object) -> Response:
    people = registers().technicians.all(removed=True)
    made = make_response(
        render_template(
            "people.html",
            people=[one for one in people if one.removed_at is None],
            removed=[one for one in people if one.removed_at is not None],
            roles=ROLES,
            problem=problem,
            open_panel=open_panel,
            openid=registers().settings.openid,
            now=registers().clock(),
            **shown,
        )
    )
    made.status_code = status
    return made
