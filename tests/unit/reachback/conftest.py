"""A state directory of its own for every test, and free ports."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sessions.settings import Settings


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of an installation that disturbs no other one on this machine."""
    http, websocket, listen = free_ports(3)
    return {
        "REACHBACK_STATE_DIR": str(tmp_path / "state"),
        "REACHBACK_HTTP": f"127.0.0.1:{http}",
        "REACHBACK_WEBSOCKET": f"127.0.0.1:{websocket}",
        "REACHBACK_LISTEN": f"127.0.0.1:{listen}",
    }


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return Settings.from_env(environ)


@pytest.fixture
def occupied() -> Iterator[Callable[[int], socket.socket]]:
    """Listens on a port until the test is over."""
    sockets: list[socket.socket] = []

    def occupy(port: int) -> socket.socket:
        sockets.append(socket.create_server(("127.0.0.1", port)))
        return sockets[-1]

    yield occupy
    for one in sockets:
        one.close()


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
