"""When the customer's server is asked for its next update: once, for everybody who is shown it.

At most one request is open. The next one goes out as soon as an update has come and the browser that sets the pace is
at most one behind; whoever begins in between is served by one request for everything.
"""

from __future__ import annotations

from collections.abc import Callable

from rfb import Follower
from rfb.encodings import update_request

# Seconds that a whole picture may take to come before one is asked for again, for those who joined meanwhile.
PATIENCE = 2.0


class Requests:
    """Asks the server. `send` writes to it, `now` is a clock in seconds."""

    def __init__(self, follower: Follower, send: Callable[[bytes], None], now: Callable[[], float]) -> None:
        self._follower = follower
        self._send = send
        self._now = now
        self._is_open = False
        self._wants_all = False
        self._asked_for_all: float | None = None
        self._size = (follower.width, follower.height)

    @property
    def wait(self) -> float | None:
        """Seconds until everything may be asked for once more; None where nobody waits for that."""
        if not self._wants_all or self._asked_for_all is None:
            return None
        return max(0.0, self._asked_for_all + PATIENCE - self._now())

    def want_all(self) -> None:
        """Somebody began, or lost something: everything has to be sent once."""
        self._wants_all = True

    def answered(self, *, whole: bool) -> None:
        """An update has come; `whole` where it covers the desktop."""
        self._is_open = False
        if whole:
            self._asked_for_all = None
        if self._size != (self._follower.width, self._follower.height):
            self._size = (self._follower.width, self._follower.height)
            self._asked_for_all = None
            self.want_all()

    def go_on(self, *, ready: bool) -> None:
        """Ask for what is due; `ready` says whether whoever sets the pace can take another update."""
        if self._wants_all and not self.wait:
            self._wants_all, self._asked_for_all = False, self._now()
            self._ask(incremental=False)
        elif ready and not self._is_open:
            self._ask(incremental=True)

    def _ask(self, *, incremental: bool) -> None:
        self._is_open = True
        self._send(update_request(self._follower.width, self._follower.height, incremental=incremental))
