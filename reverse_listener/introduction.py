"""Learns who calls, up to and including the version banner: through TLS, an ID block, the dispatcher, or none of them.

We say nothing at first. Whoever speaks within `silence` seconds (every VNC server that dials out does, within a round
trip) never hears a byte that is not RFB or TLS; only to a silent caller do we speak first, as TightVNC's dispatcher.

Where a proxy that is believed passes callers on, its header may stand in front of everything, TLS included.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from certificates import ServedCertificate
from reverse_listener.inbox import HungUp, Inbox
from reverse_listener.line import Line, Wire
from reverse_listener.tls import TlsLine
from rfb import (
    Dispatched,
    Dispatcher,
    Event,
    NotVnc,
    Preamble,
    ProxyHeader,
    Relayed,
    RepeaterId,
    ServerVersion,
    TlsHello,
)
from rfb.proxy_header import FIRST_BYTES
from sessions.matching import MatchedBy, Said
from sessions.secrets import normal_code

SILENCE_SECONDS = 3.0
# TightVNC bears two minutes of silence and more while it waits for the dispatcher; what must not forget it is a router.
PING_SECONDS = 5.0


class OnlyLooked(Exception):
    """A proxy that is believed came for itself, said nothing, and left: so it looks whether we are here."""


@dataclass(frozen=True, slots=True)
class Banner:
    """A caller's version, and what it sent right behind it."""

    version: ServerVersion
    early: bytes


class Introduction:
    """One caller before RFB.

    `said` are the codes that it said so far, `wire` is what carries it: the line, or TLS inside it. In this order:
    `hear_codes`, `wait` as long as need be, `hear_banner`. Each may raise NotVnc, HungUp, or another RfbError where
    a VNC server cannot be served.

    With `from_proxy` the line comes from a proxy that is believed: it is told by its header, or where there is none by
    its own addresses, as whom it appears.
    """

    def __init__(
        self,
        line: Line,
        certificate: ServedCertificate | None,
        silence: float = SILENCE_SECONDS,
        between_pings: float = PING_SECONDS,
        *,
        from_proxy: bool = False,
    ) -> None:
        self.wire: Wire = line
        self.said: tuple[Said, ...] = ()
        self.inbox = Inbox(line)
        self._line = line
        self._certificate = certificate
        self._silence = silence
        self._between_pings = between_pings
        self._from_proxy = from_proxy
        self._dispatcher: Dispatcher | None = None
        self._banner: Banner | None = None

    async def hear_codes(self) -> None:
        """Hear all that the caller says before its banner, and the banner where it comes by itself.

        Raises:
            BrokenTls
            OnlyLooked
        """
        first = await (self._hear_past_proxy() if self._from_proxy else self._hear_within(self._silence))
        if first is None:
            await self._dispatch()
        else:
            await self._read_preamble(first)

    async def wait(self, seconds: float) -> None:
        """Let the caller wait; one that waits for the dispatcher's word is pinged."""
        if self._dispatcher is None:
            await asyncio.sleep(seconds)
            return
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while (left := end - clock()) > 0:
            heard = await self._hear_within(min(left, self._between_pings))
            if heard is None:
                self._dispatcher.ping()
            else:
                self._dispatcher.receive_data(heard)
            self.wire.send(self._dispatcher.data_to_send())

    async def hear_banner(self) -> Banner:
        """The version, for which the dispatcher's client has to be told to go on."""
        if self._dispatcher is not None:
            await self._let_go(self._dispatcher)
        assert self._banner is not None
        return self._banner

    async def _hear_within(self, seconds: float) -> bytes | None:
        try:
            async with asyncio.timeout(seconds):
                return await self.inbox.read()
        except TimeoutError:
            # What came in the same moment, or while this whole process was kept from running, came in time.
            return self.inbox.take() or None

    async def _hear_past_proxy(self) -> bytes | None:
        """The caller's own first words: behind the proxy's header, where there is one."""
        self._from_proxy = False
        relayed = None
        try:
            first = await self._hear_within(self._silence)
            if first and first[:1] in FIRST_BYTES:
                relayed, first = await self._hear_header(first)
            self._appear(relayed)
            # Silence behind a header is the caller's; silence instead of one was that already.
            return await self._hear_within(self._silence) if first == b"" else first
        except HungUp:
            if relayed is None:
                raise OnlyLooked from None
            raise

    async def _hear_header(self, first: bytes) -> tuple[Relayed | None, bytes]:
        """What the header says, and what came behind it."""
        header = ProxyHeader()
        events = header.receive_data(first)
        while not header.done:
            events = header.receive_data(await self.inbox.read())
        return next((event for event in events if isinstance(event, Relayed)), None), header.trailing_data

    def _appear(self, relayed: Relayed | None) -> None:
        own = self._line.peer, self._line.port
        self._line.appear_as(*((relayed.address, relayed.port) if relayed else own))

    async def _read_preamble(self, data: bytes) -> None:
        preamble = Preamble()
        while True:
            for event in preamble.receive_data(data):
                if isinstance(event, TlsHello):
                    return await self._unwrap(event.begun + preamble.trailing_data)
                if isinstance(event, RepeaterId):
                    self._note(MatchedBy.ID, normal_code(event.text) or event.text)
                if isinstance(event, ServerVersion):
                    self._banner = Banner(event, preamble.trailing_data)
            if preamble.done:
                return None
            data = await self.inbox.read()

    async def _unwrap(self, begun: bytes) -> None:
        """Shake hands; inside, all begins anew, but for one more TLS."""
        if self._certificate is None or self.wire.is_encrypted:
            raise NotVnc("tls")
        # In a thread: the files are looked at, and a disk may be slow.
        tls_line = TlsLine(self._line, await asyncio.to_thread(self._certificate.context))
        await tls_line.shake_hands(begun)
        self.wire, self.inbox = tls_line, Inbox(tls_line)
        code = normal_code((tls_line.server_name or "").partition(".")[0])
        if code:
            self._note(MatchedBy.SNI, code)
        await self.hear_codes()

    async def _dispatch(self) -> None:
        """Ask a silent caller for its number, and leave it waiting."""
        dispatcher = Dispatcher()
        events: list[Event] = []
        while not events:
            self.wire.send(dispatcher.data_to_send())
            events = dispatcher.receive_data(await self.inbox.read())
        self.wire.send(dispatcher.data_to_send())
        for event in events:
            if isinstance(event, Dispatched) and event.number:
                self._note(MatchedBy.DISPATCHER, str(event.number))
        self._dispatcher = dispatcher

    async def _let_go(self, dispatcher: Dispatcher) -> None:
        dispatcher.go()
        self.wire.send(dispatcher.data_to_send())
        while not dispatcher.done:
            dispatcher.receive_data(await self.inbox.read())
        preamble = Preamble()
        events = preamble.receive_data(dispatcher.trailing_data)
        while not events:
            events = preamble.receive_data(await self.inbox.read())
        # What was said has been judged: nothing but the banner may come now.
        if not isinstance(events[0], ServerVersion):
            raise NotVnc("unknown")
        self._banner = Banner(events[0], preamble.trailing_data)

    def _note(self, how: MatchedBy, code: str) -> None:
        self.said += (Said(how, code),)
