"""What can be wrong with the kit as a whole; `str()` is one sentence with the cure."""

from __future__ import annotations


class KitError(Exception):
    """The kit cannot be looked at."""


class Unfit(Exception):
    """One entry of the folder cannot be part of the kit; `str()` is the reason, one clause."""


class NotAProgram(Exception):
    """A file is no Windows program or library that could be understood; `str()` is the reason, one clause."""
