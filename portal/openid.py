"""Sign-in with OpenID Connect: people go to the provider of the settings and come back with its word.

Who signed in so before is known by issuer and subject. Who comes for the first time is whoever an admin let in with
the e-mail address that the provider verified. Nobody else gets in, and no person is made by it.
"""

from __future__ import annotations

import logging
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import cast

from apiflask import APIBlueprint
from flask import Flask, Response, abort, current_app, g, make_response, redirect, render_template, request, session
from werkzeug.wrappers import Response as PlainResponse

from meters.catalogue import SIGN_IN_FAILED
from portal.client_address import client_address
from portal.identity import remember, technician_or_none
from portal.openid_provider import NotVouched, Provider, ProviderError, Unfit, Unreachable, Unverified, Voucher
from portal.registers import registers
from portal.sign_in import local_path
from sessions.clock import Clock
from sessions.secrets import Entropy
from sessions.settings import Settings
from sessions.views import TechnicianView

bp = APIBlueprint("openid", __name__, url_prefix="/sign-in/openid", enable_openapi=False)

BACK = "/sign-in/openid/back"
# How long somebody may take at the provider, who perhaps looks for a phone there.
AWAY = timedelta(minutes=10)
_PLACE = "reachback_openid"
_TRIP = "openid"
_ERROR = re.compile(r"[a-z_]{1,40}")

_log = logging.getLogger(__name__)


class NotBegun(ProviderError):
    """An answer to a question that this browser did not ask, or not lately."""


class NotLetIn(ProviderError):
    """The provider vouches for somebody whom no admin let in."""


REFUSALS: dict[type[ProviderError], tuple[int, str]] = {
    Unreachable: (503, "{name} does not answer. Try again in a minute, or sign in with a password if you have one."),
    Unfit: (503, "{name} and this installation do not fit together. An admin can run `reachback doctor`: it says why."),
    NotVouched: (
        401,
        "{name} did not sign you in. Try again; if it stays so, an admin finds more in the portal's log.",
    ),
    NotBegun: (401, "This was not begun in this browser, or more than ten minutes ago. Begin again at {begin}."),
    Unverified: (403, "{name} does not say that it verified your e-mail address. Verify it there, then sign in again."),
    NotLetIn: (
        403,
        "{name} knows you, but nobody let you in here. Ask an admin to enter your e-mail address under People.",
    ),
}


@dataclass(frozen=True, slots=True)
class Trip:
    """What the cookie keeps while somebody is at the provider: good for one answer, and for nothing else."""

    state: str
    nonce: str
    verifier: str
    way: str
    until: float

    @classmethod
    def of_this_browser(cls) -> Trip | None:
        """The trip that was begun last in this browser, if there is one."""
        kept = session.get(_TRIP)
        return cls(**kept) if isinstance(kept, dict) else None

    def keep(self) -> None:
        """Remember it; a trip begun before is forgotten."""
        session[_TRIP] = asdict(self)

    def is_answered_by(self, state: str) -> bool:
        """Whether an answer with this state is the one that is waited for."""
        in_time = registers().clock() < datetime.fromtimestamp(self.until, UTC)
        return in_time and compare_digest(self.state.encode(), state.encode())


def install(app: Flask, settings: Settings, clock: Clock, entropy: Entropy) -> None:
    """Give `app` its provider, and the sign-in page its button."""
    app.extensions[_PLACE] = Provider(settings.openid, clock, entropy) if settings.openid else None
    app.jinja_env.globals["openid_name"] = settings.openid.name if settings.openid else None


@bp.get("")
def begin() -> PlainResponse:
    """Send the browser to the provider."""
    # By a link: our Content-Security-Policy would stop a form whose answer leads to another site.
    asked, way = provider(), local_path(request.args.get("next", ""))
    if technician_or_none():
        return redirect(way)
    start = asked.start(_back())
    Trip(start.state, start.nonce, start.verifier, way, (registers().clock() + AWAY).timestamp()).keep()
    return redirect(start.url)


@bp.get("/back")
def back() -> PlainResponse:
    """Take the provider's answer, and let in whom it vouches for and an admin allowed."""
    asked, trip = provider(), Trip.of_this_browser()
    if trip is None or not trip.is_answered_by(request.args.get("state", "")):
        raise NotBegun("no such trip")
    session.pop(_TRIP)
    g.way = trip.way
    if "error" in request.args:
        raise NotVouched(_named_error())
    remember(_person(asked, asked.voucher(_back(), request.args.get("code", ""), trip.nonce, trip.verifier)), "openid")
    return redirect(trip.way, 303)


@bp.errorhandler(ProviderError)
def refuse(error: ProviderError) -> Response:
    """Say on the sign-in page what went wrong, and what helps."""
    _log.warning("OpenID Connect: nobody was signed in (%s: %s)", type(error).__name__, error)
    SIGN_IN_FAILED.add("openid")
    status, words = REFUSALS[type(error)]
    told = words.format(name=provider().name, begin=f"{registers().settings.public_url}/sign-in")
    made = make_response(render_template("sign_in.html", next=_way(), name="", problem=told))
    made.status_code = status
    return made


def provider() -> Provider:
    """The provider of the settings; without one there is nothing here."""
    found = cast("Provider | None", current_app.extensions[_PLACE])
    return found or abort(404)


def _back() -> str:
    return registers().settings.public_url + BACK


def _way() -> str:
    return local_path(g.get("way") or request.args.get("next", ""))


def _named_error() -> str:
    error = request.args["error"]
    return error if _ERROR.fullmatch(error) else "an error without a proper name"


def _person(asked: Provider, voucher: Voucher) -> TechnicianView:
    people, issuer, subject = registers().technicians, voucher.issuer, voucher.subject
    found = people.by_openid(issuer, subject) or people.pin_openid(
        asked.verified_email(voucher), issuer, subject, client_address()
    )
    if found is None:
        raise NotLetIn("no admin let this account in")
    return found
