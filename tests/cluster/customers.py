"""Customers whose VNC servers dial again whenever their call is over, as the start scripts make them do."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field

from tests.cluster.network import OUTER, Network
from tests.fakes.fake_vnc_server import FakeVncServer

PAUSE_SECONDS = 0.5


@dataclass
class Customer:
    """One of them, in a thread of its own: when it dialled, and when each of its calls was greeted."""

    network: Network
    code: str
    dialled: list[float] = field(default_factory=list)
    greeted: list[float] = field(default_factory=list)
    server: FakeVncServer | None = None
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def begin(self) -> None:
        """Dial, and go on until told to stop."""
        self._thread = threading.Thread(target=self._go_on, name=f"customer {self.code}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Dial no more, and hang up."""
        self._over.set()
        self.hang_up()
        if self._thread:
            self._thread.join(30)

    def hang_up(self) -> None:
        """Lose the connection; another follows."""
        if self.server:
            with contextlib.suppress(OSError):
                self.server.socket.shutdown(2)

    def _go_on(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(OSError, EOFError, AssertionError):
                self._call()
            self._over.wait(PAUSE_SECONDS)

    def _call(self) -> None:
        server = self.server = FakeVncServer((OUTER, 5500), code=self.code)
        self.dialled.append(time.monotonic())
        try:
            with self.network.inside("customers"):
                server.dial()
            server.greet()
            self.greeted.append(time.monotonic())
            server.socket.settimeout(None)
            while server.socket.recv(1 << 16):
                pass
        finally:
            server.socket.close()
