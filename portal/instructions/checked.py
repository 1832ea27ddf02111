"""What must be harmless before it is written into a script's commands."""

from __future__ import annotations

import re

from sessions.settings import is_host

# Ports that browsers have connections to as well, so that the port alone does not tell whose connection one is.
WEB_PORTS = frozenset({80, 443, 8080, 8443})

_PAGE = re.compile(r"https?://[A-Za-z0-9._:\[\]-]{1,300}/[A-Za-z0-9/._~-]{0,300}")


def checked_host(host: str) -> str:
    """`host`, which is a name or an address. Raises ValueError where it is neither."""
    return _checked(host, is_plain=is_host(host))


def checked_page(page: str) -> str:
    """`page`, which is the URL of a page of ours. Raises ValueError where it is none."""
    return _checked(page, is_plain=_PAGE.fullmatch(page) is not None)


def _checked(text: str, *, is_plain: bool) -> str:
    if not is_plain:
        raise ValueError("this host or address cannot be written into a script")
    return text
