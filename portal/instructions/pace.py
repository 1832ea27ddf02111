"""How often the scripts look, ask and dial."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """In seconds, whole ones: a batch file can wait no other way.

    `tick` lies between two looks at the link, `ask` between two questions whether the session has ended, `start` is
    given to a server that was just started. After a loss the pauses between dials grow from `first` to `last`.
    """

    tick: int = 3
    ask: int = 9
    first: int = 6
    last: int = 30
    start: int = 2

    def ticks(self, seconds: int) -> int:
        """How many looks fill `seconds`."""
        return max(1, seconds // self.tick)


UNHURRIED = Pace()
