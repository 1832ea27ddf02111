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

# The page that plays a recording: the picture's frame is in it.
PLAYBACK_POLICY = POLICY | {"frame-src": "'self'"}

# The frame in which noVNC decodes what a customer's machine sends. It has an origin of its own however it is opened,
# and reaches nothing but the port that the viewer's page gives it. JPEG and the pointer's shape are data: addresses.
FRAME_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "data:",
    "connect-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'self'",
    "sandbox": "allow-scripts",
}

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def install(app: Flask) -> None:
    """Put the headers on every answer of `app`."""
    app.after_request(_guard)


def use_policy(policy: dict[str, str]) -> None:
    """Let the page that is being answered have this policy instead of everybody's."""
    g.policy = policy


def let_frame() -> None:
    """Let our own pages frame the one that is being answered."""
    g.framing = "SAMEORIGIN"


def viewer_policy(websocket_url: str) -> dict[str, str]:
    """What the viewer's page may do besides: open a WebSocket to `websocket_url`, and hold the picture's frame.

    Where the nodes have names of their own (`wss://{node}.example.org`), it may be any of theirs.
    """
    parts = urlsplit(websocket_url.replace("://{node}.", "://*."))
    return POLICY | {
        "connect-src": f"{POLICY['connect-src']} {parts.scheme}://{parts.netloc}",
        "frame-src": "'self'",
    }


def content_security_policy(policy: dict[str, str] = POLICY) -> str:
    """The policy as one header."""
    return "; ".join(f"{name} {value}".strip() for name, value in policy.items())


def _guard(response: Response) -> Response:
    response.headers.update(HEADERS)
    response.headers["X-Frame-Options"] = g.get("framing", "DENY")
    response.headers["Content-Security-Policy"] = content_security_policy(g.get("policy", POLICY))
    if not _is_file():
        # Every page but the plain files shows a customer, a secret, or both. A download says itself why it may be kept.
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _is_file() -> bool:
    return request.endpoint in {"static", "viewer.novnc", "viewer.module"}
