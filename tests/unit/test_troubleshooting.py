"""What docs/troubleshooting.md lets the program say, the program says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
ROOMS = ("sessions", "portal", "reverse_listener", "token_plugin", "reachback", "kit", "rfb", "certificates", "service")
QUOTED = sorted(set(re.findall(r"“([^”]+)”", PAGE)) - {"quotes"})


def said_in_code() -> str:
    """Every text in the code, and the viewer's; where something is put into a text there is a gap."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "noVNC" / "src").glob("*.js")]
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            texts += [
                node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
    return "\n".join(texts)


SAID = said_in_code()


@pytest.mark.parametrize("sentence", QUOTED)
def test_a_sentence_that_is_quoted_is_one_that_is_said(sentence: str) -> None:
    pieces = [piece.strip() for piece in re.sub(r"\s+", " ", sentence).split("…")]
    assert [piece for piece in pieces if piece not in SAID] == []


def test_there_are_symptoms_enough() -> None:
    assert len(re.findall(r"^### ", PAGE, re.MULTILINE)) >= 15
    assert len(QUOTED) >= 30
