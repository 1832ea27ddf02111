from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from reverse_listener import call as call_module
from reverse_listener.call import HUNG_UP, TECHNICIAN_LEFT, Call
from sessions.calls import Totals
from sessions.matching import Claims
from tests.unit.reverse_listener.helpers import DESKTOP, PATIENCE, Peer, Recorder, connected, cut_text, until

BELL = b"\x02"
PICTURE = b"\x00\x00\x00\x01rectangle"
LONG = cut_text(b"x" * 100_000)


@contextlib.asynccontextmanager
async def held(early: bytes = b"") -> AsyncIterator[tuple[Call, Peer]]:
    async with connected() as (line, server):
        yield Call(line, DESKTOP, Claims("127.0.0.1"), early), server


async def reason(call: Call) -> str:
    return await asyncio.wait_for(asyncio.shield(call.over), PATIENCE)


def test_bytes_pass_both_ways_untouched() -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = Recorder()
            call.join(seat)
            await server.say(PICTURE)
            await until(lambda: seat.heard == PICTURE)
            call.send(b"\x04key")
            assert await server.hear(4) == b"\x04key"
            assert call.totals == Totals(from_customer=len(PICTURE), to_customer=4)

    asyncio.run(story())


def test_a_newcomer_gets_the_clipboard_and_what_has_begun() -> None:
    async def story() -> None:
        async with held(early=cut_text(b"old") + BELL) as (call, server):
            newest = cut_text(b"newest")
            await server.say(newest + cut_text(b"unfinished")[:11])
            await until(lambda: call.totals.from_customer == len(newest) + 11)
            seat = Recorder()
            call.join(seat)
            assert seat.heard == newest + cut_text(b"unfinished")[:11]
            await server.say(b"inished" + PICTURE)
            await until(lambda: seat.heard == newest + cut_text(b"unfinished") + PICTURE)

    asyncio.run(story())


def test_a_newcomer_waits_until_a_long_clipboard_has_passed() -> None:
    async def story() -> None:
        async with held() as (call, server):
            await server.say(LONG[:80_000])
            await until(lambda: call.totals.from_customer == 80_000)
            seat = Recorder()
            call.join(seat)
            assert seat.heard == b""
            await server.say(LONG[80_000:])
            await until(lambda: call.totals.from_customer == len(LONG))
            assert seat.heard == b""
            await server.say(PICTURE)
            await until(lambda: seat.heard == PICTURE)

    asyncio.run(story())


def test_a_server_that_speaks_out_of_turn_ends_the_call() -> None:
    async def story() -> None:
        async with held() as (call, server):
            await server.say(PICTURE)
            assert await reason(call) == "The VNC server sends message 0 before anybody asked for anything."

    asyncio.run(story())


def test_a_flood_of_messages_is_read_slowly_while_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "MAX_PAUSE_SECONDS", 0.05)
    flood = cut_text(b"") * 50_000

    async def story() -> None:
        async with held() as (call, server):
            saying = asyncio.create_task(server.say(flood))
            await until(lambda: not call._line._transport.is_reading())
            await until(lambda: call.totals.from_customer == len(flood))
            await saying
            seat = Recorder()
            call.join(seat)
            call.pause()
            # The slowed reading goes on by a timer, which must not wake a side that the seat has paused.
            call._read_on()
            assert not call._line._transport.is_reading()
            call.resume()
            await server.say(PICTURE)
            await until(lambda: seat.heard.endswith(PICTURE))

    asyncio.run(story())


def test_what_came_early_is_followed_too() -> None:
    async def story() -> None:
        async with held(early=b"\x07") as (call, _server):
            assert (await reason(call)).startswith("The VNC server sends message 7")

    asyncio.run(story())


@pytest.mark.parametrize("how", ["finish", "leave"])
def test_a_server_hangs_up(how: str) -> None:
    async def story() -> None:
        async with held() as (call, server):
            if how == "finish":
                server.finish()
            else:
                await server.leave()
            assert await reason(call) == HUNG_UP

    asyncio.run(story())


def test_a_servers_last_words_reach_the_seat_before_its_end() -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = Recorder()
            call.join(seat)
            await server.say(PICTURE)
            server.finish()
            await until(lambda: "finish" in seat.told)
            assert seat.heard == PICTURE
            assert not call.over.done()
            call.finish()
            assert await reason(call) == HUNG_UP

    asyncio.run(story())


def test_a_technician_leaves_and_the_server_says_goodbye() -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = Recorder()
            call.join(seat)
            call.finish()
            assert await server.hear_all() == b""
            assert not call.over.done()
            await server.leave()
            assert await reason(call) == TECHNICIAN_LEFT

    asyncio.run(story())


def test_a_server_that_does_not_say_goodbye_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_module, "LINGER_SECONDS", 0.01)

    async def story() -> None:
        async with held() as (call, _server):
            call.join(Recorder())
            call.finish()
            assert await reason(call) == TECHNICIAN_LEFT

    asyncio.run(story())


def test_a_newcomer_that_leaves_before_it_joined_leaves_the_call() -> None:
    async def story() -> None:
        async with held(early=LONG[:80_000]) as (call, server):
            seat = Recorder()
            call.join(seat)
            call.leave(seat)
            await server.say(LONG[80_000:] + BELL)
            await until(lambda: call.totals.from_customer == len(LONG) - 80_000 + 1)
            assert seat.heard == b""
            assert not call.over.done()

    asyncio.run(story())


def test_a_full_side_pauses_the_other() -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = Recorder()
            call.join(seat)
            sent = 0
            while "pause" not in seat.told:
                call.send(bytes(65536))
                sent += 65536
                await asyncio.sleep(0)
            await server.hear(sent)
            await until(lambda: seat.told == ["pause", "resume"])

    asyncio.run(story())


def test_a_paused_call_is_not_read() -> None:
    async def story() -> None:
        async with held() as (call, server):
            seat = Recorder()
            call.join(seat)
            call.pause()
            await server.say(PICTURE)
            for _ in range(20):
                await asyncio.sleep(0)
            assert seat.heard == b""
            call.resume()
            await until(lambda: seat.heard == PICTURE)

    asyncio.run(story())


def test_the_first_reason_counts() -> None:
    async def story() -> None:
        async with held() as (call, server):
            call.end("one")
            call.end("two")
            await server.leave()
            assert await reason(call) == "one"

    asyncio.run(story())


def test_hanging_up_closes_both_legs() -> None:
    async def story() -> None:
        async with held(early=LONG[:80_000]) as (call, server):
            newcomer = Recorder()
            call.join(newcomer)
            call.hang_up()
            assert await server.hear_all() == b""
            assert newcomer.told == ["leave"]

    asyncio.run(story())
