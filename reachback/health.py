"""Asks the portal how the parts are."""

from __future__ import annotations

import contextlib
import http.client
import json

from sessions.settings import Address

PATH = "/healthz"
TIMEOUT_SECONDS = 5.0
MAX_ANSWER = 64 * 1024


def failing_parts(portal: Address) -> list[str] | None:
    """Names of the parts that do not work, as the portal sees it; None where the portal itself does not answer."""
    connection = http.client.HTTPConnection(portal.host, portal.port, timeout=TIMEOUT_SECONDS)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException, ValueError):
        connection.request("GET", PATH)
        return _failing(json.loads(connection.getresponse().read(MAX_ANSWER)))
    return None


def _failing(answer: object) -> list[str]:
    # {"status": ..., "parts": {"database": "ok", ...}}: portal/health.py
    parts = answer.get("parts") if isinstance(answer, dict) else None
    if not isinstance(parts, dict):
        raise ValueError("this is no portal's answer")  # noqa: TRY004  (what it is wrong about is the answer)
    return [str(name) for name, state in parts.items() if state != "ok"]
