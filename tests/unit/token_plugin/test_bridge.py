"""The bridge over a real websockify WebSocket and real sockets; the other ends are in the test's hands."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

import pytest
from websockets.frames import Frame, Opcode
from websockify.websocket import WebSocket

from token_plugin import bridge
from token_plugin.bridge import MISSED_PINGS, Bridge, TooMuch

PATIENCE = 30.0
SELDOM = 60.0


@dataclass
class Browser:
    """A browser's end of the connection, frame by frame."""

    socket: socket.socket

    def send(self, data: bytes, opcode: Opcode = Opcode.BINARY, *, fin: bool = True) -> None:
        self.socket.sendall(Frame(opcode, data, fin).serialize(mask=True))

    def pong(self) -> None:
        self.send(b"", Opcode.PONG)

    def frame(self) -> tuple[int, bytes]:
        """The next frame that comes: its opcode and payload."""
        first, length = self._read(2)
        if length == 126:
            (length,) = struct.unpack(">H", self._read(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self._read(8))
        return first & 0x0F, self._read(length)

    def _read(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)


class Crossing:
    """A bridge that carries, in a thread of its own."""

    def __init__(self, heartbeat: float = SELDOM) -> None:
        browser, inside = socket.socketpair()
        self.call, call = socket.socketpair()
        for end in (browser, self.call):
            end.settimeout(PATIENCE)
        self.browser = Browser(browser)
        self._inside = _accepted(inside)
        browser.recv(4096)  # the answer to the handshake
        inside.setblocking(False)  # noqa: FBT003  (the standard library's signature)
        call.setblocking(False)  # noqa: FBT003  (the standard library's signature)
        self._ends = (browser, inside, self.call, call)
        self._bridge = Bridge(self._inside, call, heartbeat, time.monotonic)
        self.outcome: str | BaseException | None = None
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def over(self, seconds: float = PATIENCE) -> str | BaseException | None:
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "the bridge still carries"
        return self.outcome

    def close(self) -> None:
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)
        for end in self._ends:
            end.close()

    def _carry(self) -> None:
        try:
            self.outcome = self._bridge.carry()
        except TooMuch as error:
            self.outcome = error


def _accepted(connection: socket.socket) -> WebSocket:
    headers = Message()
    for name, value in (
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ):
        headers[name] = value
    websocket = WebSocket()
    websocket.accept(connection, headers)
    return websocket


@pytest.fixture
def crossing() -> Iterator[Crossing]:
    made = Crossing()
    yield made
    made.close()


@pytest.fixture
def beating() -> Iterator[Crossing]:
    """One with a quick heart."""
    made = Crossing(heartbeat=0.05)
    yield made
    made.close()


def test_bytes_go_both_ways(crossing: Crossing) -> None:
    crossing.browser.send(b"from the browser")
    assert crossing.call.recv(100) == b"from the browser"
    crossing.call.sendall(b"from the call")
    assert crossing.browser.frame() == (Opcode.BINARY, b"from the call")


def test_a_message_in_pieces_and_several_in_one_piece(crossing: Crossing) -> None:
    crossing.browser.send(b"first ", fin=False)
    crossing.browser.send(b"half", Opcode.CONT)
    assert crossing.call.recv(100) == b"first half"
    two = Frame(Opcode.BINARY, b"a").serialize(mask=True) + Frame(Opcode.BINARY, b"b").serialize(mask=True)
    crossing.browser.socket.sendall(two)
    assert _read(crossing.call, 2) == b"ab"


def test_frames_byte_by_byte(crossing: Crossing) -> None:
    for byte in Frame(Opcode.BINARY, b"slowly" * 50).serialize(mask=True):
        crossing.browser.socket.sendall(bytes([byte]))
    assert _read(crossing.call, 300) == b"slowly" * 50


def test_the_calls_last_words_arrive(crossing: Crossing) -> None:
    words = os.urandom(2_000_000)
    sending = threading.Thread(target=lambda: (crossing.call.sendall(words), crossing.call.close()))
    sending.start()
    got = bytearray()
    while len(got) < len(words):
        got += crossing.browser.frame()[1]
    assert bytes(got) == words
    assert crossing.over() == "call"
    sending.join()


def test_the_browsers_last_words_arrive(crossing: Crossing) -> None:
    crossing.browser.send(b"keys")
    crossing.browser.send(struct.pack(">H", 1000), Opcode.CLOSE)
    assert crossing.over() == "browser"
    assert crossing.call.recv(100) == b"keys"


@pytest.mark.parametrize("how", ["close", "vanish"])
def test_a_browser_leaves(crossing: Crossing, how: str) -> None:
    if how == "close":
        crossing.browser.send(b"", Opcode.CLOSE)
    else:
        crossing.browser.socket.close()
    assert crossing.over() == "browser"


def test_a_call_leaves(crossing: Crossing) -> None:
    crossing.call.close()
    assert crossing.over() == "call"


