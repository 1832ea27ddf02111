"""What websockify counts: its connections' processes tell the first one, which keeps the book."""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from meters import catalogue
from meters.book import Book
from meters.relay import Relay
from sessions.errors import (
    CallReplaced,
    NotYourTurn,
    TicketElsewhere,
    TicketExpired,
    TicketForeign,
    TicketRefused,
    TicketSpent,
    TicketUnknown,
)

REASONS: dict[type[TicketRefused], str] = {
    TicketUnknown: "unknown",
    TicketForeign: "foreign",
    TicketSpent: "spent",
    TicketExpired: "expired",
    CallReplaced: "call_replaced",
    TicketElsewhere: "elsewhere",
    NotYourTurn: "not_your_turn",
}
WRITE_SECONDS = 1.0


class Tally:
    """Counts WebSockets into a book in `folder`."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._book = Book(folder, "websockify", catalogue.KEPT_BY["websockify"])
        self._relay = Relay(catalogue.METERS)
        self._due = clock()

    # In the process of one connection.

    def leave_book(self) -> None:
        """The book is the first process's: whoever comes after it must not find its place taken by us."""
        self._book.close()

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """A WebSocket waits for its ticket's spending; whatever is raised meanwhile is why it was refused."""
        began = self._clock()
        try:
            yield
        except TicketRefused as refusal:
            self.refused(REASONS.get(type(refusal), ""))
            raise
        self._relay.observe(catalogue.TICKET, self._clock() - began)
        self._relay.count(catalogue.WEBSOCKETS)

    def refused(self, reason: str) -> None:
        """It was refused."""
        self._relay.count(catalogue.REFUSED, reason)
        if reason == "register":
            self._relay.count(catalogue.DATABASE_ERRORS, "websockify")

    # In the first process.

    def write(self) -> None:
        """Write down what was told, once a second."""
        if self._clock() < self._due:
            return
        self._due = self._clock() + WRITE_SECONDS
        self._relay.collect()
        catalogue.WEBSOCKETS_OPEN.set(len(multiprocessing.active_children()))
        self._book.write()
