"""The settings, compared with those that there are and with one another."""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from reachback.findings import Finding, doubtful, ill, well
from sessions.settings import SETTINGS, Settings

PREFIX = "REACHBACK_"
_NAMES = [setting.name for setting in SETTINGS]


def examine(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """A line for each name that is none, and for each pair that contradicts itself; one where there is neither."""
    found = [*_unknown(environ), *_contradictions(settings, environ)]
    yield from found or [well(_known(sum(name in environ for name in _NAMES)))]


def _unknown(environ: Mapping[str, str]) -> Iterator[Finding]:
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in _NAMES:
            near = difflib.get_close_matches(name, _NAMES, 1)
            cure = f"call it {near[0]}, or take it away" if near else "take it away; docs/settings.md lists them all"
            yield doubtful(f"{name} is no setting, so nothing heeds it", cure)


def _contradictions(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    if environ.get("REACHBACK_DATABASE_URL") and environ.get("REACHBACK_DATABASE_URL_FILE"):
        yield doubtful("REACHBACK_DATABASE_URL is not heeded beside REACHBACK_DATABASE_URL_FILE", "unset one of them")
    yield from _public(settings)
    yield from _origins(settings)
    both = sorted({address.port for address in settings.listen} & set(settings.session_ports))
    if both:
        yield ill(f"port {both[0]} is in REACHBACK_LISTEN and in REACHBACK_SESSION_PORTS", "take it out of one of them")


def _public(settings: Settings) -> Iterator[Finding]:
    public, socket = urlsplit(settings.public_url), urlsplit(settings.public_websocket)
    if public.scheme == "http" and not _is_loopback(public.hostname):
        yield ill(
            f"{settings.public_url} is plain HTTP: technicians' pages are refused there",
            "set REACHBACK_PUBLIC_URL=https://..., with a reverse proxy or REACHBACK_WEB_TLS_CERT",
        )
    if public.scheme == "https" and socket.scheme == "ws":
        yield ill(
            f"{settings.public_websocket} is not encrypted: no browser opens it from a page over HTTPS",
            f"set REACHBACK_PUBLIC_WEBSOCKET=wss://{public.netloc}/websockify",
        )
    if public.scheme == "https" and not settings.trusted_proxies and settings.web_tls is None:
        yield ill(
            f"{settings.public_url} is HTTPS, but no proxy is believed and the portal has no certificate",
            "name the proxy's address in REACHBACK_TRUSTED_PROXIES, or set REACHBACK_WEB_TLS_CERT and _KEY",
        )


def _origins(settings: Settings) -> Iterator[Finding]:
    public = urlsplit(settings.public_url)
    origin = f"{public.scheme}://{public.netloc}"
    if origin not in settings.allowed_origins:
        yield ill(
            f"pages of {origin} may not open a WebSocket: it is not in REACHBACK_ALLOWED_ORIGINS",
            f"add {origin} there, or unset REACHBACK_ALLOWED_ORIGINS",
        )


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _known(count: int) -> str:
    if not count:
        return "no setting is set, each has its default"
    return f"{count} {'setting is' if count == 1 else 'settings are'} set, every one known"
