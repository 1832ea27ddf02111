"""Who really sent the request at hand, where a reverse proxy stands in front."""

from __future__ import annotations

from flask import request

from portal.registers import registers
from sessions.forwarded import believed, is_in, parse

__all__ = ["client_address", "is_in", "is_trusted", "parse"]


def client_address() -> str:
    """The address this request came from; empty where the server does not know (a Unix socket without a proxy)."""
    forwarded = ",".join(request.headers.getlist("X-Forwarded-For"))
    return believed(request.remote_addr or "", forwarded, registers().settings.trusted_proxies)


def is_trusted(peer: str) -> bool:
    """Whether `peer` is a reverse proxy whose headers are believed."""
    address = parse(peer)
    return address is not None and is_in(address, registers().settings.trusted_proxies)
