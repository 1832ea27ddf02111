"""Does the machine at the other end of a connection still answer? Asked of TCP, so that no program there notices.

A keep-alive probe is a segment without data that every TCP has to acknowledge (RFC 9293 §3.8.4), whatever the program
above it is doing. Linux sends one once a connection was quiet for TCP_KEEPIDLE seconds, and counts what comes back
(`struct tcp_info` in include/uapi/linux/tcp.h).
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

SECONDS = 3.0
POLL_SECONDS = 0.05
# The shortest that TCP_KEEPIDLE and TCP_KEEPINTVL can be: three probes fit into the time above.
EAGER_SECONDS = 1

# tcpi_unacked, then tcpi_segs_in and tcpi_notsent_bytes: their places in the structure, which only ever grows.
_UNACKED, _SEGMENTS_IN, _NOT_SENT = 24, 140, 144
_LENGTH = 148


async def answers(connection: socket.socket, seconds: float = SECONDS) -> bool:
    """Whether the peer of a TCP connection shows a sign of life within `seconds`; one that is closed does not.

    A peer that takes no data for now cannot be asked: TCP then probes in its own time, up to two minutes apart. It
    counts as alive.
    """
    try:
        with _eager_probes(connection):
            return await _hear(connection, seconds)
    except OSError:
        return False


async def _hear(connection: socket.socket, seconds: float) -> bool:
    before = _Sight.of(connection)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while _Sight.of(connection).segments == before.segments:  # noqa: ASYNC110  (the kernel has no event for it)
                await asyncio.sleep(POLL_SECONDS)
            return True
    return _Sight.of(connection).is_blocked


@dataclass(frozen=True, slots=True)
class _Sight:
    """What the kernel knows of a connection: segments received so far, and whether the peer's window is shut."""

    segments: int
    is_blocked: bool

    @classmethod
    def of(cls, connection: socket.socket) -> _Sight:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LENGTH)
        unacked, segments, not_sent = (
            struct.unpack_from("=I", info, at)[0] for at in (_UNACKED, _SEGMENTS_IN, _NOT_SENT)
        )
        return cls(segments, is_blocked=not_sent > 0 and unacked == 0)


@contextmanager
def _eager_probes(connection: socket.socket) -> Iterator[None]:
    """Let the kernel probe every second instead of in its usual rhythm."""
    options = (socket.TCP_KEEPINTVL, socket.TCP_KEEPIDLE)
    usual = [connection.getsockopt(socket.IPPROTO_TCP, option) for option in options]
    _set(connection, options, [EAGER_SECONDS] * len(options))
    try:
        yield
    finally:
        with suppress(OSError):  # closed meanwhile
            _set(connection, options, usual)


def _set(connection: socket.socket, options: tuple[int, ...], values: list[int]) -> None:
    for option, value in zip(options, values, strict=True):
        connection.setsockopt(socket.IPPROTO_TCP, option, value)
