"""Which technician sends this request, by the cookie of a sign-in or by an API token; and what they may do.

A cookie needs a CSRF token with every change, an API token does not: no other site can make a browser send one. A
request that bears a token is judged by that token alone.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Request, Response, abort, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response as PlainResponse

from portal.client_address import client_address
from portal.duties import DUTIES, IN_SPITE, duty_of
from portal.errors import DutyFirst, NotByToken, NotYours, ReadsOnly
from portal.registers import registers
from portal.rights import BY_BROWSER, WORKING, is_open, may
from sessions.settings import Settings
from sessions.views import SignedIn, TechnicianView

# However busy somebody is, they prove anew who they are after this; how long they may idle is a setting.
LONGEST = timedelta(days=30)
READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Pages ask for these by themselves, so they do not show that anybody is there.
UNATTENDED = frozenset({"board.rows", "api.show_session"})

csrf = CSRFProtect()


class _QuietCookies(SecureCookieSessionInterface):
    """Sets a cookie only when something was written into it: never on a customer's page."""

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:  # noqa: ARG002  (Flask's signature)
        return session.modified


def install(app: Flask, settings: Settings) -> None:
    """Give `app` its cookies and its CSRF check."""
    secure = settings.public_url.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.secret_key(),
        SESSION_COOKIE_NAME="__Host-reachback" if secure else "reachback",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        PERMANENT_SESSION_LIFETIME=LONGEST,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        # Pages send no referrer, so there is none to check; the token does not depend on it.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.session_interface = _QuietCookies()
    csrf.init_app(app)
    app.before_request(gate)
    app.context_processor(_for_pages)
    app.jinja_env.filters["may"] = may


def _for_pages() -> dict[str, object]:
    """What every page for technicians may show: who is signed in, and which colours they like."""
    who = g.get("technician")
    return {"technician": who, "theme": (who.preferences.get("theme") if who else None) or "system"}


def remember(technician: TechnicianView, how: str = "password") -> None:
    """Sign `technician` in, who proved who they are: a new cookie, with nothing of the one before."""
    made = registers().sign_ins.begin(technician.id, how, client_address(), request.user_agent.string)
    session.clear()
    session.permanent = True
    session["sign_in"] = made.secret


def forget() -> None:
    """Sign out; a cookie that was copied is worth nothing afterwards."""
    found = signed_in_or_none()
    if found:
        registers().sign_ins.end(found.sign_in_id, found.technician)
    session.clear()


def signed_in_or_none() -> SignedIn | None:
    """The sign-in that this request's cookie belongs to, looked up once."""
    if "signed_in" not in g:
        secret = session.get("sign_in")
        g.signed_in = registers().sign_ins.who(secret, client_address()) if isinstance(secret, str) else None
    found: SignedIn | None = g.signed_in
    return found


def signed_in() -> SignedIn:
    """The same, in a view of one's own account: an API token has none."""
    found = signed_in_or_none()
    if found is None:
        abort(401)
    return found


def technician_or_none() -> TechnicianView | None:
    """Whoever sends this request, looked up once."""
    if "technician" not in g:
        g.technician = _by_token(request) if _bears_token(request) else _by_cookie()
    found: TechnicianView | None = g.technician
    return found


def technician() -> TechnicianView:
    """Whoever sends this request, in a view that is behind a gate."""
    found = technician_or_none()
    if found is None:
        abort(401)
    return found


def may_change(who: TechnicianView) -> bool:
    """An auditor only reads."""
    return who.role in WORKING


def gate() -> PlainResponse | None:
    """Before every request: sends strangers to the sign-in page, and refuses what the table of rights does not give."""
    if is_open(request.endpoint):
        return None
    who = technician_or_none()
    if who is None:
        return _refuse_stranger()
    check_csrf()
    if not may(who.role, request.endpoint):
        raise ReadsOnly if who.role == "auditor" else NotYours(who.role)
    if not _bears_token(request):
        return _lead_to_duty()
    if request.endpoint in BY_BROWSER:
        raise NotByToken
    return None


def check_csrf() -> None:
    """Refuse a change that a page of another site may have sent."""
    if request.method not in READING and not _bears_token(request):
        csrf.protect()


def note_visit(response: Response) -> Response:
    """After a request of a person at a page: the idle time starts anew. Customers' pages never ask who it is."""
    found: SignedIn | None = g.get("signed_in")
    if found and request.endpoint not in UNATTENDED:
        registers().sign_ins.seen(found.sign_in_id)
    return response


def _refuse_stranger() -> PlainResponse:
    # A program, or a page's script that looks for news, is told so plainly.
    if request.method not in READING or request.endpoint in UNATTENDED or request.path.startswith("/api/"):
        abort(401)
    return redirect(url_for("sign_in.form", next=_way_back()))


def _lead_to_duty() -> PlainResponse | None:
    duty = duty_of(signed_in())
    if duty is None or request.endpoint in IN_SPITE:
        return None
    if request.method not in READING or request.endpoint in UNATTENDED or request.path.startswith("/api/"):
        raise DutyFirst(DUTIES[duty])
    return redirect(url_for(duty, next=_way_back()))


def _way_back() -> str:
    return request.full_path if request.query_string else request.path


def _bears_token(sent: Request) -> bool:
    # Other schemes, such as a proxy's own Basic, are not ours to judge.
    return sent.authorization is not None and sent.authorization.type == "bearer"


def _by_token(sent: Request) -> TechnicianView | None:
    token = sent.authorization.token if sent.authorization else None
    return registers().tokens.whose(token, client_address()) if token else None


def _by_cookie() -> TechnicianView | None:
    found = signed_in_or_none()
    return found.technician if found else None
