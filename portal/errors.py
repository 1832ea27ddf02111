"""Every refusal, said in one voice: JSON for programs, a page for people. No answer repeats what was sent."""

from __future__ import annotations

from http import HTTPStatus

from apiflask import APIFlask
from apiflask.exceptions import HTTPError
from flask import Response, current_app, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import Forbidden, HTTPException

from portal.audience import is_for_customers
from portal.schemas import Error
from sessions import errors
from sessions.errors import RegisterError

STATUSES: dict[type[RegisterError], int] = {
    errors.UnknownLink: 404,
    errors.UnknownSession: 404,
    errors.UnknownCall: 404,
    errors.UnknownSeat: 404,
    errors.NotYourSeat: 403,
    errors.LinkEnded: 410,
    errors.SessionEnded: 410,
    errors.UnknownMode: 422,
    errors.BadCode: 422,
    errors.MistypedCode: 422,
    errors.UnknownCode: 404,
    errors.TooManyGuesses: 429,
    errors.NotSeated: 403,
    errors.WrongPassword: 422,
    errors.SamePassword: 422,
    errors.WrongFactor: 422,
    errors.BadPassword: 422,
    errors.BadName: 422,
    errors.BadEmail: 422,
    errors.BadTokenName: 422,
    errors.UnknownTechnician: 404,
    errors.UnknownSignIn: 404,
    errors.UnknownToken: 404,
    errors.UnknownRecording: 404,
    errors.UnknownDelivery: 404,
    errors.RecordingGone: 410,
}
OTHERWISE = 409

WORDS = {
    400: ("bad_request", "This request could not be understood."),
    401: ("not_signed_in", "Sign in, or send a valid API token."),
    403: ("forbidden", "You may not do this."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this kind of request."),
    413: ("too_large", "This is more than is taken here."),
    416: ("no_such_part", "The file ends before the part that was asked for."),
    415: ("not_json", "Send JSON, with Content-Type: application/json."),
    422: ("invalid", "Some values are not valid."),
    500: ("internal", "Something went wrong here. It was written down; try again in a moment."),
    503: ("unavailable", "A part that is needed does not answer."),
}
NO_DATABASE = "The database does not answer. Try again in a moment; nothing was changed."
STALE = (
    "csrf",
    "This page is not of your present sign-in, or your browser keeps no cookies. Open it again, then repeat this.",
)


class ReadsOnly(Forbidden):
    """An auditor asked for a change."""

    code_word = "read_only"
    words = "Your role is auditor, which only reads. An admin can give you another role."


class NotYours(Forbidden):
    """Somebody asked for what is for other roles."""

    code_word = "not_yours"

    def __init__(self, role: str) -> None:
        super().__init__()
        self.words = f"Your role is {role}, which may not do this. An admin can give you another role."


class Unusable(HTTPException):
    """A page's address asks for something that cannot be; `description` says what."""

    code = 422


class NotByToken(Forbidden):
    """A script asked for what only a person at a browser may do."""

    code_word = "not_by_token"
    words = "An API token may not do this: sign in with a browser."


class DutyFirst(Forbidden):
    """Somebody has to do something else before."""

    code_word = "duty_first"

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


def install(app: APIFlask) -> None:
    """Answer every refusal of `app` in this voice."""
    app.config["HTTP_ERROR_SCHEMA"] = app.config["VALIDATION_ERROR_SCHEMA"] = Error
    app.error_processor(_invalid)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _stale)
    app.register_error_handler(Unusable, _unusable)
    app.register_error_handler(ReadsOnly, _not_allowed)
    app.register_error_handler(NotYours, _not_allowed)
    app.register_error_handler(DutyFirst, _not_allowed)
    app.register_error_handler(NotByToken, _not_allowed)
    app.register_error_handler(RegisterError, _refused)
    app.register_error_handler(OperationalError, _no_database)


def answer(status: int, code: str, message: str, *, secure_address: str | None = None) -> Response:
    """One refusal, as JSON or as a page, whichever was asked for; with the https address where that is the cure."""
    if wants_json():
        made = jsonify(error={"code": code, "message": message})
    else:
        told = {"status": status, "title": _title(status), "code": code, "message": message}
        made = make_response(render_template(_template(), secure_address=secure_address, **told))
    made.status_code = status
    return made


def wants_json() -> bool:
    """Whether a program asked: under `/api/`, or by what it accepts. A browser of any age gets a page."""
    if request.path.startswith("/api/"):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def sentence(messages: object) -> str:
    """The first of marshmallow's complaints, with the name of the field it is about."""
    if isinstance(messages, dict):
        field, inner = next(iter(messages.items()), ("", ""))
        said = sentence(inner)
        known = said.startswith(str(field)) or field in {"json", "query", "_schema"}
        return said if known else f"{field}: {said}"
    return sentence(messages[0]) if isinstance(messages, list) and messages else str(messages)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    code, message = WORDS.get(status, WORDS[400])
    made = answer(status, code, message)
    _keep_allow(error, made)
    return made


def _keep_allow(error: HTTPException, made: Response) -> None:
    methods = getattr(error, "valid_methods", None)
    if methods:
        made.headers["Allow"] = ", ".join(methods)


def _invalid(error: HTTPError) -> Response:
    code, message = WORDS.get(error.status_code, WORDS[400])
    return answer(error.status_code, code, sentence(error.detail) if error.detail else message)


def _unusable(error: Unusable) -> Response:
    return answer(422, "invalid", error.description or "")


def _stale(_error: CSRFError) -> Response:
    return answer(403, *STALE)


def _not_allowed(error: ReadsOnly | NotYours | DutyFirst | NotByToken) -> Response:
    return answer(403, error.code_word, error.words)


def _refused(error: RegisterError) -> Response:
    return answer(status_of(error), error.code, str(error))


def _no_database(error: OperationalError) -> Response:
    current_app.logger.warning("the database does not answer: %s", error)
    return answer(503, "unavailable", NO_DATABASE)


def status_of(error: RegisterError) -> int:
    """The HTTP status that says what the register refused."""
    return STATUSES.get(type(error), OTHERWISE)


def _template() -> str:
    return "customer/refusal.html" if is_for_customers(request.path) else "refusal.html"


def _title(status: int) -> str:
    titles = {401: "You are signed out", 403: "Not allowed", 404: "Not found", 410: "This has ended", 500: "Our fault"}
    return titles.get(status, HTTPStatus(status).phrase)
