from __future__ import annotations

import asyncio

import pytest

from reverse_listener.inbox import HungUp, Inbox
from tests.unit.reverse_listener.helpers import connected, until


def test_one_chunk_at_a_time() -> None:
    async def story() -> None:
        async with connected() as (line, peer):
            inbox = Inbox(line)
            await peer.say(b"one")
            assert await inbox.read() == b"one"
            await peer.say(b"two")
            assert await inbox.read() == b"two"

    asyncio.run(story())


def test_nothing_is_read_ahead() -> None:
    async def story() -> None:
        async with connected() as (line, peer):
            inbox = Inbox(line)
            flood = asyncio.create_task(peer.say(bytes(64 * 2**20)))
            await inbox.read()
            await until(lambda: line.received_bytes)
            taken = line.received_bytes
            for _ in range(100):
                await asyncio.sleep(0)
            # One chunk more may have been waiting; the rest waits in the peer.
            assert line.received_bytes - taken <= 512 * 1024
            flood.cancel()
            await asyncio.wait([flood])

    asyncio.run(story())


@pytest.mark.parametrize("how", ["finish", "leave"])
def test_the_last_chunk_comes_before_the_end(how: str) -> None:
    async def story() -> None:
        async with connected() as (line, peer):
            inbox = Inbox(line)
            await peer.say(b"last words")
            if how == "finish":
                peer.finish()
            else:
                await peer.leave()
            assert await inbox.read() == b"last words"
            for _ in range(2):
                with pytest.raises(HungUp):
                    await inbox.read()

    asyncio.run(story())


def test_a_reader_that_waits_is_told_of_the_end() -> None:
    async def story() -> None:
        async with connected() as (line, peer):
            reading = asyncio.create_task(Inbox(line).read())
            await asyncio.sleep(0)
            await peer.leave()
            with pytest.raises(HungUp):
                await reading

    asyncio.run(story())
