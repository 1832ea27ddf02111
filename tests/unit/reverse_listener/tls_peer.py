"""The client's end of a TLS line, in the test's hands: each TLS step apart, as no ready-made client allows."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from reverse_listener.line import Line
from reverse_listener.tls import TlsLine
from tests.unit.reverse_listener.helpers import Peer, connected


def client_context(*, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """A client that does not ask who we are, as most scripts do not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = newest
    return context


@dataclass
class TlsPeer:
    """Speaks TLS over `peer`."""

    peer: Peer
    context: ssl.SSLContext
    name: str | None = None
    incoming: ssl.MemoryBIO = field(default_factory=ssl.MemoryBIO)
    outgoing: ssl.MemoryBIO = field(default_factory=ssl.MemoryBIO)

    def __post_init__(self) -> None:
        self.tls = self.context.wrap_bio(self.incoming, self.outgoing, server_hostname=self.name)

    async def hello(self) -> bytes:
        """The ClientHello; it is not sent."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self.outgoing.read()

    async def shake_hands(self) -> None:
        """Everything behind the ClientHello."""
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                self.incoming.write(await self._more())
            else:
                return await self._flush()

    async def say(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[self.tls.write(left) :]
        await self._flush()

    async def hear(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            try:
                data += self.tls.read(count - len(data))
            except ssl.SSLWantReadError:
                self.incoming.write(await self._more())
        return bytes(data)

    async def hear_close_notify(self) -> None:
        """Until the other side has said that nothing more will come."""
        while True:
            try:
                if not self.tls.read(1):
                    return
            except ssl.SSLZeroReturnError:
                return
            except ssl.SSLWantReadError:
                self.incoming.write(await self._more())

    async def finish(self) -> None:
        """close_notify."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        await self._flush()

    async def _more(self) -> bytes:
        data = await self.peer.hear_some()
        if not data:
            raise ConnectionResetError("closed without close_notify")
        return data

    async def _flush(self) -> None:
        await self.peer.say(self.outgoing.read())


@contextlib.asynccontextmanager
async def tls_connected(
    context: ssl.SSLContext, client: ssl.SSLContext | None = None, name: str | None = None
) -> AsyncIterator[tuple[TlsLine, TlsPeer]]:
    """A TLS line whose hands are shaken, and its other end."""
    async with connected() as (line, peer):
        tls_line, tls_peer = await shaken(line, peer, context, client or client_context(), name)
        yield tls_line, tls_peer


async def shaken(
    line: Line, peer: Peer, context: ssl.SSLContext, client: ssl.SSLContext, name: str | None
) -> tuple[TlsLine, TlsPeer]:
    tls_line, tls_peer = TlsLine(line, context), TlsPeer(peer, client, name)
    hello = await tls_peer.hello()
    await peer.say(hello[1:])
    await asyncio.gather(tls_line.shake_hands(hello[:1]), tls_peer.shake_hands())
    return tls_line, tls_peer
