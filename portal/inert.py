"""Texts that strangers chose, made harmless for whoever reads a page or an export.

A computer's name or a reason may hold anything: marks that turn the writing direction round, half a character, line
breaks, a whole novel. The audit keeps it as it came; people are shown this.
"""

from __future__ import annotations

import re
import unicodedata

MAX_SHOWN = 300
_SPACE = re.compile(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]+")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
REPLACED = "\N{REPLACEMENT CHARACTER}"
# Letters of some scripts, and emoji, are joined with these.
_JOINERS = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def inert(text: object, limit: int = MAX_SHOWN) -> str:
    """One line, without characters that nobody sees but that change how others are seen, and not endless."""
    whole = str(text)
    cut = whole[: limit + 1]
    line = _SPACE.sub(" ", cut).strip()
    if not line.isprintable():
        line = "".join(_shown(one) for one in line).strip()
    return line if len(whole) <= limit else f"{line[:limit]}…"


def whole(value: object) -> object:
    """The same value with no half of a surrogate pair in it: it can then be written as UTF-8."""
    if isinstance(value, str):
        return _SURROGATES.sub(REPLACED, value)
    if isinstance(value, dict):
        return {whole(str(name)): whole(inner) for name, inner in value.items()}
    return [whole(one) for one in value] if isinstance(value, list | tuple) else value


def _shown(character: str) -> str:
    unseen = unicodedata.category(character) in _UNSEEN and character not in _JOINERS
    return REPLACED if unseen else character
