"""A person's own account: password, second factor, where they are signed in, API tokens, how pages look."""

from __future__ import annotations

from collections.abc import Callable

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response as PlainResponse

from portal import errors
from portal.client_address import client_address
from portal.duties import DUTIES, duty_of
from portal.identity import signed_in, signed_in_or_none, technician
from portal.qr import qr_code
from portal.registers import registers
from portal.schemas import KEYBOARDS, PreferencesIn, tidied
from portal.sign_in import Trial, local_path
from sessions.errors import FactorSet, RegisterError
from sessions.views import SignedIn

bp = APIBlueprint("account", __name__, url_prefix="/console/account", enable_openapi=False)

NOT_YOUR_PASSWORD = "This is not your password. Type it once more."  # noqa: S105  (a sentence)
LOCKED = "Too many tries were wrong. Wait five minutes, then try again."
UNEQUAL = "The two new passwords are not the same. Type both again."


@bp.get("")
def show() -> Response:
    """Show all of it."""
    return _page()


@bp.post("/preferences")
def prefer() -> PlainResponse:
    """Remember how somebody likes their pages, and lead back to where they were; a script is told no more than that."""
    sent = {name: request.form[name] for name in PreferencesIn().fields if name in request.form}
    try:
        wishes = PreferencesIn().load(sent)
    except ValidationError as refusal:
        return errors.answer(422, "invalid", errors.sentence(refusal.messages))
    registers().technicians.prefer(technician().id, **wishes)
    if errors.wants_json():
        return make_response("", 204)
    return redirect(local_path(request.form.get("next", "")), 303)


@bp.get("/password")
def password() -> Response:
    """Ask for a new password."""
    return _password_page()


@bp.post("/password")
def change_password() -> PlainResponse:
    """Change it; every other browser is signed out."""
    new, way = request.form.get("new", ""), local_path(request.form.get("next", ""))
    if new != request.form.get("again", ""):
        return _password_page(UNEQUAL, 422)
    problem = _not_proven(request.form.get("old", ""))
    if problem:
        return _password_page(problem, 422)
    found = signed_in()
    try:
        registers().technicians.change_password(found.technician, request.form.get("old", ""), new, found.sign_in_id)
    except RegisterError as refusal:
        return _password_page(str(refusal), 422)
    return redirect(way, 303)


@bp.get("/second-factor")
def second_factor() -> PlainResponse:
    """Show the secret for an app, as a QR code and as text."""
    if signed_in().second_factor_set:
        return redirect(url_for("account.show"))
    return _factor_page()


@bp.post("/second-factor")
def confirm_second_factor() -> Response:
    """Turn the second factor on, now that the app shows the right code."""
    if signed_in().second_factor_set:
        return _page(str(FactorSet()), 409)
    code = request.form.get("code", "")
    try:
        codes = registers().second_factor.confirm(technician().id, code, client_address())
    except RegisterError as refusal:
        return _factor_page(str(refusal), 422)
    return _codes_page(codes)


@bp.post("/second-factor/off")
def turn_factor_off() -> PlainResponse:
    """Turn it off; whoever sits at an unlocked computer cannot, for the password is asked."""
    problem = _not_proven(request.form.get("password", ""))
    if problem:
        return _page(problem, 422)
    return _done(lambda: registers().second_factor.turn_off(technician().id, technician()))


@bp.post("/recovery-codes")
def new_codes() -> PlainResponse:
    """Make new recovery codes; the old ones are worthless."""
    problem = _not_proven(request.form.get("password", ""))
    if problem:
        return _page(problem, 422)
    try:
        return _codes_page(registers().second_factor.new_recovery_codes(technician()))
    except RegisterError as refusal:
        return _page(str(refusal), errors.status_of(refusal))


@bp.post("/sign-ins/<int:sign_in_id>/end")
def end_sign_in(sign_in_id: int) -> PlainResponse:
    """Sign one browser out."""
    return _done(lambda: registers().sign_ins.end(sign_in_id, technician()))


@bp.post("/sign-ins/end-others")
def end_others() -> PlainResponse:
    """Sign all browsers out but this one; seats end."""
    found = signed_in_or_none()
    keep = found.sign_in_id if found else None
    return _done(lambda: registers().sign_ins.end_all(technician().id, technician(), keep))


@bp.post("/tokens")
def make_token() -> Response:
    """Make an API token, which is shown on the very page that answers."""
    name = str(tidied(request.form.get("name", "")))
    try:
        made = registers().tokens.make(technician().id, name, technician())
    except RegisterError as refusal:
        return _page(str(refusal), errors.status_of(refusal))
    return _page(status=201, token=made.token, token_name=name)


@bp.post("/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> PlainResponse:
    """Let an API token open nothing any more."""
    return _done(lambda: registers().tokens.revoke(token_id, technician(), owner_id=technician().id))


def _not_proven(given: str) -> str:
    """Why `given` does not prove that it is really them; empty where it does. Wrong ones count as at the door."""
    name = technician().name
    trial = Trial.of(name)
    if trial.begin():
        return LOCKED
    if registers().technicians.check_password(name, given) is None:
        return LOCKED if trial.failed() else NOT_YOUR_PASSWORD
    trial.succeeded()
    return ""


def _done(verb: Callable[[], object]) -> PlainResponse:
    try:
        verb()
    except RegisterError as refusal:
        return _page(str(refusal), errors.status_of(refusal))
    return redirect(url_for("account.show"), 303)


def _page(problem: str = "", status: int = 200, **shown: object) -> Response:
    own, who, found = registers(), technician(), signed_in_or_none()
    return _rendered(
        "account.html",
        status,
        problem=problem,
        person=own.technicians.person(who.name),
        codes_left=own.second_factor.codes_left(who.id),
        sign_ins=own.sign_ins.list(who.id),
        here=found.sign_in_id if found else None,
        tokens=own.tokens.list(who.id),
        keyboards=KEYBOARDS,
        now=own.clock(),
        **shown,
    )


def _password_page(problem: str = "", status: int = 200) -> Response:
    return _rendered("account_password.html", status, problem=problem, next=_way(), duty=_duty("account.password"))


def _factor_page(problem: str = "", status: int = 200) -> Response:
    setup = registers().second_factor.begin(technician().id)
    return _rendered(
        "account_factor.html",
        status,
        problem=problem,
        next=_way(),
        duty=_duty("account.second_factor"),
        picture=qr_code(setup.uri),
        secret=[setup.secret[at : at + 4] for at in range(0, len(setup.secret), 4)],
        uri=setup.uri,
    )


def _codes_page(codes: list[str]) -> Response:
    return _rendered("account_codes.html", 201, codes=codes, next=_way())


def _duty(page: str) -> str:
    found: SignedIn | None = signed_in_or_none()
    return DUTIES[page] if found and duty_of(found) == page else ""


def _way() -> str:
    return local_path(request.values.get("next", ""))


def _rendered(template: str, status: int, **shown: object) -> Response:
    made = make_response(render_template(template, **shown))
    made.status_code = status
    return made
