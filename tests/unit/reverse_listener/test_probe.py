"""The probe against real connections through this machine's TCP."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from reverse_listener.probe import _Sight, answers
from tests.fakes.cut_cable import cut
from tests.unit.reverse_listener.helpers import until

KEEPALIVE = (30, 10)


@contextlib.contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Our end of a connection, with the listener's usual keep-alive, and the peer's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        theirs = socket.create_connection(server.getsockname())
        ours, _ = server.accept()
    with ours, theirs:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        _set_rhythm(ours)
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 60_000)
        ours.settimeout(0)
        yield ours, theirs


def _set_rhythm(ours: socket.socket) -> None:
    for option, seconds in zip((socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL), KEEPALIVE, strict=True):
        ours.setsockopt(socket.IPPROTO_TCP, option, seconds)


def rhythm(ours: socket.socket) -> tuple[int, int]:
    return (
        ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
        ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
    )


@pytest.mark.long
def test_a_peer_that_only_sits_there_answers_and_hears_nothing() -> None:
    with pair() as (ours, theirs):
        began = time.monotonic()
        assert asyncio.run(answers(ours))
        assert time.monotonic() - began < 2.5
        assert rhythm(ours) == KEEPALIVE
        theirs.settimeout(0)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)


@pytest.mark.long
def test_a_peer_that_was_quiet_for_long_is_asked_at_once() -> None:
    async def story(ours: socket.socket) -> float:
        # Quiet for longer than the eager rhythm: the first probe goes out immediately.
        await asyncio.sleep(1.1)
        began = time.monotonic()
        assert await answers(ours)
        return time.monotonic() - began

    with pair() as (ours, _theirs):
        assert asyncio.run(story(ours)) < 0.5


@pytest.mark.long
def test_a_peer_behind_a_cut_cable_does_not_answer() -> None:
    with pair() as (ours, theirs):
        cut(theirs)
        assert not asyncio.run(answers(ours))
        assert rhythm(ours) == KEEPALIVE


@pytest.mark.long
def test_what_is_under_way_to_a_cut_cable_changes_nothing() -> None:
    with pair() as (ours, theirs):
        cut(theirs)
        ours.send(b"a key")
        assert not asyncio.run(answers(ours))


def test_a_peer_that_speaks_meanwhile_is_alive() -> None:
    async def story(ours: socket.socket, theirs: socket.socket) -> None:
        asyncio.get_running_loop().call_later(0.1, theirs.send, b"picture")
        assert await answers(ours, 0.8)

    with pair() as (ours, theirs):
        asyncio.run(story(ours, theirs))


def test_a_peer_that_takes_no_more_counts_as_alive_though_it_is_silent() -> None:
    async def story(ours: socket.socket, theirs: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                ours.send(bytes(65536))
        await until(lambda: _Sight.of(ours).is_blocked)
        cut(theirs)
        assert await answers(ours, 0.1)

    with pair() as (ours, theirs):
        asyncio.run(story(ours, theirs))


def test_a_closed_connection_does_not_answer() -> None:
    with pair() as (ours, _theirs):
        ours.close()
        assert not asyncio.run(answers(ours))


def test_a_connection_that_is_closed_meanwhile_does_not_answer() -> None:
    async def story(ours: socket.socket) -> None:
        asyncio.get_running_loop().call_later(0.1, ours.close)
        assert not await answers(ours)

    with pair() as (ours, theirs):
        cut(theirs)
        asyncio.run(story(ours))
