"""A scripted VNC server, in a process of its own: `python -m benchmarks.source PORT`.

It serves whoever connects to PORT and, for each line `HOST PORT CODE` on its standard input, dials out and serves
there. Every request for an update is answered with a whole screen, every key with an empty ServerCutText. It ends with
its standard input.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from threading import Thread
from typing import BinaryIO, cast

from benchmarks import messages
from benchmarks.messages import BANNER, CUT_TEXT, ECHO, KEY, POINTER, SERVER_INIT, SET_ENCODINGS, SET_PIXEL_FORMAT

NO_AUTHENTICATION = bytes([1, 1])
OK = bytes(4)
# What follows the first byte of each message, but for the parts that are counted inside it: RFC 6143 §7.5.
_LENGTHS = {SET_PIXEL_FORMAT: 19, SET_ENCODINGS: 3, messages.UPDATE_REQUEST: 9, KEY: 7, POINTER: 5, CUT_TEXT: 7}
_UPDATE = messages.update()
_ANSWERS = {messages.UPDATE_REQUEST: _UPDATE, KEY: ECHO}


class _HungUp(Exception):
    pass


def serve(connection: socket.socket, early: bytes = b"") -> None:
    """Be a VNC server to whoever is at the other end, until they leave; `early` is sent in front of everything."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as received, suppress(_HungUp, OSError):
        connection.sendall(early)
        _greet(connection, received)
        while True:
            kind = _read(received, 1)[0]
            _read_rest(received, kind)
            connection.sendall(_ANSWERS.get(kind, b""))


def _greet(connection: socket.socket, received: BinaryIO) -> None:
    for said, heard in ((BANNER, len(BANNER)), (NO_AUTHENTICATION, 1), (OK, 1)):
        connection.sendall(said)
        _read(received, heard)
    connection.sendall(SERVER_INIT)


def _read_rest(received: BinaryIO, kind: int) -> None:
    head = _read(received, _LENGTHS[kind])
    if kind == SET_ENCODINGS:
        _read(received, 4 * int.from_bytes(head[-2:]))
    elif kind == CUT_TEXT:
        _read(received, int.from_bytes(head[-4:]))


def _read(received: BinaryIO, count: int) -> bytes:
    data = received.read(count)
    if len(data) < count:
        raise _HungUp
    return data


def _dial(host: str, port: str, code: str) -> None:
    serve(socket.create_connection((host, int(port))), messages.repeater_id(code))


def _accept(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        Thread(target=serve, args=(connection,), daemon=True).start()


def main() -> None:
    """Serve until standard input ends."""
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024)
    Thread(target=_accept, args=(listener,), daemon=True).start()
    for line in sys.stdin:
        Thread(target=_dial, args=cast("tuple[str, str, str]", tuple(line.split())), daemon=True).start()


if __name__ == "__main__":
    main()
