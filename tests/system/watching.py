"""A technician who watches: every picture that comes is counted, and the next one asked for."""

from __future__ import annotations

import threading
from contextlib import suppress

from websockets.exceptions import ConnectionClosed

from rfb.updates import Follower, Reached
from tests.fakes.fake_viewer import FakeViewer
from tests.processes import wait_until

PATIENCE = 30.0


class Watching:
    """A viewer on a thread of its own, until it is left or cut; `pictures` is how many came."""

    def __init__(self, url: str) -> None:
        self.viewer = FakeViewer(url).greet()
        assert self.viewer.desktop
        self.width, self.height, self.name = self.viewer.desktop
        self.pictures = 0
        self._follower = Follower(self.width, self.height)
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    @property
    def is_seated(self) -> bool:
        return self._thread.is_alive()

    def sees_more(self) -> None:
        """Wait for one more picture."""
        seen = self.pictures
        wait_until(lambda: self.pictures > seen or not self.is_seated, PATIENCE, "a picture comes")
        assert self.pictures > seen, f"the seat was closed: {self.viewer.closing}"

    def leave(self) -> None:
        self.viewer.close()
        self._thread.join(PATIENCE)

    def _watch(self) -> None:
        with suppress(ConnectionClosed, OSError):
            while True:
                data = self.viewer.websocket.recv()
                assert isinstance(data, bytes)
                self._take(data)

    def _take(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            at, reached = self._follower.advance(data, at)
            if reached is Reached.UPDATE:
                self.pictures += 1
                self.viewer.send(self._ask())

    def _ask(self) -> bytes:
        """FramebufferUpdateRequest for what changed (RFC 6143 §7.5.3)."""
        return bytes((3, 1)) + bytes(4) + self.width.to_bytes(2) + self.height.to_bytes(2)
