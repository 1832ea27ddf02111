"""Bytes that have arrived and are not yet understood: a queue with an upper bound."""

from __future__ import annotations

from rfb.errors import TooMuchData


class ReceiveBuffer:
    """Holds at most ``limit`` bytes, in the order they came."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._bytes = bytearray()

    def __len__(self) -> int:
        return len(self._bytes)

    def append(self, data: bytes) -> None:
        """Add ``data`` at the end; where that would exceed the limit, add nothing and raise TooMuchData."""
        if len(self._bytes) + len(data) > self.limit:
            raise TooMuchData("the number of bytes waiting to be understood", self.limit)
        self._bytes += data

    def peek(self, count: int) -> bytes | None:
        """Return the first ``count`` bytes and keep them, or None while fewer are here."""
        return bytes(self._bytes[:count]) if count <= len(self._bytes) else None

    def take(self, count: int) -> bytes | None:
        """Remove and return the first ``count`` bytes, or None while fewer are here."""
        taken = self.peek(count)
        if taken is not None:
            del self._bytes[:count]
        return taken

    def take_all(self) -> bytes:
        """Remove and return whatever is left: the trailing bytes, for whoever reads next."""
        left = bytes(self._bytes)
        self._bytes.clear()
        return left
