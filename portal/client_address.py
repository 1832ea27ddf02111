"""Who really sent a request, where a reverse proxy stands in front.

`X-Forwarded-For` is written from left to right, each proxy adding the address it saw. Only what a trusted proxy added
can be believed, so the list is read from the right, up to the first address that is not a trusted proxy's.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from flask import request

from portal.registers import registers
from sessions.settings import Network

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address

HOPS = 20


def client_address() -> str:
    """The address this request came from; empty where the server does not know (a Unix socket without a proxy)."""
    forwarded = ",".join(request.headers.getlist("X-Forwarded-For"))
    return believed(request.remote_addr or "", forwarded, registers().settings.trusted_proxies)


def believed(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The right-most address of `forwarded`, then `peer`, that is no trusted proxy's; IPv4 inside IPv6 as IPv4."""
    address = parse(peer)
    for hop in _from_the_right(forwarded):
        if address is None or not is_in(address, trusted):
            break
        before = parse(hop)
        if before is None:
            break
        address = before
    return str(address) if address else ""


def is_trusted(peer: str) -> bool:
    """Whether `peer` is a reverse proxy whose headers are believed."""
    address = parse(peer)
    return address is not None and is_in(address, registers().settings.trusted_proxies)


def parse(text: str) -> Ip | None:
    """One address, as proxies write them: also `[v6]`, `[v6]:port` and `v4:port`. None where it is none."""
    try:
        return _plain(ipaddress.ip_address(_without_port(text.strip())))
    except ValueError:
        return None


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _plain(address: Ip) -> Ip:
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def is_in(address: Ip, networks: Iterable[Network]) -> bool:
    """Whether `address` is of one of `networks`."""
    return any(address in network for network in networks)


def _from_the_right(forwarded: str) -> list[str]:
    return [hop for hop in forwarded.split(",")[-HOPS:][::-1] if hop.strip()]
