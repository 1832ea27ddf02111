"""`house`: door, desk, ledger and rounds of a listener in this process, over a fresh database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reverse_listener.archive import Archive
from reverse_listener.desk import Desk
from reverse_listener.door import Door
from reverse_listener.greeting import Deadlines, Terms
from reverse_listener.ledger import Ledger
from reverse_listener.rounds import Rounds
from sessions.audit import AuditRegister
from sessions.calls import CallRegister
from sessions.listeners import ListenerRegister
from sessions.recordings import RecordingRegister
from sessions.settings import Address, Recordings
from sessions.sign_ins import SignInRegister
from tests.processes import Installation, installed
from tests.unit.reverse_listener.helpers import Peer


@dataclass
class House:
    """A listener whose parts can be asked."""

    installation: Installation
    listeners: ListenerRegister
    ledger: Ledger
    desk: Desk
    door: Door
    rounds: Rounds
    archive: Archive
    address: Address

    @contextlib.asynccontextmanager
    async def caller(self) -> AsyncIterator[Peer]:
        """Somebody who has dialled and said nothing."""
        peer = Peer(*await asyncio.open_connection(self.address.host, self.address.port))
        try:
            yield peer
        finally:
            await peer.leave()


TERMS = Terms(Deadlines(5, 5))
MakeHouse = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path) as made:
        yield made


@pytest.fixture
def house(installation: Installation) -> MakeHouse:
    @contextlib.asynccontextmanager
    async def make(
        max_calls: int = 10,
        max_per_address: int = 10,
        terms: Terms = TERMS,
        audit_days: int | None = None,
        recordings: Recordings | None = None,
    ) -> AsyncIterator[House]:
        forgetful = [SignInRegister(installation.engine).forget_stale]
        listeners = ListenerRegister(installation.engine)
        number = listeners.begin("main")
        ledger = Ledger(
            number,
            calls=CallRegister(installation.engine, vault=installation.settings.vault(), listener_id=number),
            listeners=listeners,
            sessions=installation.sessions,
            audit=AuditRegister(installation.engine),
            forgetful=forgetful,
            audit_days=audit_days,
        )
        desk = Desk(ledger)
        settings = recordings or installation.settings.recordings
        archive = Archive(desk, RecordingRegister(installation.engine, policy=settings.policy), settings)
        door = Door(desk, ledger, terms, max_calls, max_per_address)
        (address,) = door.open(Address("127.0.0.1", 0))
        door.accept()
        try:
            yield House(
                installation, listeners, ledger, desk, door, Rounds(desk, door, ledger, archive), archive, address
            )
        finally:
            await archive.close()
            await door.close()

    return make
