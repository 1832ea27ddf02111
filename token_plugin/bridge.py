"""Carries bytes between one browser's WebSocket and one call, and holds little of either.

A side is read only while what it sent before has been passed on. So a browser that does not read stops the call's
side, TCP stops the listener, and the listener stops the customer's server; nobody's memory grows. (Stock websockify
reads on: its process for a slow browser grew to 2.2 GB in 5 s.)
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from typing import Any

from websockify.websocket import WebSocketWantReadError, WebSocketWantWriteError

CHUNK = 64 * 1024
# What a browser may have under way towards the call. Keys and clipboard texts: noVNC sends no more than that at once.
MAX_FROM_BROWSER = 4 * 1024 * 1024
# After the browser missed so many pings, or so long after one side ended, the rest is given up.
MISSED_PINGS = 3
FAREWELL_SECONDS = 5.0

Clock = Callable[[], float]


class TooMuch(Exception):
    """The browser sent a message larger than any that makes sense."""


class Bridge:
    """One connection. `websocket` is websockify's, over a non-blocking socket; `call` a connected one."""

    def __init__(self, websocket: Any, call: socket.socket, heartbeat: float, clock: Clock) -> None:  # noqa: ANN401  (untyped library)
        self._websocket = websocket
        self._call = call
        self._heartbeat = heartbeat
        self._clock = clock
        self._to_browser = b""
        self._to_call = b""
        self._browser_left = False
        self._call_left = False
        self._call_hung_up = False
        self._ping_is_stuck = False
        self._next_ping = clock() + heartbeat
        self._unanswered = 0
        self._give_up_at: float | None = None

    def carry(self) -> str:
        """Carry until either side is over; answers why: `call`, `browser`, `silence`, or `reset` (by the call)."""
        call, browser = self._call.fileno(), self._websocket.fileno()
        while not self._is_finished():
            if self._is_hopeless():
                return "silence"
            ready = self._wait(call, browser)
            if self._to_browser and ready.get(call, 0) & select.POLLERR:
                # The session was ended, and a browser that does not read shall not keep the last pictures coming.
                return "reset"
            self._call_hung_up |= bool(ready.get(call, 0) & (select.POLLHUP | select.POLLRDHUP))
            if ready.get(call, 0) & ~select.POLLOUT:
                self._read_call()
            if ready.get(browser, 0) & ~select.POLLOUT:
                self._read_browser()
            self._write_call()
            self._write_browser()
            self._ping()
        return "browser" if self._browser_left else "call"

    def _is_finished(self) -> bool:
        return (self._browser_left and not self._to_call) or (self._call_left and not self._to_browser)

    def _is_over(self) -> bool:
        return self._browser_left or self._call_left or self._call_hung_up

    def _is_hopeless(self) -> bool:
        now = self._clock()
        if self._is_over():
            self._give_up_at = self._give_up_at or now + FAREWELL_SECONDS
            return now > self._give_up_at
        # Counted in pings, not in seconds: a process that stood still itself gives the browser a chance to answer.
        return self._unanswered > MISSED_PINGS

    def _wait(self, call: int, browser: int) -> dict[int, int]:
        # poll, not select: websockify's parent may hold more than the 1,024 descriptors that select can name.
        poll = select.poll()
        if not self._call_left and not (self._call_hung_up and self._to_browser):
            # A reset and a hang-up are told while nothing is read, too; of a hang-up poll would tell again and again.
            wanted = _wanted(read=not self._to_browser, write=bool(self._to_call))
            poll.register(call, wanted | select.POLLRDHUP)
        from_browser = _wanted(read=not self._to_call, write=bool(self._to_browser) or self._ping_is_stuck)
        if from_browser and not self._browser_left:
            poll.register(browser, from_browser)
        return dict(poll.poll(self._patience() * 1000))

    def _patience(self) -> float:
        if self._is_over():
            return 0.2
        return max(0.0, self._next_ping - self._clock())

    def _read_call(self) -> None:
        if self._to_browser or self._call_left:
            return
        try:
            self._to_browser = self._call.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._to_browser = b""
        self._call_left = not self._to_browser

    def _write_browser(self) -> None:
        if self._ping_is_stuck:
            self._send_ping()
        if not self._to_browser or self._ping_is_stuck:
            return
        try:
            self._websocket.sendmsg(self._to_browser)
        except WebSocketWantWriteError:
            return
        except OSError:
            self._leave_browser()
        self._to_browser = b""

    def _read_browser(self) -> None:
        if self._to_call or self._browser_left:
            return
        self._unanswered = 0
        try:
            self._to_call = self._messages()
        except (OSError, ValueError, WebSocketWantWriteError):
            # Besides a lost connection: a ping that websockify cannot answer now, which no browser sends.
            self._leave_browser()

    def _messages(self) -> bytes:
        """Everything the browser sent that is whole."""
        parts = []
        while True:
            try:
                message = self._websocket.recvmsg()
            except WebSocketWantReadError:
                break
            if message is None:
                self._leave_browser()
                break
            parts.append(message)
            if not self._websocket.pending():
                break
        self._refuse_giants()
        return b"".join(parts)

    def _refuse_giants(self) -> None:
        # websockify 0.13 keeps an unfinished message in these two; a stranger could announce 2**63 bytes.
        waiting = len(self._websocket._recv_buffer) + len(self._websocket._partial_msg)  # noqa: SLF001  (no public way)
        if waiting > MAX_FROM_BROWSER:
            raise TooMuch(f"a message of more than {MAX_FROM_BROWSER} bytes")

    def _write_call(self) -> None:
        if not self._to_call:
            return
        try:
            sent = self._call.send(self._to_call)
        except BlockingIOError:
            return
        except OSError:
            self._call_left, self._to_call = True, b""
        else:
            self._to_call = self._to_call[sent:]

    def _ping(self) -> None:
        if self._clock() < self._next_ping or self._browser_left:
            return
        self._next_ping = self._clock() + self._heartbeat
        if self._to_browser or self._to_call:
            # The browser is busy with what it has, and an unfinished frame cannot be interrupted anyway; or the call
            # is, and the browser's answers are not read.
            self._unanswered = 0
            return
        self._unanswered += 1
        if self._unanswered <= MISSED_PINGS:
            self._send_ping()

    def _send_ping(self) -> None:
        # websockify wants a frame that did not fit to be sent again before any other.
        try:
            self._websocket.ping()
        except WebSocketWantWriteError:
            self._ping_is_stuck = True
        except OSError:
            self._leave_browser()
        else:
            self._ping_is_stuck = False

    def _leave_browser(self) -> None:
        self._browser_left, self._to_browser, self._ping_is_stuck = True, b"", False


def _wanted(*, read: bool, write: bool) -> int:
    return (select.POLLIN if read else 0) | (select.POLLOUT if write else 0)
