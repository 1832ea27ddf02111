"""For admins: what waits to be told to another program, what was given up, and how to send it again."""

from __future__ import annotations

from urllib.parse import urlsplit

from apiflask import APIBlueprint
from flask import Flask, Response, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as PlainResponse

from portal import errors
from portal.identity import technician
from portal.registers import Registers, registers
from portal.webhook_sender import Sender
from sessions.deliveries import DeliveryRegister
from sessions.errors import UnknownDelivery
from sessions.settings import Settings

bp = APIBlueprint("webhooks", __name__, url_prefix="/console/webhooks", enable_openapi=False)

_PLACE = "webhooks"
TITLES = {
    "session.created": "Session created",
    "session.connected": "Computer connected",
    "session.ended": "Session ended",
}


def install(app: Flask, own: Registers) -> None:
    """Begin to send, where the settings name a receiver."""
    webhook = own.settings.webhook
    app.jinja_env.globals["has_webhooks"] = webhook is not None
    if webhook:
        sender = Sender(webhook, own.deliveries, app.extensions["metrics"])
        app.extensions[_PLACE] = sender
        sender.start()


def stop(app: Flask) -> None:
    """Send nothing more."""
    if _PLACE in app.extensions:
        app.extensions[_PLACE].stop()


@bp.get("")
def show() -> Response:
    """Show how deliveries stand."""
    return _page()


@bp.post("/<int:delivery_id>/again")
def send_again(delivery_id: int) -> PlainResponse:
    """Try one again, at once."""
    try:
        _register().send_again(delivery_id, technician())
    except UnknownDelivery as refusal:
        return _page(str(refusal), errors.status_of(refusal))
    return redirect(url_for("webhooks.show"), 303)


@bp.post("/again")
def send_all_again() -> PlainResponse:
    """Try all again that were given up."""
    _register().send_all_again(technician())
    return redirect(url_for("webhooks.show"), 303)


def _register() -> DeliveryRegister:
    return registers().deliveries


def _page(problem: str = "", status: int = 200) -> Response:
    own = registers()
    made = make_response(
        render_template(
            "webhooks.html",
            found=own.deliveries.look(),
            receiver=receiver(own.settings),
            titles=TITLES,
            problem=problem,
            now=own.clock(),
        )
    )
    made.status_code = status
    return made


def receiver(settings: Settings) -> str | None:
    """Where webhooks are sent, without its path: that may hold a secret of the receiver's."""
    if settings.webhook is None:
        return None
    parts = urlsplit(settings.webhook.url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
