from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from reverse_listener.call import Call
from reverse_listener.line import Line
from reverse_listener.seat import Place, Seat
from rfb.encodings import NOVNC_FORMAT, set_encodings, set_pixel_format, update_request
from sessions.matching import Claims
from tests.unit.reverse_listener.helpers import DESKTOP, PATIENCE, Peer, connected, until
from tests.unit.rfb.pictures import rectangle, update

HELLO = set_pixel_format(NOVNC_FORMAT) + set_encodings([7, -26, -254]) + update_request(1024, 768, incremental=False)
KEY = b"\x04\x01\0\0\0\0\0\x41"
UP = b"\x04\0\0\0\0\0\0\x41"
PICTURE = update(rectangle(0, 0, 1, 1, 0, b"abcd"))


@contextlib.asynccontextmanager
async def greeted() -> AsyncIterator[tuple[Call, Peer, Line, Peer]]:
    """A call, its server, and a technician's line and browser that have just greeted."""
    async with connected() as (line, server), connected() as (technicians_line, technician):
        yield Call(line, DESKTOP, Claims("127.0.0.1")), server, technicians_line, technician


async def asked(server: Peer) -> bytes:
    """All that the server was told up to the request for a whole picture."""
    heard = b""
    while not heard.endswith(update_request(1024, 768, incremental=False)):
        heard += await server.hear_some()
    return heard


def test_a_seat_takes_part_from_its_first_request_on() -> None:
    async def story() -> None:
        async with greeted() as (call, server, line, technician):
            seat = Seat(line, call, DESKTOP)
            call.set_control(seat)
            seat.join(HELLO[:30])
            await server.say(PICTURE)
            await until(lambda: call.totals.from_customer == len(PICTURE))
            assert not call.has_seats
            await technician.say(HELLO[30:])
            await asked(server)
            assert seat.levels == (6, 2)
            await server.say(PICTURE)
            assert await technician.hear(len(PICTURE)) == PICTURE

    asyncio.run(story())


def test_what_a_seat_that_leaves_holds_down_is_let_go_of() -> None:
    async def story() -> None:
        async with greeted() as (call, server, line, technician):
            seat = Seat(line, call, DESKTOP)
            call.set_control(seat)
            seat.join(HELLO)
            await asked(server)
            await technician.say(KEY)
            assert await server.hear(len(KEY)) == KEY
            await technician.leave()
            await asyncio.wait_for(seat.over, PATIENCE)
            assert await server.hear(len(UP)) == UP
            assert not call.over.done()

    asyncio.run(story())


@pytest.mark.parametrize("nonsense", [b"\x63", set_pixel_format(NOVNC_FORMAT)[:-1] + b"\x01\x01"])
def test_a_viewer_that_is_not_novnc_loses_its_seat_and_the_call_goes_on(nonsense: bytes) -> None:
    async def story() -> None:
        async with greeted() as (call, _server, line, technician):
            seat = Seat(line, call, DESKTOP)
            seat.join(b"")
            await technician.say(nonsense if nonsense == b"\x63" else b"\x00\0\0\0" + bytes([8]) + bytes(15))
            await asyncio.wait_for(seat.over, PATIENCE)
            assert not call.over.done()

    asyncio.run(story())


@pytest.mark.parametrize("how", ["finish", "leave"])
def test_a_viewer_that_leaves_before_it_takes_part_leaves_the_call_alone(how: str) -> None:
    async def story() -> None:
        async with greeted() as (call, _server, line, technician):
            seat = Seat(line, call, DESKTOP)
            seat.join(HELLO[:30])
            if how == "finish":
                technician.finish()
            else:
                await technician.leave()
            await asyncio.wait_for(seat.over, PATIENCE)
            assert not call.over.done()
            assert not call.has_seats

    asyncio.run(story())


def test_a_viewer_that_has_left_while_it_greeted_is_over_at_once() -> None:
    async def story() -> None:
        async with greeted() as (call, _server, line, technician):
            await technician.leave()
            seat = Seat(line, call, DESKTOP)
            seat.join(b"")
            await asyncio.wait_for(seat.over, PATIENCE)
            assert not call.over.done()

    asyncio.run(story())


def test_a_place_gives_and_takes_control_as_people_decide() -> None:
    async def story() -> None:
        async with greeted() as (call, _server, line, _technician):
            place = Place(line, call, "watch")
            seat = Seat(line, call, DESKTOP)
            place.sit(seat)
            assert call.control is None
            place.set_mode("control")
            assert call.control is seat
            place.set_mode("watch")
            assert call.control is None

    asyncio.run(story())


def test_control_that_was_given_during_the_greeting_counts_after_it() -> None:
    async def story() -> None:
        async with greeted() as (call, _server, line, _technician):
            place = Place(line, call, "watch")
            place.set_mode("control")
            seat = Seat(line, call, DESKTOP)
            place.sit(seat)
            assert call.control is seat

    asyncio.run(story())
