from __future__ import annotations

from ipaddress import ip_network

import pytest

from portal.client_address import HOPS, believed

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.1", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.66, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.66, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("10.0.0.1", "2001:DB8:0::7", "2001:db8::7"),
        ("::ffff:198.51.100.7", "", "198.51.100.7"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", ", ,198.51.100.7,", "198.51.100.7"),
        ("", "198.51.100.7", ""),
        ("not an address", "198.51.100.7", ""),
    ],
)
def test_the_right_most_address_that_is_no_proxys_is_believed(peer: str, forwarded: str, address: str) -> None:
    assert believed(peer, forwarded, PROXIES) == address


def test_nobody_is_believed_where_no_proxy_is_trusted() -> None:
    assert believed("10.0.0.1", "198.51.100.7", ()) == "10.0.0.1"


def test_a_long_list_of_hops_is_not_read_to_its_end() -> None:
    assert believed("10.0.0.1", ",".join(["198.51.100.7", *["10.0.0.2"] * HOPS]), PROXIES) == "10.0.0.2"
