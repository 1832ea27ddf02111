"""A technician's viewer: a WebSocket that greets as noVNC does (RFC 6143 §7.1 to §7.3) and then carries bytes."""

from __future__ import annotations

import socket
import struct
import time
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

PATIENCE = 10.0
ASK = struct.pack(">BBHHHH", 3, 1, 0, 0, 640, 480)
# What noVNC says as soon as it has greeted: its pixel format, encodings, and that it wants all of the picture.
HELLO = (
    b"\0\0\0\0" + bytes.fromhex("20 18 00 01 00ff 00ff 00ff 00 08 10 000000")
    + struct.pack(">BxH4i", 2, 4, 7, 0, -26, -254)
    + struct.pack(">BBHHHH", 3, 0, 0, 0, 640, 480)
)  # fmt: skip


class FakeViewer:
    """Connects at once; raises `websockets.exceptions.InvalidStatus` where the door stays shut.

    `receive_buffer` is SO_RCVBUF: with a small one, a viewer that does not read is soon full. `connection` is one that
    leads to where `url` is served, encrypted already where it has to be.
    """

    def __init__(
        self,
        url: str,
        *,
        origin: str | None = None,
        receive_buffer: int | None = None,
        connection: socket.socket | None = None,
    ) -> None:
        self._left = b""
        opening = connect(
            # What is encrypted is so below: here it is a connection like any other.
            url.replace("wss://", "ws://", 1) if connection else url,
            sock=connection or _connected(url, receive_buffer),
            origin=origin,  # type: ignore[arg-type]
            subprotocols=["binary"],  # type: ignore[list-item]
            compression=None,
            ping_interval=None,
            max_size=None,
            max_queue=1,
            open_timeout=PATIENCE,
            close_timeout=2,
            proxy=None,
        )
        # The library wants to be entered: this object does it, as it is left by close().
        self.websocket: ClientConnection = opening.__enter__()
        self.desktop: tuple[int, int, str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def greet(self) -> Self:
        """From the server's version to its ServerInit."""
        assert self.read(12) == b"RFB 003.008\n"
        self.send(b"RFB 003.008\n")
        assert self.read(2) == b"\x01\x01"
        self.send(b"\x01")
        assert self.read(4) == bytes(4)
        self.send(b"\x01")
        width, height = struct.unpack(">HH", self.read(20)[:4])
        (length,) = struct.unpack(">I", self.read(4))
        self.desktop = (width, height, self.read(length).decode())
        self.send(HELLO)
        return self

    def seek(self, wanted: bytes, seconds: float = PATIENCE) -> None:
        """Read until these bytes have come; nothing is kept of what came before them."""
        deadline = time.monotonic() + seconds
        while wanted not in self._left:
            self._left += self._message(deadline)
        self._left = self._left.partition(wanted)[2]

    def send(self, data: bytes) -> None:
        """One binary message."""
        self.websocket.send(data)

    def read(self, count: int, seconds: float = PATIENCE) -> bytes:
        """Exactly `count` bytes, however they were cut into messages."""
        data = bytearray(self._left)
        deadline = time.monotonic() + seconds
        while len(data) < count:
            data += self._message(deadline)
        self._left = bytes(data[count:])
        return bytes(data[:count])

    def read_to_end(self, seconds: float = PATIENCE) -> bytes:
        """Whatever still comes until the other side closes. Raises TimeoutError."""
        data, self._left = bytearray(self._left), b""
        deadline = time.monotonic() + seconds
        while True:
            try:
                data += self._message(deadline)
            except ConnectionClosed:
                return bytes(data)

    @property
    def closing(self) -> tuple[int, str]:
        """Code and words of the close frame that came."""
        received = self.websocket.protocol.close_rcvd
        return (received.code, received.reason) if received else (1006, "")

    def close(self) -> None:
        """Leave, as a browser does whose tab is closed."""
        self.websocket.close()

    def vanish(self) -> None:
        """Leave without a word: the connection is reset."""
        reset(self.websocket.socket)

    def _message(self, deadline: float) -> bytes:
        message: Any = self.websocket.recv(timeout=max(0.001, deadline - time.monotonic()))
        assert isinstance(message, bytes)
        return message


def reset(connection: socket.socket) -> None:
    """Close with a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _connected(url: str, receive_buffer: int | None) -> socket.socket:
    parts = urlsplit(url)
    assert parts.hostname
    connection = socket.socket(socket.AF_INET6 if ":" in parts.hostname else socket.AF_INET)
    connection.settimeout(PATIENCE)
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    try:
        connection.connect((parts.hostname, parts.port or 80))
    except OSError:
        connection.close()
        raise
    return connection
