from __future__ import annotations

import asyncio

import pytest

from reverse_listener.line import HIGH_WATER, plain_address
from tests.unit.reverse_listener.helpers import Recorder, connected, until


@pytest.mark.parametrize(
    ("peername", "address"),
    [
        (("192.0.2.1", 5), "192.0.2.1"),
        (("::ffff:192.0.2.1", 5, 0, 0), "192.0.2.1"),
        (("2001:db8::1", 5, 0, 0), "2001:db8::1"),
        (("fe80::1%eth0", 5, 0, 2), "fe80::1"),
        (None, ""),
        ("", ""),
    ],
)
def test_plain_address(peername: object, address: str) -> None:
    assert plain_address(peername) == address


def test_nothing_is_lost_before_somebody_listens() -> None:
    async def story() -> None:
        async with connected() as (line, peer):
            await peer.say(b"early")
            await asyncio.sleep(0)
            assert line.received_bytes == 0
            listener = Recorder()
            line.listen(listener)
            await until(lambda: listener.heard == b"early")
            assert line.received_bytes == 5

    asyncio.run(story())


def test_a_listener_that_comes_late_learns_how_things_stand() -> None:
    async def story() -> None:
        async with connected() as (line, peer):
            first, second, third = Recorder(), Recorder(), Recorder()
            line.listen(first)
            peer.finish()
            await until(lambda: first.told == ["ended"])
            line.listen(second)
            assert second.told == ["ended"]
            line.abort()
            await until(lambda: line.is_closed)
            line.listen(third)
            assert third.told == ["closed"]

    asyncio.run(story())


def test_a_finished_line_still_sends() -> None:
    async def story() -> None:
        async with connected() as (line, peer):
            listener = Recorder()
            line.listen(listener)
            peer.finish()
            await until(lambda: listener.told)
            line.send(b"last words")
            line.finish()
            assert await peer.hear_all() == b"last words"
            assert line.sent_bytes == 10

    asyncio.run(story())


def test_a_full_write_buffer_is_told_and_told_again_when_it_has_room() -> None:
    async def story() -> None:
        async with connected() as (line, peer):
            listener = Recorder()
            line.listen(listener)
            sent = 0
            while "full" not in listener.told:
                line.send(bytes(65536))
                sent += 65536
                await asyncio.sleep(0)
            assert sent < 8 * HIGH_WATER
            await peer.hear(sent)
            await until(lambda: "drained" in listener.told)

    asyncio.run(story())


def test_closing_delivers_what_was_written_and_gives_up_soon() -> None:
    async def story() -> None:
        async with connected() as (line, peer):
            line.send(b"goodbye")
            line.close()
            assert await peer.hear_all() == b"goodbye"
        async with connected() as (line, peer):
            line.send(bytes(16 * HIGH_WATER))
            line.close()
            # The peer reads nothing.
            await until(lambda: line.is_closed, 2.0)

    asyncio.run(story())


def test_nothing_is_sent_after_closing() -> None:
    async def story() -> None:
        async with connected() as (line, peer):
            line.abort()
            line.send(b"too late")
            line.finish()
            assert line.sent_bytes == 0
            assert await peer.hear_all() == b""

    asyncio.run(story())
