from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from reverse_listener.call import Call
from reverse_listener.line import Line
from reverse_listener.seat import MAX_EARLY, Seat
from tests.unit.reverse_listener.helpers import DESKTOP, Peer, connected, cut_text, until

LONG = cut_text(b"x" * 100_000)
HALF = 80_000
PICTURE = b"\x00\x00\x00\x01rectangle"


@contextlib.asynccontextmanager
async def half_way() -> AsyncIterator[tuple[Call, Peer, Line, Peer]]:
    """A call in the middle of a long clipboard text, and a technician who has just greeted."""
    async with connected() as (line, server), connected() as (technicians_line, technician):
        yield Call(line, DESKTOP, None, LONG[:HALF]), server, technicians_line, technician


async def silent(peer: Peer) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(peer.reader.read(1), 0.05)


def test_a_viewers_requests_wait_until_it_is_welcome() -> None:
    async def story() -> None:
        async with half_way() as (call, server, line, technician):
            Seat(line, call).join(b"\x03early")
            await technician.say(b"\x03late")
            await until(lambda: line.received_bytes)
            await silent(server)
            await server.say(LONG[HALF:])
            assert await server.hear(11) == b"\x03early\x03late"
            await server.say(PICTURE)
            assert await technician.hear(len(PICTURE)) == PICTURE

    asyncio.run(story())


def test_a_viewer_that_sends_much_too_early_is_stopped_and_loses_nothing() -> None:
    async def story() -> None:
        async with half_way() as (call, server, line, technician):
            Seat(line, call).join(b"")
            flood = asyncio.create_task(technician.say(b"k" * 8 * 2**20))
            await until(lambda: line.received_bytes > MAX_EARLY)
            taken = line.received_bytes
            await silent(server)
            assert line.received_bytes == taken < 2**20
            await server.say(LONG[HALF:])
            assert await server.hear(8 * 2**20) == b"k" * 8 * 2**20
            await flood

    asyncio.run(story())


@pytest.mark.parametrize("how", ["finish", "leave"])
def test_a_viewer_that_leaves_before_it_is_welcome_leaves_the_call_alone(how: str) -> None:
    async def story() -> None:
        async with half_way() as (call, server, line, technician):
            seat = Seat(line, call)
            seat.join(b"\x03early")
            if how == "finish":
                technician.finish()
            else:
                await technician.leave()
            await asyncio.wait_for(seat.over, 2)
            await server.say(LONG[HALF:] + b"\x02")
            await until(lambda: call.totals.from_customer == len(LONG) - HALF + 1)
            assert call.totals.to_customer == 0
            assert not call.over.done()

    asyncio.run(story())


def test_a_viewer_that_has_left_while_it_greeted_is_over_at_once() -> None:
    async def story() -> None:
        async with half_way() as (call, _server, line, technician):
            await technician.leave()
            seat = Seat(line, call)
            seat.join(b"")
            await asyncio.wait_for(seat.over, 2)
            assert not call.over.done()

    asyncio.run(story())
