"""Two listeners on one register: the dead are buried, limits are shared, and whoever calls elsewhere is served."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from reverse_listener import desk as desk_module
from reverse_listener.neighbours import DOUBTED_LOOKS, GONE_SILENT, MOST_LOOKS, Neighbours
from sessions.call_values import Arrival
from sessions.calls import CallRegister
from sessions.listeners import ListenerRegister
from sessions.matching import Claims, MatchedBy, Said
from sessions.views import NewSession
from tests.unit.reverse_listener.conftest import House, MakeHouse
from tests.unit.reverse_listener.helpers import until
from tests.unit.reverse_listener.test_desk import call_in, held

HOME = "198.51.100.7"


class Other:
    """Another node's listener, as far as its rows go."""

    def __init__(self, here: House) -> None:
        self.listeners = ListenerRegister(here.installation.engine)
        self.number = self.listeners.begin("other")
        self.calls = CallRegister(here.installation.engine, listener_id=self.number)

    def hold(self, new: NewSession) -> int:
        claims = Claims(HOME, (Said(MatchedBy.ID, new.code),))
        placed = self.calls.arrived(Arrival(claims, "old", 640, 480))
        assert self.calls.hold(placed.call_id, 40001)
        return placed.call_id


def neighbours(here: House) -> Neighbours:
    return Neighbours(here.ledger, here.door, here.desk)


def test_one_that_gives_no_sign_of_life_is_buried_whatever_its_clock_says(house: MakeHouse) -> None:
    async def story() -> None:
        async with house() as here:
            other, look = Other(here), neighbours(here).look
            new = here.installation.session()
            other.hold(new)
            here.installation.change("UPDATE listeners SET seen_at = '2001-01-01' WHERE id = :id", id=other.number)
            for _ in range(MOST_LOOKS):
                await look()
            assert held(here, new) == "old"
            await look()
            assert here.installation.state(new) == "waiting"
            assert here.installation.call_row(new)["reason"] == GONE_SILENT
            assert not other.listeners.is_here(other.number)

    asyncio.run(story())


def test_one_that_lives_is_left_alone(house: MakeHouse) -> None:
    async def story() -> None:
        async with house() as here:
            other, look = Other(here), neighbours(here).look
            for number in range(2 * MOST_LOOKS):
                await look()
                if number % DOUBTED_LOOKS == 0:
                    assert other.listeners.is_here(other.number)

    asyncio.run(story())


def test_calls_elsewhere_count_for_the_limit_of_an_address(house: MakeHouse) -> None:
    async def story() -> None:
        async with house(max_per_address=2) as here:
            other = Other(here)
            for _ in range(2):
                other.calls.arrived(Arrival(Claims("127.0.0.1"), "PC", 1, 1))
            await neighbours(here).look()
            async with here.caller() as peer:
                assert await peer.hear_all() == b""

    asyncio.run(story())


@contextlib.asynccontextmanager
async def called_again(house: MakeHouse) -> AsyncIterator[tuple[House, Other, NewSession]]:
    """Another listener holds a session's call, and its computer has called here."""
    async with house() as here, here.caller() as peer:
        other, new = Other(here), here.installation.session()
        other.hold(new)
        await call_in(peer, new, b"new")
        await until(lambda: len(here.desk) == 1)
        yield here, other, new


def test_a_silent_listeners_computer_that_calls_here_is_served_soon(house: MakeHouse) -> None:
    async def story() -> None:
        async with called_again(house) as (here, other, new):
            look = neighbours(here).look
            for _ in range(DOUBTED_LOOKS + 1):
                await look()
            await until(lambda: held(here, new) == "new")
            assert other.listeners.is_here(other.number)

    asyncio.run(story())


def test_a_living_listeners_call_stays_until_that_one_ends_it(house: MakeHouse) -> None:
    async def story() -> None:
        async with called_again(house) as (here, other, new):
            await neighbours(here).look()
            (call_id,) = other.calls.contested()
            assert held(here, new) == "old"
            other.calls.lost(call_id, "Nobody was there any more.")
            await until(lambda: held(here, new) == "new")

    asyncio.run(story())


@pytest.mark.parametrize("answers", [True, False])
def test_a_call_that_is_doubted_elsewhere_is_asked_here(
    house: MakeHouse, monkeypatch: pytest.MonkeyPatch, *, answers: bool
) -> None:
    monkeypatch.setattr(desk_module, "ELSEWHERE_SECONDS", 0)

    async def story() -> None:
        async with house() as here, here.caller() as peer:
            new = here.installation.session()
            await call_in(peer, new, b"here")
            await until(lambda: held(here, new) == "here")
            (call,) = here.desk._calls.values()

            async def asked() -> bool:
                return answers

            monkeypatch.setattr(call, "answers", asked)
            claims = Claims(HOME, (Said(MatchedBy.ID, new.code),))
            assert Other(here).calls.arrived(Arrival(claims, "elsewhere", 1, 1)).rival == call.id
            await neighbours(here).look()
            if not answers:
                assert await peer.hear_all() is not None
                await until(lambda: held(here, new) is None)
            await until(lambda: not len(here.desk._contests))
            assert held(here, new) == ("here" if answers else None)

    asyncio.run(story())


def test_a_listener_that_was_declared_gone_goes_round_no_more(house: MakeHouse) -> None:
    async def story() -> None:
        async with house() as here:
            (own,) = here.listeners.present()
            here.listeners.gone(own.id, GONE_SILENT)
            async with asyncio.timeout(timedelta(seconds=30).total_seconds()):
                await here.rounds.walk()
            assert here.rounds.declared_gone

    asyncio.run(story())
