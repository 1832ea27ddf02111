"""Which steps a visitor is shown first: guessed from what their browser says of its computer, or chosen by hand."""

from __future__ import annotations

import re
from enum import StrEnum


class Ways(StrEnum):
    """The ways to let a computer call; each is a page of steps."""

    XP = "xp"
    WINDOWS = "windows"
    LINUX = "linux"
    KIT = "kit"
    TIGHTVNC = "tightvnc"
    TIGHTVNC13 = "tightvnc13"
    ULTRAVNC = "ultravnc"
    EXPERTS = "experts"


# Windows NT 5.1 is XP, 5.2 its 64-bit edition; Vista is 6.0, and 10.0 stands for everything since.
_SIGNS = (
    (re.compile(r"Android|iPhone|iPad|Mac OS X|Macintosh|CrOS", re.IGNORECASE), None),
    (re.compile(r"Windows NT [4-5]\.|Windows (?:9[58]|ME|XP|2000)|Win 9x|Win9[58]", re.IGNORECASE), Ways.XP),
    (re.compile(r"Windows", re.IGNORECASE), Ways.WINDOWS),
    (re.compile(r"Linux|X11|BSD", re.IGNORECASE), Ways.LINUX),
)


def guessed(user_agent: str) -> Ways | None:
    """The way for the computer that a browser names, or None where the page is open on a telephone, a tablet or a Mac.

    A browser that names no computer (text browsers do not) is taken for one on Windows XP: its steps do no harm on
    newer ones.
    """
    return next((way for sign, way in _SIGNS if sign.search(user_agent)), Ways.XP)


def chosen(wanted: str, user_agent: str, ways: frozenset[Ways], *, kit_first: bool) -> Ways | None:
    """The way chosen by hand, where there is such a one, else the guessed one.

    A Windows that nobody prepared has no VNC server: `kit_first` where the kit brings the one that its script starts.
    """
    if wanted in ways:
        return Ways(wanted)
    way = guessed(user_agent)
    return Ways.KIT if kit_first and way in {Ways.XP, Ways.WINDOWS} else way
