from __future__ import annotations

import socket
from pathlib import Path

from reachback.ports import is_listening, is_of_this_user, listening_sockets, owners, why_not_free
from sessions.settings import Address


def test_a_listening_port_is_seen_without_knocking() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert is_listening(port)
        server.settimeout(0)
        try:
            server.accept()
        except BlockingIOError:
            knocked = False
        else:
            knocked = True
        assert not knocked
    assert not is_listening(port)


def test_ipv6_listeners_are_seen() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        assert is_listening(server.getsockname()[1])


def test_a_connected_socket_is_no_listener() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert not is_listening(client.getsockname()[1])


def test_the_owner_of_a_port_is_this_program() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert owners(server.getsockname()[1]) == [Path("/proc/self/cmdline").read_text().replace("\0", " ").strip()]


def test_a_free_address_can_be_listened_on_and_a_taken_one_cannot() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address("127.0.0.1", server.getsockname()[1])
        assert why_not_free(address) == "Address already in use"
    assert why_not_free(address) is None


def test_an_address_of_another_machine_is_not_free() -> None:
    assert why_not_free(Address("203.0.113.1", 5500)) == "Cannot assign requested address"


def test_a_kernel_without_ipv6_has_no_second_table(tmp_path: Path) -> None:
    assert listening_sockets(proc=tmp_path) == {}


def test_whose_a_port_is_can_be_told_without_looking_into_the_program() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert is_of_this_user(port)
    assert not is_of_this_user(port)
