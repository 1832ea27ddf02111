"""The calls this listener has open: parked, held, and sent home.

Each call is kept by one coroutine, from its arrival to its row's last update; whatever ends it, the cleaning up is in
one place.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from meters import catalogue
from reverse_listener.call import Call
from reverse_listener.ledger import Ledger
from reverse_listener.line import Line
from reverse_listener.seat import CONTROL, Place, admit
from reverse_listener.tasks import Tasks
from sessions import logs
from sessions.call_values import Arrival, Decision, Facts, Fate, Placement, Totals
from sessions.tickets import LOOPBACK

SESSION_ENDED = "The session ended."
REPLACED = "Replaced by a newer call of the same computer."
# For as long as it takes until a dead listener is declared gone, and some seconds more.
ELSEWHERE_TRIES, ELSEWHERE_SECONDS = 60, 0.5
STOPPED = "The listener was stopped."
# Connections to one loopback port that wait for the register's word: websockify makes one for each ticket.
MAX_NEWCOMERS = 8

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """What was done for calls since the listener started: bytes each way, and seconds of following."""

    from_customer: int = 0
    to_customer: int = 0
    follow_seconds: float = 0.0

    def plus(self, call: Call) -> Work:
        """The same, and what was done for this call."""
        totals = call.totals
        return Work(
            self.from_customer + totals.from_customer,
            self.to_customer + totals.to_customer,
            self.follow_seconds + call.follow_seconds,
        )


@dataclass(frozen=True, slots=True)
class _Report:
    reason: str
    totals: Totals


class Desk:
    """Keeps calls, and carries out what people decide about them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._calls: dict[int, Call] = {}
        self._told: dict[int, Facts] = {}
        self._ports: dict[int, _Port] = {}
        self._settled: dict[int, asyncio.Event] = {}
        self._contests = Tasks()
        self._proven: dict[int, int] = {}
        self._unreported: dict[int, _Report] = {}
        self._places: dict[int, Place] = {}
        self._past = Work()

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def work(self) -> Work:
        """What was done for all calls, those included that are over."""
        done = self._past
        for call in self._calls.values():
            done = done.plus(call)
        return done

    @property
    def under_way(self) -> int:
        """Bytes that technicians' browsers have not taken yet."""
        return sum(place.line.under_way for place in self._places.values())

    def find(self, call_id: int) -> Call | None:
        """A call that is open, by its number."""
        return self._calls.get(call_id)

    async def keep(self, call: Call) -> None:
        """Keep a greeted call until it is over."""
        with logs.about(call.subject):
            await self._keep(call)

    async def _keep(self, call: Call) -> None:
        reason = STOPPED
        placement = await self._arrive(call)
        catalogue.ARRIVED.add(placement.matched_by or "none")
        call.id = call.subject.call = placement.call_id
        call.subject.session = placement.session_id
        self._calls[call.id] = call
        self._settled[call.id] = asyncio.Event()
        log.info("call %d from %s: %s", call.id, call.claims.address, "matched" if placement.session_id else "parked")
        try:
            if placement.session_id and not call.over.done():
                await self._hold(call)
            if placement.rival is not None:
                self._contests.start(self._contend(call, placement.rival), f"call {call.id} against its rival")
            reason = await call.over
        finally:
            await self._retire(call, reason)

    async def _arrive(self, call: Call) -> Placement:
        arrival = Arrival(call.claims, call.desktop.name, call.desktop.width, call.desktop.height, call.is_encrypted)
        arriving = asyncio.ensure_future(self._ledger.arrived(arrival))
        try:
            return await asyncio.shield(arriving)
        except asyncio.CancelledError:
            # Its row is being written; once it is, it must be told its end like any other.
            call.end(STOPPED)
            return await arriving

    async def carry_out(self, decision: Decision) -> None:
        """Do what was decided about one call; a call that is gone already needs nothing."""
        call = self._calls.get(decision.call_id)
        if call is None:
            return
        call.subject.session = decision.session_id
        if decision.fate is Fate.END:
            call.end(SESSION_ENDED)
            return
        with logs.about(call.subject):
            await self._hold(call)

    def dismiss(self, seat_id: int) -> None:
        """End a seat: its technician may no longer have it. One that is gone already needs nothing."""
        place = self._places.get(seat_id)
        if place:
            with logs.about(place.call.subject):
                log.info("seat %d was ended by a decision", seat_id)
            place.line.abort()

    @property
    def is_shared(self) -> bool:
        """Whether anybody sits anywhere, so that control may pass from one to another."""
        return bool(self._places)

    def set_modes(self, modes: Mapping[int, str]) -> None:
        """Give control to whom people gave it. Those who lose it are told first: nobody shares it for a moment."""
        changed = [(place, modes[seat_id]) for seat_id, place in self._places.items() if seat_id in modes]
        for place, mode in sorted(changed, key=lambda change: change[1] == CONTROL):
            place.set_mode(mode)

    async def tell_facts(self) -> None:
        """Write down what has changed about the calls that are here: their desktops, and whether one can come back."""
        for call in list(self._calls.values()):
            facts = call.facts
            if self._told.get(call.id) != facts:
                await self._ledger.describe(call.id, facts)
                self._told[call.id] = facts

    async def report(self) -> None:
        """Write down the calls that are over; what the database does not take now is tried again."""
        while self._unreported:
            # Taken out first: many calls may end at once, and each of them comes here.
            call_id, report = self._unreported.popitem()
            try:
                await self._ledger.lost(call_id, report.reason, report.totals)
            except BaseException:
                self._unreported[call_id] = report
                raise
            self._settled.pop(call_id).set()

    async def _contend(self, call: Call, rival_id: int) -> None:
        """Let a call that is parked as its session's second take the place of the first, if nobody is there any more.

        Meanwhile it is a parked call like any other: it may hang up, or be claimed.
        """
        rival = self._calls.get(rival_id)
        is_ours = rival_id in self._settled
        if rival and await rival.answers():
            log.info("call %d stays parked: call %d of the same session answers", call.id, rival_id)
            return
        if rival:
            rival.end(REPLACED)
        if rival_id in self._settled:
            await self._settled[rival_id].wait()
        if is_ours:
            await self._succeed(call, rival_id)
            return
        # It is at another listener, which asks it (`prove`), or is dead and declared gone soon.
        for _ in range(ELSEWHERE_TRIES):
            if call.id not in self._calls or await self._succeed(call, rival_id):
                return
            await asyncio.sleep(ELSEWHERE_SECONDS)

    async def _succeed(self, call: Call, rival_id: int) -> bool:
        heir = await self._ledger.succeed(call.id, rival_id) if call.id in self._calls else None
        if heir is None:
            return False
        call.subject.session = heir
        log.info("call %d replaces call %d", call.id, rival_id)
        await self._hold(call)
        return True

    def prove(self, call_id: int, second: int) -> None:
        """End a call whose session has a second one at another listener, if nobody is there any more."""
        call = self._calls.get(call_id)
        if call and self._proven.get(call_id) != second:
            # Once for each that doubts it: who dials again and again is never told what was true before.
            self._proven[call_id] = second
            self._contests.start(self._prove(call, second), f"proof of call {call_id}")

    async def _prove(self, call: Call, second: int) -> None:
        if await call.answers():
            log.info("call %d of the same session, at another listener, stays parked: call %d answers", second, call.id)
        else:
            call.end(REPLACED)

    async def _hold(self, call: Call) -> None:
        if call.id in self._ports:
            return
        port = self._ports[call.id] = _Port(call, self._ledger, self._places)
        held = False
        try:
            number = await port.open()
            held = await self._ledger.hold(call.id, number)
            log.info("call %d %s on port %d", call.id, "is held" if held else "cannot be held", number)
        except (SQLAlchemyError, OSError):
            # It stays parked, its session written down: the next round tries again.
            log.exception("call %d cannot be held yet", call.id)
        finally:
            if not held:
                # Its call may have been retired meanwhile, and the port with it, before it was open.
                self._ports.pop(call.id, None)
                await port.close()

    async def _retire(self, call: Call, reason: str) -> None:
        del self._calls[call.id]
        self._told.pop(call.id, None)
        self._proven.pop(call.id, None)
        call.hang_up()
        self._past = self._past.plus(call)
        log.info("call %d is over: %s", call.id, reason)
        await self._close_port(call.id)
        self._unreported[call.id] = _Report(reason, call.totals)
        try:
            await self.report()
        except SQLAlchemyError:
            log.exception("call %d: its end could not be written down yet", call.id)

    async def _close_port(self, call_id: int) -> None:
        port = self._ports.pop(call_id, None)
        if port:
            await port.close()


