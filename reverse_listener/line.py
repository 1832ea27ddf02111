"""One TCP connection, with its bytes going to whoever currently answers for it.

A line starts with nobody listening and its reading paused, so that no byte is lost before its owner is ready. `Wire`
is what owners see of it, whether it is a `Line` itself or a `TlsLine` inside one.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
from typing import Protocol, cast

# The write buffer of one connection: when it holds this much, the other side's reading pauses.
HIGH_WATER = 256 * 1024
# A customer behind a forgetful router, or with a pulled cable, is noticed within about a minute.
KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT = 30, 10, 3
# How long a closing connection may still take to deliver what was written: ending a session means ending it now.
CLOSE_SECONDS = 0.3
NO_LINGER = struct.pack("ii", 1, 0)


class Listener(Protocol):
    """Whoever answers for a line."""

    def received(self, data: bytes) -> None:
        """Bytes came, in order."""

    def ended(self) -> None:
        """The peer will send nothing more; it may still read."""

    def closed(self) -> None:
        """The line is gone."""

    def full(self) -> None:
        """Our write buffer is full: send no more until `drained`."""

    def drained(self) -> None:
        """There is room in the write buffer again."""


class Wire(Protocol):
    """A connection as its owner uses it; see Line for what each verb does."""

    received_bytes: int
    sent_bytes: int
    is_closed: bool
    has_ended: bool
    is_encrypted: bool

    @property
    def peer(self) -> str:
        """The peer's address."""

    @property
    def port(self) -> int:
        """The local port it came to."""

    @property
    def socket(self) -> socket.socket:
        """The socket below, for whoever asks the kernel about it."""

    def listen(self, listener: Listener) -> None:
        """Give it to `listener`."""

    def send(self, data: bytes) -> None:
        """Write."""

    def finish(self) -> None:
        """Say that no more will be sent."""

    def pause(self) -> None:
        """Stop reading."""

    def resume(self) -> None:
        """Read on."""

    def close(self) -> None:
        """Close soon."""

    def abort(self) -> None:
        """Close at once."""

    def keep_alive(self) -> None:
        """Notice a peer that is gone."""


class Line(asyncio.Protocol):
    """One TCP connection. `received_bytes` and `sent_bytes` count its life; `port` is the local one it came to.

    Where a proxy passed it on, `peer` and `port` are what the proxy says, once it was heard.
    """

    is_encrypted = False

    def __init__(self) -> None:
        self.received_bytes = 0
        self.sent_bytes = 0
        self.is_closed = False
        self.has_ended = False
        self.peer = ""
        self.port = 0
        self._transport: asyncio.Transport
        self._listener: Listener | None = None

    # What owners use.

    def listen(self, listener: Listener) -> None:
        """Give the line to `listener`, and let it read. A line that is already over says so at once."""
        self._listener = listener
        if self.is_closed:
            listener.closed()
            return
        self.resume()
        if self.has_ended:
            listener.ended()

    @property
    def under_way(self) -> int:
        """Bytes that were written and that the system has not taken yet."""
        return self._transport.get_write_buffer_size()

    def send(self, data: bytes | memoryview) -> None:
        """Write behind what is already under way; the memory below `data` is free again afterwards."""
        if data and not self._transport.is_closing():
            self.sent_bytes += len(data)
            self._transport.write(data)

    def finish(self) -> None:
        """Say that nothing more will be sent, once everything is."""
        if not self._transport.is_closing() and self._transport.can_write_eof():
            self._transport.write_eof()

    def pause(self) -> None:
        """Stop reading: the peer's own window then stops it."""
        self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        self._transport.resume_reading()

    def close(self) -> None:
        """Close once everything was sent, or soon where the peer does not take it."""
        self._transport.close()
        asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._reset)

    def abort(self) -> None:
        """Close at once, whatever was not sent."""
        self._transport.abort()

    def _reset(self) -> None:
        if not self.is_closed:
            # Without this, the kernel would go on offering what is unsent for as long as the peer is there.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            self._transport.abort()

    @property
    def socket(self) -> socket.socket:
        """The socket below; reading and writing it is asyncio's."""
        return cast("socket.socket", self._transport.get_extra_info("socket"))

    @property
    def is_from_here(self) -> bool:
        """Whether this machine itself dialled: both ends have one address."""
        ends = (self._transport.get_extra_info(name) for name in ("sockname", "peername"))
        own, peer = (end[0] if end else None for end in ends)
        return own is not None and own == peer

    def appear_as(self, address: str, port: int) -> None:
        """Be a connection from `address` that dialled `port`: so says a proxy that is believed."""
        self.peer, self.port = address, port

    def keep_alive(self) -> None:
        """Let TCP find out that the peer is gone, though neither side has anything to say."""
        peer = self.socket
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_COUNT)
        # Without this, bytes that nobody acknowledges would be sent again for a quarter of an hour.
        patience = (KEEPALIVE_IDLE + KEEPALIVE_INTERVAL * KEEPALIVE_COUNT) * 1000
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, patience)

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there; nobody reads it yet."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.pause_reading()
        self._transport.set_write_buffer_limits(high=HIGH_WATER)
        self.peer = plain_address(self._transport.get_extra_info("peername"))
        self.port = _port(self._transport.get_extra_info("sockname"))

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self.received_bytes += len(data)
        if self._listener:
            self._listener.received(data)

    def eof_received(self) -> bool:
        """The peer has closed its half."""
        self.has_ended = True
        if self._listener:
            self._listener.ended()
        # The other direction stays open: whoever owns the line closes it.
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (why it broke changes nothing)
        """Both halves are closed."""
        self.is_closed = True
        if self._listener:
            self._listener.closed()

    def pause_writing(self) -> None:
        """The write buffer is above its high-water mark."""
        if self._listener:
            self._listener.full()

    def resume_writing(self) -> None:
        """The write buffer is below its low-water mark."""
        if self._listener:
            self._listener.drained()


def _port(sockname: object) -> int:
    return int(sockname[1]) if isinstance(sockname, tuple) else 0


def plain_address(peername: object) -> str:
    """The address of a socket's peer, an IPv4 one that came by IPv6 as plain IPv4; empty where it is gone already."""
    if not isinstance(peername, tuple):
        return ""
    address = ipaddress.ip_address(str(peername[0]).partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
