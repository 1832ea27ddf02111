"""The headers that keep a page to itself: nothing from elsewhere, nowhere to leak to, nobody's frame."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, g, request

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def install(app: Flask) -> None:
    """Put the headers on every answer of `app`."""
    app.after_request(_guard)


def allow_websocket(url: str) -> None:
    """Let the page that is being answered open a WebSocket to `url`."""
    parts = urlsplit(url)
    g.websocket_origin = f"{parts.scheme}://{parts.netloc}"


def content_security_policy(websocket_origin: str = "") -> str:
    """The policy as one header, with one more place that scripts may connect to."""
    policy = POLICY | {"connect-src": f"{POLICY['connect-src']} {websocket_origin}".strip()}
    return "; ".join(f"{name} {value}" for name, value in policy.items())


def _guard(response: Response) -> Response:
    response.headers.update(HEADERS)
    response.headers["Content-Security-Policy"] = content_security_policy(g.get("websocket_origin", ""))
    if not _is_file():
        # Every page but the plain files shows a customer, a secret, or both. A download says itself why it may be kept.
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _is_file() -> bool:
    return request.endpoint in {"static", "viewer.novnc", "viewer.module"}
