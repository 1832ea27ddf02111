from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import rfb

FILES = sorted(Path(rfb.__file__).parent.glob("*.py"))
NETWORK_AND_CLOCK = {"asyncio", "select", "selectors", "socket", "socketserver", "ssl", "threading", "time"}


def imported(source: str) -> set[str]:
    """Return the top names of everything ``source`` imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def forbidden(source: str) -> set[str]:
    names = imported(source) - {"rfb"}
    return (names - sys.stdlib_module_names) | (names & NETWORK_AND_CLOCK)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_imports_the_standard_library_without_network_and_clock(path: Path) -> None:
    assert forbidden(path.read_text()) == set()


@pytest.mark.parametrize("line", ["import time", "from socket import socket", "import sessions.models", "import numpy"])
def test_a_planted_import_would_be_found(line: str) -> None:
    assert forbidden(line) != set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_map_names_every_file(path: Path) -> None:
    assert path.stem == "__init__" or f"``{path.stem}``" in (rfb.__doc__ or "")


def test_public_names_are_there() -> None:
    assert all(hasattr(rfb, name) for name in rfb.__all__)
    assert rfb.__all__ == sorted(rfb.__all__)
