from __future__ import annotations

import asyncio
import logging
import socket

import pytest

from reverse_listener.entrance import Entrance, addresses, bind
from sessions.settings import Address
from tests.unit.reverse_listener.helpers import until


class Guest(asyncio.Protocol):
    def __init__(self, guests: list[Guest]) -> None:
        self._guests = guests

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._guests.append(self)
        self.transport = transport


def dial(listening: socket.socket) -> socket.socket:
    return socket.create_connection(listening.getsockname())


def test_who_was_accepted_comes_in_and_who_was_not_waits_for_the_next() -> None:
    async def story() -> None:
        guests: list[Guest] = []
        (listening,) = bind(Address("127.0.0.1", 0))
        entrance = Entrance(lambda: Guest(guests))
        entrance.sockets.append(listening)
        entrance.open()
        successor = listening.dup()
        callers = [dial(successor) for _ in range(5)]
        # As the loop does, in the very turn in which the door is left.
        entrance._accept(listening)
        entrance.close()
        assert len(entrance) == 5
        callers.append(dial(successor))
        await until(lambda: not len(entrance))
        assert len(guests) == 5
        successor.settimeout(10)
        successor.accept()[0].close()
        for one in (*callers, successor):
            one.close()
        for guest in guests:
            guest.transport.close()

    asyncio.run(story())


def test_nobody_is_let_in_before_it_is_open_and_no_other_has_the_address() -> None:
    async def story() -> None:
        guests: list[Guest] = []
        entrance = Entrance(lambda: Guest(guests))
        entrance.sockets += bind(Address("127.0.0.1", 0))
        (address,) = addresses(entrance.sockets)
        with pytest.raises(ConnectionRefusedError):
            dial(entrance.sockets[0])
        entrance.open()
        with dial(entrance.sockets[0]):
            await until(lambda: len(guests) == 1)
            guests[0].transport.close()
            with pytest.raises(OSError, match="Address already in use"):
                bind(address)
        entrance.close()

    asyncio.run(story())


def test_where_nothing_can_be_accepted_it_rests_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Full(socket.socket):
        def accept(self) -> tuple[socket.socket, object]:
            raise OSError(24, "Too many open files")

    async def story() -> None:
        monkeypatch.setattr("reverse_listener.entrance.PAUSE_SECONDS", 0.0)
        guests: list[Guest] = []
        entrance = Entrance(lambda: Guest(guests))
        (listening,) = bind(Address("127.0.0.1", 0))
        entrance.sockets.append(listening)
        entrance.open()
        with Full(fileno=listening.dup().detach()) as full, dial(listening):
            entrance._accept(full)
            assert "Too many open files" in caplog.text
            await until(lambda: len(guests) == 1)
            guests[0].transport.close()
        entrance.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())


def test_no_host_is_every_interface_of_both_families() -> None:
    bound = bind(Address("", 0))
    assert {address.host for address in addresses(bound)} == {"0.0.0.0", "::"}
    for one in bound:
        one.close()
