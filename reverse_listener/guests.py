"""Who may be shown a call: technicians' seats, and recordings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rfb import Desktop

Bytes = bytes | memoryview


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a guest's stream begins, or begins again after a gap.

    `desktop` is what it is now. `words` are server messages that are no pictures: the clipboard. `update` are those
    that are: what a decoder has to know, the cursor, what the server announced once; in the middle of an update it
    ends with a header for the rest of it, so that what is sent from here on continues it.
    """

    desktop: Desktop
    words: bytes
    update: bytes


class Guest(Protocol):
    """One who is shown a call."""

    @property
    def is_full(self) -> bool:
        """It takes no more for now: a guest that watches is then left out, and begins anew when it has room."""

    def begin(self, beginning: Beginning) -> None:
        """Its stream begins here: first, again after a gap, or as it wished itself."""

    def send(self, data: Bytes) -> None:
        """The server's pictures from there on; the memory below `data` is only lent."""

    def tell(self, message: bytes) -> None:
        """A message that is no picture: a bell, a clipboard."""

    def whole(self) -> None:
        """All that the desktop shows has been sent since its stream began."""

    def finish(self) -> None:
        """The server will say nothing more."""

    def leave(self) -> None:
        """The call is over, or nobody can join it any more."""


class Sitter(Guest, Protocol):
    """A guest who also acts: a technician's seat."""

    def pause(self) -> None:
        """Read no more from the technician for now."""

    def resume(self) -> None:
        """Read on."""
