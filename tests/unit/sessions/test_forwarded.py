from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.forwarded import HOPS, believed, parse

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
        ("10.0.0.1", "203.0.113.66,198.51.100.7 , [fd00::2]:443", "198.51.100.7"),
        ("10.0.0.1", "[2001:db8::7]nonsense", "10.0.0.1"),
        ("10.0.0.1", "[2001:db8::7", "10.0.0.1"),
        ("10.0.0.1", "[198.51.100.7]:4711:1", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::7%eth0", "10.0.0.1"),
        ("10.0.0.1", "fe80::7%<script>", "10.0.0.1"),
        ("10.0.0.1", "for=198.51.100.7", "10.0.0.1"),
        ("10.0.0.1", '"198.51.100.7"', "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7\x00", "10.0.0.1"),
        ("10.0.0.1", "١٩٨.51.100.7", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.007", "10.0.0.1"),
        ("10.0.0.1", "3325256711", "10.0.0.1"),
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


@given(st.text(max_size=200) | st.ip_addresses().map(str))
def test_whatever_a_header_holds_an_address_or_nothing_comes_out(text: str) -> None:
    found = parse(text)
    assert found is None or parse(str(found)) == found
    assert believed("10.0.0.1", text, PROXIES)


@given(st.lists(st.text(alphabet=st.characters(blacklist_characters=","), max_size=30), max_size=30))
def test_what_stands_left_of_the_last_proxys_word_changes_nothing(forged: list[str]) -> None:
    assert believed("10.0.0.1", ",".join([*forged, "198.51.100.7"]), PROXIES) == "198.51.100.7"
