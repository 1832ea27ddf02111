"""Reads what people write into settings: text in, a value out, or ValueError with what to write instead."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_SESSION_PORTS = 1000
MIN_AUDIT_DAYS = 30
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  (recognised here, not bound)
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}|[0-9A-Fa-f:.]{2,45}")
_NODE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,30}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Address:
    """Where something listens: a host (name, IPv4, or IPv6 without brackets) and a port."""

    host: str
    port: int

    @property
    def from_here(self) -> Address:
        """Where a program of this machine reaches it."""
        return Address(_WILDCARDS.get(self.host, self.host), self.port)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """`host:port` or `[IPv6]:port`. Raises ValueError with the reason."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError("write host:port")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise ValueError("write an IPv6 address in brackets, such as [::]:5500")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def addresses(text: str) -> tuple[Address, ...]:
    """One or more addresses, separated by commas."""
    found = tuple(parse_address(word) for word in words(text))
    if not found:
        raise ValueError("write at least one host:port")
    return found


def words(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas; none where nothing is written."""
    return tuple(ipaddress.ip_network(word, strict=False) for word in words(text))


def ports(text: str) -> tuple[int, ...]:
    """A range of ports such as `5501-5599`, or one port; none where nothing is written."""
    if not text:
        return ()
    first, dash, last = (part.strip() for part in text.partition("-"))
    low, high = _port(first), _port(last if dash else first)
    if not 0 < high - low + 1 <= MAX_SESSION_PORTS:
        raise ValueError(f"write a range such as 5501-5599, of at most {MAX_SESSION_PORTS} ports")
    return tuple(range(low, high + 1))


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 65535:
        raise ValueError("write a range such as 5501-5599")
    return int(text)


def is_host(text: str) -> bool:
    """Whether this may be dialled and be written into a command line: a name, IPv4, or IPv6 without its brackets."""
    return _HOST.fullmatch(text) is not None


def host(text: str) -> str:
    """A name or an address to dial; empty where nothing is written."""
    # It is written into scripts: what is not plain must be refused here, not when a customer wants one.
    if text and not is_host(text):
        raise ValueError("write a name such as help.example.org, or an address: no port, no brackets, ASCII only")
    return text


def yes_or_no(text: str) -> bool:
    """`yes` or `no`."""
    if text.lower() not in {"yes", "no"}:
        raise ValueError("write yes or no")
    return text.lower() == "yes"


def one_of(*words: str) -> Callable[[str], str]:
    """What reads one of these words."""

    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"write {', '.join(words[:-1])} or {words[-1]}")
        return text.lower()

    return parse


def node(text: str) -> str:
    """What a node is called."""
    if not _NODE.fullmatch(text):
        raise ValueError("write up to 32 letters, digits, dots and dashes, such as node-1")
    return text


def networks_or_none(text: str) -> tuple[Network, ...]:
    """Addresses and networks; the word `none` takes away what the default allows."""
    return () if text.lower() == "none" else networks(text)


def receiver(text: str) -> str:
    """The address of a receiver of webhooks; empty where nothing is written."""
    if not text:
        return ""
    if urlsplit(text).username is not None:
        raise ValueError("leave name and password out: the receiver knows us by the signature")
    return web_url(text)


def days_or_forever(text: str) -> int | None:
    """A number of days, or None for `forever`."""
    return None if text.lower() == "forever" else count(text)


def optional_or_required(text: str) -> bool:
    """`required`, as True, or `optional`."""
    if text.lower() not in {"optional", "required"}:
        raise ValueError("write optional or required")
    return text.lower() == "required"


def days(text: str) -> int | None:
    """A number of days, or None for `forever`, of what may not be forgotten soon."""
    days = days_or_forever(text)
    if days is not None and days < MIN_AUDIT_DAYS:
        raise ValueError(f"write forever, or a number of days of at least {MIN_AUDIT_DAYS}")
    return days


def issuer(text: str) -> str:
    """The address of an OpenID Connect provider; empty where nothing is written."""
    parts = urlsplit(text)
    if parts.scheme == "http" and parts.netloc.removesuffix(f":{parts.port}") not in LOOPBACK_NAMES:
        raise ValueError("write an https address: by plain HTTP, whoever is on the wire could say who signs in")
    return web_url(text) if text else ""


def time_zone(text: str) -> str:
    """The name of a time zone; empty where nothing is written."""
    if text:
        try:
            ZoneInfo(text)
        except (ZoneInfoNotFoundError, OSError):
            raise ValueError("write the name of a time zone, such as Europe/Berlin") from None
    return text


def count(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError("write a whole number of at least 1")
    return int(text)


def seconds(text: str) -> float:
    """Seconds, up to an hour."""
    seconds = float(text)
    if not 0 < seconds <= 3600:
        raise ValueError("write seconds, more than 0 and at most 3600")
    return seconds


def web_url(text: str) -> str:
    """A whole address of http or https, without a slash at its end."""
    return _url(text, ("http", "https")).rstrip("/")


def socket_url(text: str) -> str:
    """A whole address of ws or wss."""
    return _url(text, ("ws", "wss"))


def _url(text: str, schemes: tuple[str, str]) -> str:
    parts = urlsplit(text)
    # `.port` raises ValueError where it is none.
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment or parts.port == 0:
        raise ValueError(f"write a whole address that starts with {schemes[0]}:// or {schemes[1]}://")
    if not parts.netloc.isascii():
        raise ValueError("write the name as DNS has it, in ASCII (xn--...)")
    return text