def test_a_text_message_is_no_way_to_speak(crossing: Crossing) -> None:
    crossing.browser.send(b"hello", Opcode.TEXT)
    opcode, payload = crossing.browser.frame()
    assert (opcode, payload[:2]) == (Opcode.CLOSE, struct.pack(">H", 1003))


def test_pings_come_and_whoever_answers_stays(beating: Crossing) -> None:
    for _ in range(MISSED_PINGS * 2):
        assert beating.browser.frame() == (Opcode.PING, b"")
        beating.browser.pong()
    beating.call.sendall(b"still here")
    assert beating.browser.frame() in {(Opcode.BINARY, b"still here"), (Opcode.PING, b"")}
    assert beating.outcome is None


def test_a_browser_that_stops_answering_is_dropped(beating: Crossing) -> None:
    began = time.monotonic()
    assert beating.over() == "silence"
    assert time.monotonic() - began >= 0.05 * MISSED_PINGS
    pings = [beating.browser.frame() for _ in range(MISSED_PINGS)]
    assert pings == [(Opcode.PING, b"")] * MISSED_PINGS


def test_a_browser_that_is_busy_reading_is_not_taken_for_a_silent_one(beating: Crossing) -> None:
    """A slow link: the picture under way takes longer than any number of pings."""
    flood = b"p" * 8_000_000
    sending = threading.Thread(target=beating.call.sendall, args=(flood,))
    sending.start()
    until = time.monotonic() + 0.05 * MISSED_PINGS * 3
    while time.monotonic() < until:
        assert beating.outcome is None
        time.sleep(0.01)
    got = bytearray()
    while len(got) < len(flood):
        opcode, payload = beating.browser.frame()
        got += payload if opcode == Opcode.BINARY else b""
        if opcode == Opcode.PING:
            beating.browser.pong()
    assert bytes(got) == flood
    sending.join()
    assert beating.outcome is None


def test_a_browser_that_answers_while_the_call_is_stuck_is_not_taken_for_a_silent_one(beating: Crossing) -> None:
    """The customer's computer hangs for a while; the technician's browser is well and answers every ping."""

    def answer() -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                opcode, _ = beating.browser.frame()
                if opcode == Opcode.PING:
                    beating.browser.pong()

    beating.browser.send(b"k" * 3_000_000)
    answering = threading.Thread(target=answer)
    answering.start()
    until = time.monotonic() + 0.05 * MISSED_PINGS * 4
    while time.monotonic() < until:
        assert beating.outcome is None
        time.sleep(0.01)
    assert _read(beating.call, 3_000_000) == b"k" * 3_000_000
    beating.close()
    answering.join()


@pytest.mark.long
def test_a_giant_message_is_refused(crossing: Crossing) -> None:
    header = bytes([0x82, 0xFF]) + struct.pack(">Q", 2**62) + bytes(4)
    with contextlib.suppress(OSError):
        crossing.browser.socket.sendall(header + bytes(bridge.MAX_FROM_BROWSER + 100_000))
    outcome = crossing.over()
    assert isinstance(outcome, TooMuch)
    assert str(bridge.MAX_FROM_BROWSER) in str(outcome)


def test_a_giant_message_in_many_small_pieces_is_refused(crossing: Crossing) -> None:
    crossing.browser.socket.settimeout(0.5)
    with contextlib.suppress(OSError):
        crossing.browser.send(b"x", fin=False)
        for _ in range(100):
            crossing.browser.send(bytes(60_000), Opcode.CONT, fin=False)
    assert isinstance(crossing.over(), TooMuch)


def test_neither_side_is_read_while_the_other_is_full(crossing: Crossing) -> None:
    for end, data in ((crossing.call, bytes(65536)), (crossing.browser.socket, _frames())):
        end.settimeout(0.3)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while True:
                sent += end.send(data[sent % len(data) :])
        assert sent < 4 * 2**20


def test_a_call_that_does_not_take_the_browsers_last_words_is_not_waited_for_long(
    crossing: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "FAREWELL_SECONDS", 0.1)
    last = Frame(Opcode.BINARY, bytes(3_000_000)).serialize(mask=True) + Frame(Opcode.CLOSE, b"").serialize(mask=True)
    crossing.browser.socket.sendall(last)
    assert crossing.over() == "silence"


def test_a_call_that_breaks_under_a_browser_that_does_not_read_is_not_waited_for_long(
    crossing: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "FAREWELL_SECONDS", 0.1)
    _fill(crossing.call)
    crossing.browser.send(b"key")
    crossing.call.close()
    # What the call had not read when it closed makes it a reset; whether it had is a matter of luck.
    assert crossing.over() in {"reset", "silence"}


def _frames() -> bytes:
    return Frame(Opcode.BINARY, bytes(60_000)).serialize(mask=True)


def _read(end: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        data += end.recv(count - len(data))
    return bytes(data)


def _fill(end: socket.socket) -> None:
    end.settimeout(0.2)
    with contextlib.suppress(TimeoutError):
        while True:
            end.send(bytes(65536))
