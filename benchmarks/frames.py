"""WebSocket frames (RFC 6455 §5.2) as a client needs them: its own built, the server's taken apart without a copy."""

from __future__ import annotations

import struct

FIN = 0x80
MASKED = 0x80
BINARY, CLOSE, FIRST_CONTROL = 2, 8, 8
# RFC 6455 §5.3 wants a key that nobody can foresee, to protect caches on the way. There are none on this way.
KEY = bytes.fromhex("37fa213d")
_MORE_LENGTH = {126: 2, 127: 8}


class Closed(Exception):
    """The server sent a close frame."""


class FrameParser:
    """Takes a server's stream apart, however it was cut on its way."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._opcode = 0
        self._missing = 0

    def feed(self, data: memoryview) -> list[memoryview]:
        """The payload in `data`, in order, as parts of it; what control frames carry is left out.

        Raises:
            Closed: a close frame came.
            ValueError: a server's frame was masked (RFC 6455 §5.1).
        """
        pieces: list[memoryview] = []
        while data:
            data = self._payload(data, pieces) if self._missing else self._read_head(data)
        return pieces

    def _payload(self, data: memoryview, pieces: list[memoryview]) -> memoryview:
        piece = data[: self._missing]
        self._missing -= len(piece)
        if self._opcode < FIRST_CONTROL:
            pieces.append(piece)
        return data[len(piece) :]

    def _read_head(self, data: memoryview) -> memoryview:
        wanted = _head_length(self._head) - len(self._head)
        self._head += data[:wanted]
        if len(self._head) == _head_length(self._head):
            self._begin()
        return data[wanted:]

    def _begin(self) -> None:
        self._opcode = self._head[0] & 0x0F
        self._missing = int.from_bytes(self._head[2:]) if len(self._head) > 2 else self._head[1]
        if self._head[1] & MASKED:
            raise ValueError("a server must not mask its frames")
        if self._opcode == CLOSE:
            raise Closed
        self._head.clear()


def client_frame(payload: bytes) -> bytes:
    """`payload` as one masked binary frame."""
    mask = KEY * (len(payload) // len(KEY) + 1)
    return _client_head(len(payload)) + KEY + bytes(one ^ other for one, other in zip(payload, mask, strict=False))


def _client_head(length: int) -> bytes:
    if length < 126:
        return struct.pack(">BB", FIN | BINARY, MASKED | length)
    if length < 1 << 16:
        return struct.pack(">BBH", FIN | BINARY, MASKED | 126, length)
    return struct.pack(">BBQ", FIN | BINARY, MASKED | 127, length)


def _head_length(head: bytearray) -> int:
    return 2 + _MORE_LENGTH.get(head[1] & 0x7F, 0) if len(head) >= 2 else 2
