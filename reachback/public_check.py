"""What stands in front, seen from outside: the public address asked for the portal and for a WebSocket.

That a proxy cuts what is quiet for a minute cannot be seen in a few seconds, and is not looked for here.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from reachback import clock_check
from reachback.asking import Answer, ask
from reachback.certificates import SOON
from reachback.findings import Finding, doubtful, ill, well
from sessions.proof import HEADER, proof
from sessions.settings import Settings

ECHO = "/healthz/echo"
NOT_OURS = "point the proxy at http://{address}, or correct REACHBACK_PUBLIC_URL"
# What our launcher of websockify says to somebody without a ticket, and to a page of another origin.
NO_TICKET, FOREIGN_PAGE = b"ticket", b"REACHBACK_ALLOWED_ORIGINS"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the portal tells of a request that came to it (portal/echo.py)."""

    peer: str
    trusted: bool
    client: str
    secure: bool
    host: str
    forwarded: frozenset[str]


def reason(error: Exception) -> str:
    """Why nobody answered, in a few words."""
    told = error.strerror if isinstance(error, OSError) else str(error)
    return told or type(error).__name__


def portal(settings: Settings, key: bytes, now: datetime) -> Iterator[Finding]:
    """The public address leads to this installation's portal, by a certificate that browsers believe."""
    url = settings.public_url
    try:
        answer = ask(url + ECHO, {HEADER: proof(key, now)})
    except (OSError, http.client.HTTPException) as error:
        cure = "start what listens there, or correct REACHBACK_PUBLIC_URL and the name's address in DNS"
        yield ill(f"{url} does not answer ({reason(error)})", cure)
        return
    yield from _certificate(answer, url, now)
    if answer.date:
        yield clock_check.of_answer(answer.date, now, url)
    seen = _seen(answer)
    if seen is None:
        yield _not_ours(answer, settings)
    else:
        yield from _headers(seen, settings) or [well(f"{url} leads to this portal; it sees {seen.client} asking")]


def websocket(settings: Settings) -> Iterator[Finding]:
    """The WebSocket's public address leads to our websockify, and it is asked to upgrade."""
    url = settings.public_websocket.replace("{node}", settings.node)
    try:
        answer = ask(url, _upgrade(settings))
    except (OSError, http.client.HTTPException) as error:
        cure = "start what listens there, or correct REACHBACK_PUBLIC_WEBSOCKET"
        yield ill(f"{url} does not answer ({reason(error)})", cure)
        return
    yield _upgraded(answer, url, settings)


def _certificate(answer: Answer, url: str, now: datetime) -> Iterator[Finding]:
    if answer.distrust:
        yield ill(
            f"browsers will not believe the certificate at {url} ({answer.distrust})",
            f"have one made out to {urlsplit(url).hostname} by an authority that browsers know, with its chain",
        )
    elif answer.certified_until:
        ends = answer.certified_until
        words = f"the certificate at {url} is valid until {ends:%Y-%m-%d}"
        yield doubtful(f"{words} only", "renew it in the proxy") if ends - now < SOON else well(words)


def _seen(answer: Answer) -> Seen | None:
    try:
        told: dict[str, Any] = json.loads(answer.body)
        return Seen(
            peer=str(told["peer"]),
            trusted=told["trusted"] is True,
            client=str(told["client"]),
            secure=told["secure"] is True,
            host=str(told["host"]),
            forwarded=frozenset(map(str, told["forwarded"])),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _not_ours(answer: Answer, settings: Settings) -> Finding:
    if answer.status == http.client.NOT_FOUND:
        return ill(
            f"what answers at {settings.public_url} does not know this installation's secret key",
            f"{NOT_OURS.format(address=settings.http)}; several nodes need the same REACHBACK_SECRET_KEY_FILE",
        )
    return ill(
        f"{settings.public_url} answers {answer.status}, and not as this portal", NOT_OURS.format(address=settings.http)
    )


def _headers(seen: Seen, settings: Settings) -> list[Finding]:
    if _is_direct(settings):
        return []
    if not seen.trusted:
        return [
            ill(
                f"a proxy at {seen.peer} passes people on and is not believed: every customer seems to come from there",
                f"REACHBACK_TRUSTED_PROXIES={seen.peer}",
            )
        ]
    return [*_missing(seen, settings), *_host(seen, settings)]


def _missing(seen: Seen, settings: Settings) -> Iterator[Finding]:
    if "X-Forwarded-For" not in seen.forwarded:
        yield ill(
            f"the proxy at {seen.peer} does not say who asks: every customer seems to come from there",
            "have it send X-Forwarded-For (nginx: `proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;`)",
        )
    if settings.public_url.startswith("https:") and not seen.secure:
        yield ill(
            f"the proxy at {seen.peer} does not say that it was asked over HTTPS: technicians' pages answer 403",
            "have it send X-Forwarded-Proto (nginx: `proxy_set_header X-Forwarded-Proto $scheme;`)",
        )


def _host(seen: Seen, settings: Settings) -> Iterator[Finding]:
    public = urlsplit(settings.public_url)
    if seen.host.lower() != public.netloc.lower():
        yield doubtful(
            f"the proxy asks for {seen.host[:100]} where people ask for {public.netloc}",
            "have it pass Host on (nginx: `proxy_set_header Host $http_host;`)",
        )


def _is_direct(settings: Settings) -> bool:
    public = urlsplit(settings.public_url)
    return settings.web_tls is not None or (public.scheme == "http" and public.port == settings.http.port)


def _upgrade(settings: Settings) -> dict[str, str]:
    return {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Protocol": "binary",
        "Origin": settings.allowed_origins[0] if settings.allowed_origins else settings.public_url,
    }


def _upgraded(answer: Answer, url: str, settings: Settings) -> Finding:
    if answer.status == http.client.FORBIDDEN and NO_TICKET in answer.body:
        return well(f"{url} leads to websockify, upgrade and all")
    if answer.status == http.client.FORBIDDEN and FOREIGN_PAGE in answer.body:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(settings.public_url))
        return ill(
            f"websockify refuses pages of {origin}", f"set REACHBACK_ALLOWED_ORIGINS={origin}, and restart websockify"
        )
    return ill(
        f"{url} opens no WebSocket: it answers {answer.status}",
        f"lead it to http://{settings.websocket} with Upgrade and Connection (nginx: `proxy_http_version 1.1; "
        "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;`)",
    )
