"""Asks a web server one question, also where its certificate is not to be believed, and says what came back."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

SECONDS = 10.0
MAX_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `distrust` says why the certificate is not believed; `certified_until`, how long it is."""

    status: int
    body: bytes
    date: datetime | None
    distrust: str | None
    certified_until: datetime | None


def ask(url: str, headers: Mapping[str, str]) -> Answer:
    """GET `url`. Where its certificate is not believed the question is asked nevertheless: it holds no secret.

    Raises:
        OSError, http.client.HTTPException: nobody answers, or not in HTTP.
    """
    try:
        return _ask(url, headers, ssl.create_default_context(), None)
    except ssl.SSLCertVerificationError as error:
        # What the doctor asks tells a stranger nothing, and what it hears it only compares.
        unbelieving = ssl._create_unverified_context()  # noqa: S323, SLF001
        return _ask(url, headers, unbelieving, error.verify_message)


def _ask(url: str, headers: Mapping[str, str], context: ssl.SSLContext, distrust: str | None) -> Answer:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme in {"https", "wss"}:
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, parts.port, timeout=SECONDS, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=SECONDS)
    try:
        connection.connect()
        until = _until(connection)
        connection.request("GET", parts.path or "/", headers=dict(headers))
        answer = connection.getresponse()
        # Once a WebSocket is open nothing more comes by itself.
        body = b"" if answer.status == http.client.SWITCHING_PROTOCOLS else answer.read(MAX_ANSWER)
        return Answer(answer.status, body, _date(answer.headers.get("Date")), distrust, until)
    finally:
        connection.close()


def _until(connection: http.client.HTTPConnection) -> datetime | None:
    if not isinstance(connection.sock, ssl.SSLSocket):
        return None
    certificate = connection.sock.getpeercert() or {}
    ends = certificate.get("notAfter")
    # OpenSSL writes "Jun  1 12:00:00 2026 GMT", always in UTC.
    return datetime.strptime(f"{ends} +0000", "%b %d %H:%M:%S %Y GMT %z") if isinstance(ends, str) else None


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
