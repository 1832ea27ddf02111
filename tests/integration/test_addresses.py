"""The calls port on IPv6, and on several addresses."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable

import pytest

from sessions.settings import Address
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.processes import Installation, free_ports, wait_until

from .conftest import exchange, joined

needs_ipv6 = pytest.mark.skipif(not socket.has_ipv6, reason="this Python was built without IPv6")


@needs_ipv6
def test_a_call_over_ipv6(install: Callable[..., Installation]) -> None:
    (port,) = free_ports(1, "::1")
    installation = install(REACHBACK_LISTEN=f"[::1]:{port}")
    installation.start_all("listener", "websockify")
    with joined(installation) as (new, server, viewer):
        exchange(server, viewer)
        assert installation.call_row(new)["address"] == "::1"


@needs_ipv6
def test_an_address_matches_over_ipv6(install: Callable[..., Installation]) -> None:
    (port,) = free_ports(1, "::1")
    installation = install(REACHBACK_LISTEN=f"[::1]:{port}")
    installation.start_listener()
    new = installation.waiting("::1")
    with FakeVncServer(("::1", port)) as server:
        server.greet()
        view = wait_until(lambda: installation.is_held(new))
        assert view.call
        assert view.call.matched_by == "address"


@needs_ipv6
def test_an_ipv4_call_to_an_ipv6_wildcard_has_a_plain_address(install: Callable[..., Installation]) -> None:
    (port,) = free_ports(1, "::")
    installation = install(REACHBACK_LISTEN=f"[::]:{port},0.0.0.0:{port}")
    installation.start_listener()
    new = installation.waiting("127.0.0.1")
    with FakeVncServer(("127.0.0.1", port)) as server:
        server.greet()
        wait_until(lambda: installation.is_held(new))
        assert installation.call_row(new)["address"] == "127.0.0.1"


@needs_ipv6
def test_two_addresses(install: Callable[..., Installation]) -> None:
    four, (six,) = free_ports(1), free_ports(1, "::1")
    installation = install(REACHBACK_LISTEN=f"127.0.0.1:{four[0]}, [::1]:{six}")
    listener = installation.start_listener()
    assert re.findall(r"listening for calls on (\S+)", listener.log) == [f"127.0.0.1:{four[0]}", f"[::1]:{six}"]
    for address in installation.settings.listen:
        new = installation.session()
        with FakeVncServer((address.host, address.port), code=new.code) as server:
            server.greet()
            wait_until(lambda new=new: installation.is_held(new))
            assert installation.call_row(new)["address"] == address.host


@needs_ipv6
def test_a_technician_over_ipv6(install: Callable[..., Installation]) -> None:
    (port,) = free_ports(1, "::1")
    address = Address("::1", port)
    installation = install(REACHBACK_WEBSOCKET=str(address), REACHBACK_PUBLIC_WEBSOCKET=f"ws://{address}/")
    installation.start_all("listener", "websockify")
    with joined(installation) as (_new, server, viewer):
        exchange(server, viewer)


def test_port_0_is_any_free_one(install: Callable[..., Installation]) -> None:
    installation = install(REACHBACK_LISTEN="127.0.0.1:0")
    listener = installation.start("listener", *_listener())
    port = wait_until(lambda: re.search(r"listening for calls on 127\.0\.0\.1:(\d+)", listener.log))
    with FakeVncServer(("127.0.0.1", int(port[1]))) as server:
        server.greet()
        wait_until(installation.calls.parked)


def _listener() -> tuple[str, ...]:
    return sys.executable, "-m", "reverse_listener"
