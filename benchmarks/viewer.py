"""The technician's side: greets a VNC server, asks for pictures, presses keys."""

from __future__ import annotations

from benchmarks.messages import BANNER, ECHO, ONLY_RAW, UPDATE_BYTES, WHOLE_SCREEN, key
from benchmarks.ways import Way

NO_AUTHENTICATION = 1
SERVER_INIT_HEAD = 24


def greet(way: Way) -> None:
    """The greeting of RFC 6143 §7.1 to §7.3, after which only Raw pictures are wanted."""
    way.take(len(BANNER))
    way.send(BANNER)
    way.take(way.take(1)[0])
    way.send(bytes([NO_AUTHENTICATION]))
    way.take(len(b"\0\0\0\0"))
    shared = 1
    way.send(bytes([shared]))
    way.take(int.from_bytes(way.take(SERVER_INIT_HEAD)[-4:]))
    way.send(ONLY_RAW)


def see(way: Way, screens: int) -> None:
    """Receive `screens` pictures; each next one is asked for when one has come, as noVNC does."""
    for _ in range(screens):
        way.send(WHOLE_SCREEN)
        way.skip(UPDATE_BYTES)


def press(way: Way, *, down: bool) -> None:
    """Press or release a key and wait for what the server says to it."""
    way.send(key(down=down))
    way.skip(len(ECHO))
