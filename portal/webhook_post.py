"""One POST to the receiver of webhooks: signed, bounded in time and size, and led nowhere else.

Over the standard library's client: `requests` bounds each read, not the whole, so that a receiver that answers in drops
could hold the sender for ever; and it would follow redirects, and send what a .netrc holds, unless told otherwise.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

# For each wait, and for all of it.
WAIT_SECONDS = 10.0
ALL_SECONDS = 30.0
# Of an answer only its status matters; a short one is read so that the receiver sees a whole exchange.
MAX_ANSWER = 64 * 1024


class NotTaken(Exception):
    """The receiver did not take it; `str()` says why, in words for an admin."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: its number, the event's name, and the body as it is signed."""

    id: int
    kind: str
    body: bytes

    @classmethod
    def of(cls, number: int, kind: str, facts: Mapping[str, object]) -> Letter:
        """The letter about some facts. Its number is in the body too, where the signature covers it."""
        return cls(number, kind, json.dumps({"id": number, **facts}, ensure_ascii=False).encode())


def signature(secret: bytes, moment: int, body: bytes) -> str:
    """The header that proves who sent `body` at `moment`, in seconds since 1970; docs/webhooks.md has the check."""
    proof = hmac.new(secret, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={proof}"


def post(url: str, letter: Letter, signed: str, seconds: float = ALL_SECONDS) -> None:
    """Send it, in so many seconds. Raises NotTaken where the receiver does not answer with a status of 2xx."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Reachback",
        "Reachback-Event": letter.kind,
        "Reachback-Delivery": str(letter.id),
        "Reachback-Signature": signed,
    }
    try:
        status = _exchange(url, letter.body, headers, seconds)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotTaken(_why(error)) from None
    if not 200 <= status < 300:
        raise NotTaken(f"The receiver answered {status}{_meaning(status)}.")


def _exchange(url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> int:
    parts = urlsplit(url)
    connection = _connection(parts.scheme, parts.hostname or "", parts.port)
    with contextlib.closing(connection):
        connection.connect()
        with _limited(connection.sock, seconds):
            connection.request("POST", parts.path or "/", body, dict(headers))
            answer = connection.getresponse()
            answer.read(MAX_ANSWER)
            return answer.status


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        # Checks the certificate and its name.
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=WAIT_SECONDS, context=context)
    return http.client.HTTPConnection(host, port, timeout=WAIT_SECONDS)


@contextlib.contextmanager
def _limited(connected: socket.socket, seconds: float) -> Iterator[None]:
    """End the connection when its time is over, whatever it is doing."""

    def end() -> None:
        with contextlib.suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)

    alarm = threading.Timer(seconds, end)
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"The receiver did not answer within {WAIT_SECONDS:.0f} s."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The receiver's certificate is not to be trusted: {error.verify_message}."
    if isinstance(error, OSError) and error.strerror:
        return f"The receiver cannot be reached: {error.strerror}."
    return f"The receiver's answer is not HTTP, or was cut off ({type(error).__name__})."


def _meaning(status: int) -> str:
    if 300 <= status < 400:
        return ", a redirect, which is not followed: set REACHBACK_WEBHOOK_URL to where it leads"
    words = http.client.responses.get(status)
    return f" ({words})" if words else ""
