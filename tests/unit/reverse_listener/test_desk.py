"""A second call of a session: whether it takes the place of the first. And a call's port, where all seats are taken."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from reverse_listener import call as call_module
from reverse_listener.desk import REPLACED
from sessions.control import MAX_SEATS
from sessions.views import CallView, NewSession
from tests.unit.reverse_listener.conftest import House, MakeHouse
from tests.unit.reverse_listener.helpers import Peer, until
from tests.unit.reverse_listener.test_door import greet


async def call_in(peer: Peer, new: NewSession, name: bytes) -> None:
    await peer.say(f"ID:{new.code}".encode().ljust(250, b"\0"))
    await greet(peer, name)


def held(here: House, new: NewSession) -> str | None:
    """The name of the computer whose call the session holds."""
    view = here.installation.is_held(new)
    return view.call.desktop if view and view.call else None


def reasons(here: House) -> list[str]:
    return [row["reason"] for row in here.installation.rows("SELECT reason FROM calls WHERE state = 'lost'")]


def second(here: House) -> CallView | None:
    return next((call for call in here.installation.calls.parked() if call.second_of), None)


def is_contested(here: House) -> bool:
    """Whether a second call waits to hear of the first."""
    return len(here.desk._contests) > 0


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> asyncio.Queue[str]:
    """What the next probes find; without an entry they wait for one."""
    found: asyncio.Queue[str] = asyncio.Queue()

    async def probe(_socket: object) -> bool:
        return await found.get() == "alive"

    monkeypatch.setattr(call_module.probe, "answers", probe)
    return found


def test_the_first_stays_while_it_answers(house: MakeHouse, answers: asyncio.Queue[str]) -> None:
    async def story() -> None:
        async with house() as here, here.caller() as first, here.caller() as newer:
            new = here.installation.session()
            await call_in(first, new, b"first")
            await until(lambda: held(here, new) == "first")
            await call_in(newer, new, b"newer")
            await until(lambda: is_contested(here))
            answers.put_nowait("alive")
            await until(lambda: not is_contested(here))
            assert held(here, new) == "first"
            assert second(here)

    asyncio.run(story())


def test_the_newer_takes_the_place_of_one_that_does_not_answer(house: MakeHouse, answers: asyncio.Queue[str]) -> None:
    async def story() -> None:
        async with house() as here, here.caller() as first, here.caller() as newer:
            new = here.installation.session()
            await call_in(first, new, b"first")
            await until(lambda: held(here, new) == "first")
            await call_in(newer, new, b"newer")
            answers.put_nowait("dead")
            await until(lambda: held(here, new) == "newer")
            assert reasons(here) == [REPLACED]
            assert await first.hear_all() is not None

    asyncio.run(story())


def test_of_several_that_ask_at_once_one_gets_the_place(house: MakeHouse, answers: asyncio.Queue[str]) -> None:
    async def story() -> None:
        async with house() as here, here.caller() as first, here.caller() as newer, here.caller() as newest:
            new = here.installation.session()
            await call_in(first, new, b"first")
            await until(lambda: held(here, new) == "first")
            for peer in (newer, newest):
                await call_in(peer, new, b"newer")
            await until(lambda: len(here.desk._contests) == 2)
            # One probe answers both.
            answers.put_nowait("dead")
            await until(lambda: not is_contested(here))
            assert held(here, new) == "newer"
            assert len(here.installation.calls.parked()) == 1
            assert reasons(here) == [REPLACED]

    asyncio.run(story())


def test_a_first_whose_end_is_not_written_yet_is_waited_for(house: MakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with house() as here, here.caller() as first, here.caller() as newer:
            new = here.installation.session()
            await call_in(first, new, b"first")
            await until(lambda: held(here, new) == "first")
            may_write, lost = asyncio.Event(), here.ledger.lost

            async def slow(*given: object) -> None:
                await may_write.wait()
                await lost(*given)  # type: ignore[arg-type]

            monkeypatch.setattr(here.ledger, "lost", slow)
            await first.leave()
            await until(lambda: len(here.desk) == 0)
            await call_in(newer, new, b"newer")
            await until(lambda: is_contested(here))
            may_write.set()
            await until(lambda: held(here, new) == "newer")

    asyncio.run(story())


@pytest.mark.parametrize("how", ["hangs up", "is claimed", "its session ends"])
def test_while_the_first_is_asked_the_second_is_a_call_like_any_other(
    house: MakeHouse, answers: asyncio.Queue[str], how: str
) -> None:
    async def story() -> None:
        async with house() as here, here.caller() as first, here.caller() as newer:
            new, other = here.installation.session(), here.installation.session()
            await call_in(first, new, b"first")
            await until(lambda: held(here, new) == "first")
            await call_in(newer, new, b"newer")
            await until(lambda: is_contested(here))
            parked = second(here)
            assert parked
            if how == "hangs up":
                await newer.leave()
                await until(lambda: not here.installation.calls.parked())
            elif how == "is claimed":
                here.installation.calls.claim(parked.id, other.session.id, here.installation.admin)
                await here.rounds._go_round(1)
                assert held(here, other) == "newer"
            else:
                here.installation.sessions.end(new.session.id, here.installation.admin)
                await here.rounds._go_round(1)
            answers.put_nowait("dead")
            await until(lambda: not is_contested(here))
            assert held(here, new) is None
            await until(lambda: reasons(here))
            assert held(here, other) == ("newer" if how == "is claimed" else None)

    asyncio.run(story())


@contextlib.asynccontextmanager
async def seated(here: House, new: NewSession, mode: str) -> AsyncIterator[bytes]:
    """A connection with a ticket just spent; what it is greeted with, which is nothing where it is turned away."""
    tickets = here.installation.tickets
    port = tickets.spend(tickets.issue(new.session.id, here.installation.admin, mode).token).port
    peer = Peer(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield await peer.hear_some()
    finally:
        await peer.leave()


def test_who_reloads_comes_back_though_all_seats_are_taken(house: MakeHouse) -> None:
    async def story() -> None:
        async with house() as here, here.caller() as peer, contextlib.AsyncExitStack() as room:
            new = here.installation.session()
            await call_in(peer, new, b"first")
            await until(lambda: held(here, new) == "first")
            for mode in ("control", *["watch"] * (MAX_SEATS - 1)):
                assert await room.enter_async_context(seated(here, new, mode)) == b"RFB 003.008\n"
            # The browser is here again before anybody knows that its former connection is over.
            assert await room.enter_async_context(seated(here, new, "control")) == b"RFB 003.008\n"

    asyncio.run(story())
