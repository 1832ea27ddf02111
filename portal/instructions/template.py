"""Scripts are files with gaps: `@name@` is a value, a line `@say name@` is a sentence in as many lines as it takes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

SCRIPTS = Path(__file__).parent / "scripts"
WIDTH = 76

_GAP = re.compile(r"^(?P<indent>[ \t]*)@say (?P<sentence>[a-z_]+)@$|@(?P<value>[a-z_]+)@", re.MULTILINE)


def fill(name: str, values: Mapping[str, str], say: Callable[[str], list[str]]) -> str:
    """The script `name` with all its gaps filled; `say` answers the command lines that print a sentence.

    Raises:
        KeyError: the script has a gap that nobody fills.
    """

    def filling(gap: re.Match[str]) -> str:
        if gap["value"]:
            return values[gap["value"]]
        return "\n".join(gap["indent"] + line for line in say(gap["sentence"]))

    # In one pass: what fills a gap, a name for example, may look like one.
    return _GAP.sub(filling, (SCRIPTS / name).read_text(encoding="ascii"))


def wrapped(sentence: str) -> list[str]:
    """`sentence` in lines that a console of eighty columns holds."""
    return textwrap.wrap(sentence, WIDTH, break_on_hyphens=False)
