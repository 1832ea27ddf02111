"""The sockets at which calls arrive: bound here or handed over, accepted from until told to stop.

asyncio's own servers drop a connection that was accepted in the very moment in which they are closed. Here every one
that was accepted is carried in, and every other stays in the kernel's queue for whoever has the socket next.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Any

from reverse_listener.tasks import Tasks
from sessions.settings import Address

BACKLOG = 256
# Connections carried in before others have their turn.
AT_ONCE = 64
# Where the system has no descriptor or no memory left for another connection.
PAUSE_SECONDS = 1.0

log = logging.getLogger(__name__)


def bind(address: Address) -> list[socket.socket]:
    """Take `address`, of both families where it names no host. Nobody is let in yet. Raises OSError."""
    found = socket.getaddrinfo(
        address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE, proto=socket.IPPROTO_TCP
    )
    bound: list[socket.socket] = []
    try:
        for family, place in dict.fromkeys((entry[0], entry[4]) for entry in found):
            bound.append(socket.socket(family))
            _bind(bound[-1], place)
    except OSError:
        for one in bound:
            one.close()
        raise
    return bound


def _bind(one: socket.socket, place: tuple[Any, ...]) -> None:
    # A port that a dead listener's connections still have is free for a new one.
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if one.family is socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    one.bind(place)


def addresses(sockets: Sequence[socket.socket]) -> list[Address]:
    """Where these sockets listen."""
    return [Address(*one.getsockname()[:2]) for one in sockets]


class Entrance:
    """Accepts connections at any number of sockets, each with a protocol made for it."""

    def __init__(self, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        self._make_protocol = make_protocol
        self.sockets: list[socket.socket] = []
        self._is_open = False
        self._carrying = Tasks()

    def open(self) -> None:
        """Accept at every socket from now on."""
        self._is_open = True
        for listening in self.sockets:
            listening.setblocking(False)  # noqa: FBT003  (the standard library's signature)
            if not listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                listening.listen(BACKLOG)
            self._watch(listening)

    def close(self) -> None:
        """Accept no more, and let go of the sockets; what was accepted is carried in."""
        self._is_open = False
        for listening in self.sockets:
            asyncio.get_running_loop().remove_reader(listening)
            listening.close()
        self.sockets.clear()

    def __len__(self) -> int:
        """How many connections were accepted and are not carried in yet."""
        return len(self._carrying)

    def _watch(self, listening: socket.socket) -> None:
        if self._is_open:
            asyncio.get_running_loop().add_reader(listening, self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        try:
            for _ in range(AT_ONCE):
                accepted, _address = listening.accept()
                self._carrying.start(self._carry_in(accepted), "a connection that was accepted")
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            log.warning("no connection can be accepted for a moment: %s", error.strerror)
            loop = asyncio.get_running_loop()
            loop.remove_reader(listening)
            loop.call_later(PAUSE_SECONDS, self._watch, listening)

    async def _carry_in(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)  # noqa: FBT003  (the standard library's signature)
        await asyncio.get_running_loop().connect_accepted_socket(self._make_protocol, accepted)
