"""Once a second: what the listener's parts counted in plain numbers, taken to where Prometheus finds it."""

from __future__ import annotations

from meters import catalogue
from meters.book import Book
from reverse_listener.desk import Desk, Work
from reverse_listener.door import Door
from reverse_listener.ledger import Ledger


class Readings:
    """Reads `desk`, `door` and `ledger`, and writes the book."""

    def __init__(self, desk: Desk, door: Door, ledger: Ledger, book: Book) -> None:
        self._desk = desk
        self._door = door
        self._ledger = ledger
        self._book = book
        self._seen = Work()

    def take(self) -> None:
        """Read, and write down."""
        self._add(self._desk.work)
        catalogue.CONNECTIONS.set(self._door.present)
        catalogue.VERBS_WAITING.set(self._ledger.waiting)
        catalogue.SEAT_BYTES.set(self._desk.under_way)
        self._book.write()

    def _add(self, work: Work) -> None:
        before, self._seen = self._seen, work
        catalogue.CALL_BYTES.add("from_customer", work.from_customer - before.from_customer)
        catalogue.CALL_BYTES.add("to_customer", work.to_customer - before.to_customer)
        catalogue.FOLLOW.add(by=work.follow_seconds - before.follow_seconds)
