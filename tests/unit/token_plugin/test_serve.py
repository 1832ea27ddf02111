from __future__ import annotations

import socket

import pytest

from sessions.settings import Address
from token_plugin.serve import CannotListen, listen


def test_listening_on_any_port_with_keepalive() -> None:
    with listen(Address("127.0.0.1", 0)) as listener:
        assert listener.getsockname()[1] > 0
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30


def test_a_taken_port_is_told_with_the_setting() -> None:
    with listen(Address("127.0.0.1", 0)) as listener:
        taken = Address("127.0.0.1", listener.getsockname()[1])
        with pytest.raises(CannotListen, match=rf"^Cannot listen on {taken}: .*REACHBACK_WEBSOCKET"):
            listen(taken)
