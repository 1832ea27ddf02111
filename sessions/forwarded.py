"""Who really sent a request that came through reverse proxies.

`X-Forwarded-For` is written from left to right, each proxy adding the address it saw. Only what a trusted proxy added
can be believed, so the list is read from the right, up to the first address that is not a trusted proxy's. `Forwarded`
(RFC 7239) is not read: no proxy described here writes it, and most hand on what a client wrote.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence

from sessions.settings import Network

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address

HOPS = 20

# `v4`, `v4:port`, `v6`, `[v6]`, `[v6]:port`. A zone (`%eth0`) means something on the proxy's machine only.
_HOP = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|([0-9.]+)(?::[0-9]{1,5})?|([0-9A-Fa-f:.]+)")


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


def parse(text: str) -> Ip | None:
    """One address, as proxies write them: also `[v6]`, `[v6]:port` and `v4:port`. None where it is none."""
    found = _HOP.fullmatch(text.strip())
    try:
        return _plain(ipaddress.ip_address(found[1] or found[2] or found[3])) if found else None
    except ValueError:
        return None


def is_in(address: Ip, networks: Iterable[Network]) -> bool:
    """Whether `address` belongs to one of `networks`."""
    return any(address in network for network in networks)


def _plain(address: Ip) -> Ip:
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _from_the_right(forwarded: str) -> list[str]:
    return [hop for hop in forwarded.split(",")[-HOPS:][::-1] if hop.strip()]
