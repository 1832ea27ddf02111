"""Where customers' calls come in: accept, count, greet, and hand over to the desk.

Everything that arrives here is untrusted. There is a limit on calls in all and on calls from one address, and
whoever is over it is shut out before a byte is read. Behind a proxy that is believed an address is known only when the
proxy's header was read: until then a caller counts among all, and for no address.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from meters import catalogue
from reverse_listener.call import Call
from reverse_listener.desk import Desk
from reverse_listener.entrance import Entrance, addresses, bind
from reverse_listener.greeting import SentAway, Terms, TooSlow, Unwelcome, greet
from reverse_listener.inbox import HungUp
from reverse_listener.introduction import OnlyLooked
from reverse_listener.ledger import Ledger
from reverse_listener.line import Line
from reverse_listener.tasks import Tasks
from reverse_listener.tls import BrokenTls
from rfb import NotVnc
from sessions.call_values import GUESSING, OVER
from sessions.settings import Address

TOO_MANY_FROM_ADDRESS = "too many calls from one address (REACHBACK_MAX_CALLS_PER_ADDRESS)"
# Why callers are sent away, as it is counted.
SENT_AWAY = {GUESSING: "guessing", OVER: "session_ended", TOO_MANY_FROM_ADDRESS: "too_many_from_address"}

log = logging.getLogger(__name__)


class Door:
    """Accepts calls on any number of addresses."""

    def __init__(self, desk: Desk, ledger: Ledger, terms: Terms, max_calls: int, max_per_address: int) -> None:
        self._desk = desk
        self._ledger = ledger
        self._terms = terms
        self._max_calls = max_calls
        self._max_per_address = max_per_address
        self._present: Counter[str] = Counter()
        self._elsewhere: Counter[str] = Counter()
        self._turned_away: Counter[str] = Counter()
        self._entrance = Entrance(lambda: _Caller(self))
        self._calls = Tasks()

    def __len__(self) -> int:
        """How many callers are here, greeted or not."""
        return len(self._entrance) + len(self._calls)

    @property
    def sockets(self) -> list[socket.socket]:
        """The sockets at which calls arrive."""
        return self._entrance.sockets

    def open(self, address: Address) -> list[Address]:
        """Take `address`; answers where exactly (port 0 becomes a real one). Nobody is accepted yet. Raises OSError."""
        return self.take(bind(address))

    def take(self, sockets: list[socket.socket]) -> list[Address]:
        """Take sockets that listen already; answers where. Nobody is accepted yet."""
        self._entrance.sockets += sockets
        return addresses(sockets)

    def accept(self) -> None:
        """Accept calls on every address that was taken."""
        self._entrance.open()

    def leave(self) -> None:
        """Accept no more; the callers that are here stay, and those who come wait for whoever has the sockets next."""
        self._entrance.close()

    async def close(self) -> None:
        """Accept no more, and end the calls that are here."""
        self.leave()
        await self._calls.finish(cancel=True)

    def tell_turned_away(self) -> None:
        """Log how many callers were turned away since the last time, and why: one line, however many they were."""
        if self._turned_away:
            log.warning("turned away: %s", ", ".join(f"{count} × {why}" for why, count in self._turned_away.items()))
            self._turned_away.clear()

    def knock(self, line: _Caller) -> None:
        """A caller is here."""
        if self._present.total() + self._elsewhere.total() >= self._max_calls:
            self._turn_away(line, "too_many", "too many calls in all (REACHBACK_MAX_CALLS)")
        elif self._terms.trusts(line.peer):
            self._admit(line)
        elif self._is_full_for(line.peer):
            self._turn_away(line, "too_many_from_address", TOO_MANY_FROM_ADDRESS)
        else:
            line.counted_as = line.peer
            self._admit(line)

    def recognise(self, line: _Caller) -> None:
        """A proxy has said, or left unsaid, whose this line is. Raises SentAway where it is one too many from there."""
        if self._is_full_for(line.peer):
            raise SentAway(TOO_MANY_FROM_ADDRESS)
        self._forget(line.counted_as)
        line.counted_as = line.peer
        self._present[line.counted_as] += 1

    def _is_full_for(self, address: str) -> bool:
        return self._present[address] + self._elsewhere[address] >= self._max_per_address

    def leave_room(self, elsewhere: Mapping[str, int]) -> None:
        """So many calls from these addresses are at other listeners now: the limits are for all together."""
        self._elsewhere = Counter(elsewhere)

    def _admit(self, line: _Caller) -> None:
        self._present[line.counted_as] += 1
        self._calls.start(self._serve(line), f"call from {line.peer}")

    @property
    def present(self) -> int:
        """How many connections are here, greeted or not."""
        return self._present.total()

    def _turn_away(self, line: Line, reason: str, why: str) -> None:
        self._count(reason, why)
        line.abort()

    def _count(self, reason: str, why: str) -> None:
        """One more was turned away: `reason` for Prometheus, `why` for the log."""
        catalogue.TURNED_AWAY.add(reason)
        self._turned_away[why] += 1

    async def _serve(self, line: _Caller) -> None:
        try:
            line.keep_alive()
            # A proxy's look whether we are here: nobody came, so nobody is turned away.
            with suppress(OnlyLooked):
                await self._greet_and_keep(line)
        finally:
            line.abort()
            self._forget(line.counted_as)

    def _forget(self, address: str) -> None:
        self._present[address] -= 1
        if not self._present[address]:
            del self._present[address]

    def _hung_up(self, line: Line) -> None:
        # `reachback doctor` looks whether we are here: it says nothing, and leaves.
        if line.received_bytes or not line.is_from_here:
            self._count("hung_up", "hung up before its desktop was known")

    async def _greet_and_keep(self, line: Line) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            greeted = await greet(line, self._ledger, self._terms)
        except NotVnc as error:
            self._count("not_vnc", f"not VNC ({error.what})")
        except BrokenTls:
            self._count("broken_tls", "not VNC (broken TLS)")
        except SentAway as why:
            self._count(SENT_AWAY[str(why)], str(why))
        except TooSlow:
            self._count("too_slow", "too slow")
        except HungUp:
            self._hung_up(line)
        except Unwelcome as refusal:
            catalogue.TURNED_AWAY.add("refused")
            log.info("a call from %s was refused: %s", line.peer, refusal)
            await self._ledger.refuse(line.peer, str(refusal))
        else:
            catalogue.GREETING.observe(clock() - began)
            call = Call(greeted.wire, greeted.desktop, greeted.claims, greeted.early, self._terms.preferred)
            await self._desk.keep(call)


class _Caller(Line):
    """A line that knocks as soon as it is there, and again once a proxy has said whose it is.

    `counted_as` is the address for which the door counts it; empty until a proxy was heard.
    """

    counted_as = ""

    def __init__(self, door: Door) -> None:
        super().__init__()
        self._door = door

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._door.knock(self)

    def appear_as(self, address: str, port: int) -> None:
        """Be somebody else's. Raises SentAway."""
        super().appear_as(address, port)
        self._door.recognise(self)