class _Port:
    """A held call's loopback port, and the connections that came to it."""

    def __init__(self, call: Call, ledger: Ledger, places: dict[int, Place]) -> None:
        self._call = call
        self._ledger = ledger
        self._places = places
        self._server: asyncio.Server | None = None
        self._lines: set[Line] = set()
        self._visits = Tasks()

    async def open(self) -> int:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Visitor(self), LOOPBACK, 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def knock(self, line: Line) -> None:
        if self._newcomers >= MAX_NEWCOMERS:
            line.abort()
            return
        self._visits.start(self._visit(line), f"seat at call {self._call.id}")

    @property
    def _newcomers(self) -> int:
        """How many of those who are here have no seat yet."""
        return len(self._visits) - sum(place.call is self._call for place in self._places.values())

    async def close(self) -> None:
        if self._server:
            self._server.close()
        # Seats have been told by their call; a viewer in its greeting has not.
        for line in self._lines:
            line.close()
        await self._visits.finish()

    async def _visit(self, line: Line) -> None:
        self._lines.add(line)
        try:
            await admit(line, self._call, self._ledger, self._places)
        finally:
            self._lines.discard(line)


class _Visitor(Line):
    """A line that knocks at its port as soon as it is there."""

    def __init__(self, port: _Port) -> None:
        super().__init__()
        self._port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._port.knock(self)
