"""Which host and port a customer's computer dials."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request

from portal.registers import registers
from sessions.settings import Settings, is_host
from sessions.views import SessionView


@dataclass(frozen=True, slots=True)
class Target:
    """Where to dial; `str()` is how TightVNC wants it written, `host::port`."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}::{self.port}"


def target(view: SessionView) -> Target:
    """Where the computer of a session's customer dials: the session's own port where it has one."""
    settings = registers().settings
    return Target(chosen_host(settings, request.host), view.port or settings.listen[0].port)


def chosen_host(settings: Settings, browsed_to: str) -> str:
    """The configured public host; else the host that was browsed to; else, where that is no host, the public URL's."""
    fallback = urlsplit(settings.public_url).hostname or settings.http.host
    return settings.public_host or _host_part(browsed_to) or fallback


def _host_part(host_and_port: str) -> str:
    bracketed = host_and_port.startswith("[")
    host = host_and_port[1:].partition("]")[0] if bracketed else host_and_port.partition(":")[0]
    return host if is_host(host) else ""
