"""A viewer's way to a VNC server: straight over TCP, or through a WebSocket."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Self

from benchmarks.frames import FrameParser, client_frame

HOST = "127.0.0.1"
CHUNK = 256 * 1024
# Longer than anything takes here: a contestant that hangs is told, instead of hanging the benchmark.
PATIENCE_SECONDS = 30.0
# How long nothing has to come until nothing is under way any more.
QUIET_SECONDS = 0.3


class Way(ABC):
    """Bytes both ways. What was received is counted, and kept only where somebody asks for it."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = memoryview(bytearray(CHUNK))
        self._early = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave, without a word."""
        self._socket.close()

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        while len(self._early) < count:
            for piece in self._pieces():
                self._early += piece
        taken = bytes(self._early[:count])
        del self._early[:count]
        return taken

    def skip(self, count: int) -> None:
        """Receive `count` bytes and keep none of them; what came beyond is there for the next."""
        missing = count - len(self._early)
        if missing < 0:
            del self._early[:count]
            return
        self._early.clear()
        while missing > 0:
            for piece in self._pieces():
                if len(piece) > missing:
                    self._early += piece[missing:]
                missing = max(0, missing - len(piece))

    def drain(self) -> None:
        """Receive and forget whatever is still under way: a relay may ask for a picture more than its viewer."""
        self._early.clear()
        self._socket.settimeout(QUIET_SECONDS)
        with suppress(TimeoutError):
            while self._pieces() is not None:
                continue
        self._socket.settimeout(PATIENCE_SECONDS)

    @abstractmethod
    def send(self, data: bytes) -> None:
        """Send `data` as one message."""

    @abstractmethod
    def _pieces(self) -> list[memoryview]:
        """What comes next; valid until the next call."""

    def _receive(self) -> memoryview:
        count = self._socket.recv_into(self._buffer)
        if not count:
            raise ConnectionError("the other side hung up")
        return self._buffer[:count]


class Tcp(Way):
    """The bytes as they are."""

    def send(self, data: bytes) -> None:
        """Send `data`."""
        self._socket.sendall(data)

    def _pieces(self) -> list[memoryview]:
        return [self._receive()]


class WebSocket(Way):
    """The bytes in frames. Pings are not answered: no connection lives long enough here for that to matter."""

    def __init__(self, connection: socket.socket, path: str) -> None:
        super().__init__(connection)
        self._parser = FrameParser()
        self._shake_hands(path)

    def send(self, data: bytes) -> None:
        """Send `data` as one binary frame."""
        self._socket.sendall(client_frame(data))

    def _pieces(self) -> list[memoryview]:
        return self._parser.feed(self._receive())

    def _shake_hands(self, path: str) -> None:
        # RFC 6455 §4.1; the key is the one of its §1.3.
        self._socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._receive()
        head, _, rest = answer.partition(b"\r\n\r\n")
        status, _, _ = head.partition(b"\r\n")
        if status.split()[1:2] != [b"101"]:
            raise ConnectionError(f"no WebSocket: {status.decode('latin-1')}")
        for piece in self._parser.feed(memoryview(rest)):
            self._early += piece


def connect(port: int) -> socket.socket:
    """A connection to `port` of this machine."""
    connection = socket.create_connection((HOST, port), PATIENCE_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
