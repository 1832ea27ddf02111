from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from reverse_listener import ledger, rounds
from sessions.clock import utc_now
from sessions.sign_ins import SignInRegister
from tests.unit.reverse_listener.conftest import House, MakeHouse
from tests.unit.reverse_listener.helpers import until
from tests.unit.reverse_listener.test_desk import call_in
from tests.unit.reverse_listener.test_door import greet


@contextlib.asynccontextmanager
async def walking(here: House) -> AsyncIterator[None]:
    walk = asyncio.create_task(here.rounds.walk())
    try:
        yield
    finally:
        walk.cancel()
        await asyncio.wait([walk])


def test_a_sign_of_life(house: MakeHouse) -> None:
    async def story() -> None:
        async with house() as here, walking(here):
            begun = here.listeners.seen()
            await until(lambda: here.listeners.seen() != begun)

    asyncio.run(story())


def test_audit_rows_that_are_too_old_are_deleted_beside_the_rounds(house: MakeHouse) -> None:
    async def story() -> None:
        async with house(audit_days=30) as here:
            here.installation.change(
                "INSERT INTO events (at, kind, actor, details) VALUES ('2020-01-01', 'created', 'anna', '{}')"
            )
            async with walking(here):
                await until(lambda: not here.installation.rows("SELECT 1 FROM events WHERE at < '2021-01-01'"))
            assert here.installation.rows("SELECT details FROM events WHERE kind = 'audit_pruned'")

    asyncio.run(story())


def test_a_database_in_trouble_is_told_once_and_what_it_missed_is_made_up_for(
    house: MakeHouse, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with house() as here, walking(here), here.caller() as peer:
            await greet(peer)
            await until(here.installation.calls.parked)
            # A database that answers with errors, as one whose disk is full or whose server restarts.
            here.installation.change("ALTER TABLE calls RENAME TO elsewhere")
            await peer.leave()
            await until(lambda: not len(here.desk))
            await until(lambda: "trying on" in caplog.text)
            here.installation.change("ALTER TABLE elsewhere RENAME TO calls")
            await until(lambda: "answers again" in caplog.text)
            await until(lambda: not here.installation.open_calls())
            (row,) = here.installation.rows("SELECT state, reason FROM calls")
            assert tuple(row.values()) == ("lost", "The customer's computer hung up.")

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    words = [record.getMessage() for record in caplog.records if record.name == "reverse_listener.rounds"]
    assert len(words) == 2


def test_a_seat_left_while_the_database_is_gone_for_longer_than_anybody_waits_is_free_afterwards(
    house: MakeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "TRIES", 1)
    monkeypatch.setattr(ledger, "TRY_AGAIN_SECONDS", 0.0)

    async def story() -> None:
        async with house() as here, walking(here), here.caller() as peer:
            new = here.installation.session()
            await call_in(peer, new, b"desk")
            await until(lambda: here.installation.is_held(new))
            port = here.installation.tickets.spend(
                here.installation.tickets.issue(new.session.id, here.installation.admin).token
            ).port
            _reader, technician = await asyncio.open_connection("127.0.0.1", port)
            await until(lambda: here.installation.rows("SELECT 1 FROM seats"))
            here.installation.change("ALTER TABLE seats RENAME TO elsewhere")
            technician.close()
            await until(lambda: not here.desk.is_shared)
            here.installation.change("ALTER TABLE elsewhere RENAME TO seats")
            await until(lambda: here.installation.rows("SELECT 1 FROM seats WHERE left_at IS NOT NULL"))
            await until(lambda: here.installation.state(new) == "connected")
            assert here.installation.is_held(new)

    asyncio.run(story())


def test_sign_ins_that_nobody_used_for_too_long_are_forgotten(house: MakeHouse) -> None:
    async def story() -> None:
        async with house() as here:
            long_ago = SignInRegister(here.installation.engine, lambda: utc_now() - timedelta(days=2))
            long_ago.begin(here.installation.admin.id, "password", "198.51.100.1", "Firefox")
            SignInRegister(here.installation.engine).begin(here.installation.admin.id, "password", "", "Opera")
            async with walking(here):
                await until(
                    lambda: (
                        [dict(row) for row in here.installation.rows("SELECT browser FROM sign_ins")]
                        == [{"browser": "Opera"}]
                    )
                )

    asyncio.run(story())


def test_a_claim_made_between_two_rounds_is_carried_out(house: MakeHouse) -> None:
    async def story() -> None:
        async with house() as here, here.caller() as peer:
            await greet(peer)
            (call,) = await _parked(here)
            new = here.installation.session()
            here.installation.calls.claim(call.id, new.session.id, here.installation.admin)
            async with walking(here):
                await until(lambda: here.installation.is_held(new))

    asyncio.run(story())


def test_a_session_that_ends_between_arrival_and_hold_gets_no_call(house: MakeHouse) -> None:
    async def story() -> None:
        async with house() as here, here.caller() as peer:
            await greet(peer)
            (call,) = await _parked(here)
            new = here.installation.session()
            here.installation.calls.claim(call.id, new.session.id, here.installation.admin)
            here.installation.sessions.end(new.session.id, here.installation.admin)
            async with walking(here):
                assert await peer.hear_all() == b""
                await until(lambda: not here.installation.open_calls())
            assert here.installation.state(new) == "closed"
            assert here.installation.call_row(new)["reason"] == "The session ended."

    asyncio.run(story())


async def _parked(here: House) -> list:  # type: ignore[type-arg]
    await until(here.installation.calls.parked)
    return here.installation.calls.parked()


def browsers(here: House) -> list[str]:
    return [row["browser"] for row in here.installation.rows("SELECT browser FROM sign_ins")]


def test_what_is_news_waits_for_no_round(house: MakeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "ROUND_SECONDS", 3600)

    async def story() -> None:
        async with house() as here, here.caller() as peer, walking(here):
            await greet(peer)
            (call,) = await _parked(here)
            new = here.installation.session()
            here.installation.calls.claim(call.id, new.session.id, here.installation.admin)
            await asyncio.to_thread(here.rounds.wake)
            await until(lambda: here.installation.is_held(new))

    asyncio.run(story())
