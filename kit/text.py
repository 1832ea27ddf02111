"""Text that a file says of itself, made fit for a terminal."""

from __future__ import annotations

import unicodedata

MAX_TEXT = 80

# Controls, format marks, surrogates, private and unassigned characters, separators of lines and paragraphs.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def one_line(text: str | bytes) -> str:
    """`text` on one line, at most 80 characters, without anything that a terminal could obey."""
    decoded = text.decode("latin-1") if isinstance(text, bytes) else text
    visible = "".join(char for char in decoded[:1000] if unicodedata.category(char) not in _INVISIBLE)
    return visible.strip()[:MAX_TEXT].rstrip()
