"""The mark of a browser in which somebody signed in before: it is counted by itself when passwords are wrong.

A signed cookie holds one random mark, and for which accounts it stands. Without it, whoever tries five wrong passwords
would lock a colleague out at their own desk; with it, only strangers are locked out. It proves nothing else.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Response, current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

from sessions.secrets import digest

KEPT_FOR = timedelta(days=180)
MAX_ACCOUNTS = 5
_SALT = "reachback-device"


def mark_for(name: str) -> str | None:
    """This browser's mark, where this account signed in here before."""
    mark, accounts = _read()
    return mark if mark and _account(name) in accounts else None


def remember_device(response: Response, name: str, fresh_mark: str) -> Response:
    """Let the browser keep that this account signed in; it keeps the mark that it has."""
    mark, accounts = _read()
    kept = [_account(name), *(one for one in accounts if one != _account(name))][:MAX_ACCOUNTS]
    response.set_cookie(
        _cookie_name(),
        _serializer().dumps([mark or fresh_mark, kept]),
        max_age=KEPT_FOR,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return response


def _read() -> tuple[str | None, list[str]]:
    try:
        mark, accounts = _serializer().loads(
            request.cookies.get(_cookie_name(), ""), max_age=int(KEPT_FOR.total_seconds())
        )
    except (BadData, ValueError, TypeError):
        return None, []
    return mark, accounts


def _account(name: str) -> str:
    return digest(name)[:16]


def _cookie_name() -> str:
    name: str = current_app.config["SESSION_COOKIE_NAME"]
    return f"{name}-device"


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=_SALT)
