"""What a request is about, for the log; and a line for each change that somebody makes."""

from __future__ import annotations

import logging
import re

from flask import Flask, Response, g, request

from portal.audience import is_for_customers
from portal.identity import READING
from sessions import logs
from sessions.views import TechnicianView

# A path is anybody's words: only what can be a session's number (`sessions.secrets.new_session_id`) is noted as one.
_SESSION = re.compile("[0-9a-f]{12}")

log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Note what each request is about, and what became of it."""
    app.before_request(_begin)
    app.after_request(_tell)


def _begin() -> None:
    # A thread answers one request after the other: each begins anew.
    told = request.view_args or {}
    session = told.get("session_id", "")
    logs.begin(logs.Subject(session if _SESSION.fullmatch(session) else None, told.get("call_id")))


def _tell(response: Response) -> Response:
    if request.method not in READING and request.endpoint:
        log.info("%s by %s: %d", request.endpoint, _who(), response.status_code)
    return response


def _who() -> str:
    if is_for_customers(request.path):
        return "a customer"
    found: TechnicianView | None = g.get("technician")
    return found.name if found else "a stranger"
