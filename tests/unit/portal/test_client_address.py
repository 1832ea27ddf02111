"""Whose request it is: the address that a page is opened from decides which call is matched to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from .conftest import Portal

FAR = "198.51.100.7"
PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("peer", "headers", "address"),
    [
        (PROXY, [("X-Forwarded-For", FAR)], FAR),
        (PROXY, [("X-Forwarded-For", "203.0.113.66"), ("X-Forwarded-For", FAR)], FAR),
        (PROXY, [("X-Forwarded-For", f"127.0.0.1, {FAR}")], FAR),
        (PROXY, [("X-Forwarded-For", "[2001:db8::7]:4711")], "2001:db8::7"),
        (PROXY, [("Forwarded", "for=203.0.113.66"), ("X-Real-IP", "203.0.113.66")], PROXY),
        (PROXY, [("Forwarded", "for=203.0.113.66"), ("X-Forwarded-For", FAR)], FAR),
        (FAR, [("X-Forwarded-For", "203.0.113.66"), ("Forwarded", "for=203.0.113.66")], FAR),
    ],
)
def test_the_address_a_page_is_opened_from(
    make_portal: Callable[..., Portal], peer: str, headers: list[tuple[str, str]], address: str
) -> None:
    made = make_portal(REACHBACK_TRUSTED_PROXIES=PROXY, REACHBACK_PLAIN_HTTP_CUSTOMERS="yes")
    link = made.session().link
    made.browser().get(f"/support/{link}", environ_base={"REMOTE_ADDR": peer}, headers=headers, buffered=True)
    with made.own.engine.connect() as connection:
        assert connection.scalars(text("SELECT address FROM visits")).all() == [address]
