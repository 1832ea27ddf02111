"""Asks the portal how the parts are."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
from collections.abc import Iterator

from sessions.settings import Address

PATH = "/healthz"
TIMEOUT_SECONDS = 5.0
MAX_ANSWER = 64 * 1024


def failing_parts(portal: Address) -> list[str] | None:
    """Names of the parts that do not work, as the portal sees it; None where the portal itself does not answer."""
    for connection in _connections(portal):
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            connection.request("GET", PATH)
            return _failing(json.loads(connection.getresponse().read(MAX_ANSWER)))
    return None


def _connections(portal: Address) -> Iterator[http.client.HTTPConnection]:
    """By plain HTTP, and where that leads to nothing by TLS: a portal serves one of them.

    Its certificate is for the public name, and nothing secret is asked or told: it is not checked here.
    """
    yield http.client.HTTPConnection(portal.host, portal.port, timeout=TIMEOUT_SECONDS)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    yield http.client.HTTPSConnection(portal.host, portal.port, timeout=TIMEOUT_SECONDS, context=context)


def _failing(answer: object) -> list[str]:
    # {"status": ..., "parts": {"database": "ok", ...}}: portal/health.py
    parts = answer.get("parts") if isinstance(answer, dict) else None
    if not isinstance(parts, dict):
        raise ValueError("this is no portal's answer")  # noqa: TRY004  (what it is wrong about is the answer)
    return [str(name) for name, state in parts.items() if state != "ok"]
