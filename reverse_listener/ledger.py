"""The register's verbs, awaited: each runs in a thread, so that a waiting database never stops the sockets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from meters import catalogue
from sessions.audit import AuditRegister
from sessions.call_values import Arrival, Decision, Facts, Patience, Placement, TakenSeat, Totals, VncPassword
from sessions.calls import CallRegister
from sessions.listeners import ListenerRegister, ListenerView
from sessions.matching import Claims
from sessions.register import SessionRegister

Arguments = TypeVarTuple("Arguments")
Answer = TypeVar("Answer")

# SQLite has one writer at a time; more threads would only wait together.
THREADS = 4
# A database that is started again is back within seconds; for a minute a caller waits for it.
TRIES, TRY_AGAIN_SECONDS = 240, 0.25

log = logging.getLogger(__name__)


class Ledger:
    """What the listener with the number `listener_id` reads from and writes to the register.

    `waiting` is how many verbs it waits for.
    """

    def __init__(
        self,
        listener_id: int,
        *,
        calls: CallRegister,
        listeners: ListenerRegister,
        sessions: SessionRegister,
        audit: AuditRegister,
        forgetful: Sequence[Callable[[], int]] = (),
        audit_days: int | None = None,
    ) -> None:
        self._calls = calls
        self._listeners = listeners
        self._listener_id = listener_id
        self._sessions = sessions
        self._audit = audit
        self._audit_days = audit_days
        self._forgetful = forgetful
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="ledger")
        self._seats_left: set[int] = set()
        self._tries = TRIES
        self.waiting = 0

    def hurry(self) -> None:
        """Wait for no database any more: what is not written down now is made up for by whoever starts next."""
        self._tries = 0

    async def judge(self, claims: Claims) -> Patience:
        """See CallRegister.judge."""
        return await self._insist(self._calls.judge, claims)

    async def password_for(self, claims: Claims) -> VncPassword | None:
        """See CallRegister.password_for."""
        return await self._insist(self._calls.password_for, claims)

    async def arrived(self, arrival: Arrival) -> Placement:
        """See CallRegister.arrived."""
        return await self._insist(self._calls.arrived, arrival)

    async def succeed(self, call_id: int, rival: int) -> str | None:
        """See CallRegister.succeed."""
        return await self._insist(self._calls.succeed, call_id, rival)

    async def refuse(self, address: str, reason: str) -> None:
        """See CallRegister.refuse."""
        await self._insist(self._calls.refuse, address, reason)

    async def hold(self, call_id: int, port: int) -> bool:
        """See CallRegister.hold."""
        return await self._run(self._calls.hold, call_id, port)

    async def take_seat(self, call_id: int) -> TakenSeat | None:
        """See CallRegister.take_seat."""
        return await self._insist(self._calls.take_seat, call_id)

    async def seats_to_end(self) -> list[int]:
        """See CallRegister.seats_to_end."""
        return await self._run(self._calls.seats_to_end)

    async def modes(self) -> dict[int, str]:
        """See CallRegister.modes."""
        return await self._run(self._calls.modes)

    async def describe(self, call_id: int, facts: Facts) -> None:
        """See CallRegister.describe."""
        await self._run(self._calls.describe, call_id, facts)

    async def seat_left(self, seat_id: int) -> None:
        """See CallRegister.seat_left; where the database is gone for too long, `report` writes it down."""
        try:
            await self._insist(self._calls.seat_left, seat_id)
        except SQLAlchemyError:
            self._seats_left.add(seat_id)
            log.warning("the database does not answer: that seat %d was left is written down later", seat_id)

    async def report(self) -> None:
        """Write down which seats were left while the database was gone: else they would be taken for ever."""
        for seat_id in sorted(self._seats_left):
            await self._run(self._calls.seat_left, seat_id)
            self._seats_left.discard(seat_id)

    async def lost(self, call_id: int, reason: str, totals: Totals) -> None:
        """See CallRegister.lost."""
        await self._run(self._calls.lost, call_id, reason, totals)

    async def forget(self, reason: str) -> int:
        """See CallRegister.forget."""
        return await self._run(self._calls.forget, reason)

    async def bury(self, listener: ListenerView, reason: str) -> int | None:
        """See ListenerRegister.bury."""
        return await self._run(self._listeners.bury, listener, reason)

    async def others(self) -> list[ListenerView]:
        """See ListenerRegister.present; without this listener."""
        present = await self._run(self._listeners.present)
        return [one for one in present if one.id != self._listener_id]

    async def calls_elsewhere(self) -> dict[str, int]:
        """See CallRegister.elsewhere."""
        return await self._run(self._calls.elsewhere)

    async def give_up(self, listener_id: int, reason: str) -> int:
        """See CallRegister.give_up."""
        return await self._run(self._calls.give_up, listener_id, reason)

    async def contested(self) -> dict[int, int]:
        """See CallRegister.contested."""
        return await self._run(self._calls.contested)

    async def decisions(self) -> list[Decision]:
        """See CallRegister.decisions."""
        return await self._run(self._calls.decisions)

    async def is_here(self) -> bool:
        """See ListenerRegister.is_here."""
        return await self._run(self._listeners.is_here, self._listener_id)

    async def drain(self) -> None:
        """See ListenerRegister.drain; it is this listener that drains."""
        await self._run(self._listeners.drain, self._listener_id)

    async def leave(self, reason: str) -> None:
        """See ListenerRegister.gone; it is this listener that goes."""
        await self._run(self._listeners.gone, self._listener_id, reason)

    async def expire(self) -> int:
        """See SessionRegister.expire."""
        return await self._run(self._sessions.expire)

    async def prune(self) -> int:
        """See AuditRegister.prune; where rows are kept forever, nothing."""
        return await self._run(self._audit.prune, self._audit_days) if self._audit_days else 0

    async def tidy(self) -> None:
        """Let the registers of people forget what is over: `SignInRegister.forget_stale`, `TryRegister.forget_old`."""
        for verb in self._forgetful:
            await self._run(verb)

    async def _insist(self, verb: Callable[[*Arguments], Answer], *arguments: *Arguments) -> Answer:
        """Run what nobody will ask for a second time, until the database has done it or has been gone for too long.

        A verb that failed has done nothing (`Register`), so it may be tried again.
        """
        tried = 0
        while tried < self._tries:
            try:
                return await self._run(verb, *arguments)
            except (OperationalError, InterfaceError) as error:
                if tried == 0:
                    log.info("the database does not answer, trying on: %s", error)
                tried += 1
                await asyncio.sleep(TRY_AGAIN_SECONDS)
        return await self._run(verb, *arguments)

    async def _run(self, verb: Callable[[*Arguments], Answer], *arguments: *Arguments) -> Answer:
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.waiting += 1
        try:
            return await loop.run_in_executor(self._threads, verb, *arguments)
        finally:
            self.waiting -= 1
            catalogue.VERB.observe(loop.time() - began)
