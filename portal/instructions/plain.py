"""Text from outside, made fit for a console: no control characters, and only what its code page has."""

from __future__ import annotations

import unicodedata

MAX_NAME = 64

_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "yo", "ж": "zh", "з": "z", "и": "i", "й": "y",
    "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
    "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu",
    "я": "ya", "є": "ye", "і": "i", "ї": "yi", "ґ": "g",
}  # fmt: skip
# What Unicode does not take apart by itself.
_LOOKALIKES = {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"} | {
    "“": "'", "”": "'", "„": "'", "«": "'", "»": "'", "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...",
    '"': "'", "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ",
}  # fmt: skip


def plain_name(name: str) -> str:
    """`name` on one line, without what cannot be seen, at most 64 characters."""
    spaced = " ".join("".join(" " if c.isspace() else c for c in name if _is_shown(c)).split())
    return spaced[:MAX_NAME].strip()


def within(text: str, encoding: str) -> str:
    """`text` with every character that `encoding` lacks written in letters that it has, or as a question mark."""
    return "".join(_within(character, encoding) for character in unicodedata.normalize("NFC", text))


def _is_shown(character: str) -> bool:
    # Cc, Cf (bidirectional marks), Cs, Co, Cn: nothing that a person reads.
    return character.isspace() or not unicodedata.category(character).startswith("C")


def _within(character: str, encoding: str) -> str:
    for candidate in (character, _spelled(character), _without_marks(character)):
        if candidate is not None and _fits(candidate, encoding):
            return candidate
    return "?"


def _spelled(character: str) -> str | None:
    small = character.lower()
    letters = _LOOKALIKES.get(small, _CYRILLIC.get(small))
    if letters is None:
        return None
    return letters if character == small else letters.capitalize()


def _without_marks(character: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
