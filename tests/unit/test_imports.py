"""Imports point one way, and the protocol package cannot do I/O. The rooms are drawn in the design page."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = (
    "sessions",
    "rfb",
    "recordings",
    "reverse_listener",
    "token_plugin",
    "portal",
    "kit",
    "meters",
    "certificates",
    "service",
    "reachback",
)

# What each package may use of ours besides itself.
MAY_USE = {
    "sessions": frozenset[str](),
    "rfb": frozenset[str](),
    "recordings": frozenset[str](),
    "certificates": frozenset({"sessions"}),
    "reverse_listener": frozenset({"sessions", "rfb", "recordings", "meters", "certificates", "service"}),
    "token_plugin": frozenset({"sessions", "meters", "certificates", "service"}),
    "portal": frozenset({"sessions", "kit", "recordings", "meters", "certificates", "service"}),
    "kit": frozenset[str](),
    "meters": frozenset[str](),
    "service": frozenset[str](),
    "reachback": frozenset(OURS),
}
# What each may not use of others: the register has never heard of the web or of a socket, the protocol cannot wait.
MAY_NOT_USE = {
    "sessions": frozenset({"flask", "apiflask", "flask_sqlalchemy", "websockify", "asyncio", "socket", "ssl"}),
    "recordings": frozenset({"asyncio", "socket", "time", "ssl", "threading", "subprocess"}),
    "rfb": frozenset({"asyncio", "socket", "time", "ssl", "threading", "select", "selectors", "subprocess"}),
    "portal": frozenset({"websockify", "asyncio"}),
    "token_plugin": frozenset({"flask"}),
    "reverse_listener": frozenset({"flask", "websockify"}),
    "kit": frozenset({"asyncio", "socket", "ssl", "subprocess"}),
    "meters": frozenset({"asyncio", "socket", "ssl", "subprocess", "time"}),
}
# What some may use of others at all, besides the standard library: the protocol nothing, the kit what reads programs.
MAY_USE_OF_OTHERS = {
    "rfb": frozenset[str](),
    "recordings": frozenset[str](),
    "kit": frozenset({"pefile", "cryptography"}),
    "meters": frozenset({"prometheus_client"}),
    "certificates": frozenset({"sessions"}),
    "service": frozenset[str](),
}


def imported(source: str, package: tuple[str, ...]) -> Iterator[str]:
    """Full names of all modules that `source`, a file of `package`, imports; also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            yield ".".join((*above, *filter(None, [node.module])))


def wrong(room: str, name: str) -> str | None:
    """Why a file of `room` must not import the module `name`, or None where it may."""
    top = name.partition(".")[0]
    if top in OURS and top != room and top not in MAY_USE[room]:
        return f"{room} must not use {top}"
    if top in MAY_NOT_USE.get(room, ()):
        return f"{room} must not use {name}"
    others = MAY_USE_OF_OTHERS.get(room)
    if others is not None and top not in {room, *others} and top not in sys.stdlib_module_names:
        return f"{room} must not use {name}, which is neither ours nor the standard library's"
    return None


def wrong_imports(room: Path) -> list[str]:
    """One line for each import in the folder `room` that points the wrong way."""
    found = []
    for file in sorted(room.rglob("*.py")):
        package = file.relative_to(room.parent).parent.parts
        for name in imported(file.read_text(), package):
            reason = wrong(room.name, name)
            if reason:
                found.append(f"{file.relative_to(room.parent)}: {reason}")
    return found


@pytest.mark.parametrize("room", OURS)
def test_imports_point_one_way(room: str) -> None:
    assert list((ROOT / room).rglob("*.py")), f"{room}/ holds no Python file, so nothing was checked"
    assert wrong_imports(ROOT / room) == []


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("rfb", "import asyncio"),
        ("rfb", "from time import monotonic"),
        ("rfb", "import numpy"),
        ("rfb", "from sessions.secrets import digest"),
        ("rfb", "def later():\n    import socket"),
        ("sessions", "import flask"),
        ("sessions", "from rfb.preamble import Preamble"),
        ("sessions", "from asyncio import sleep"),
        ("portal", "import reverse_listener"),
        ("portal", "from rfb import fields"),
        ("token_plugin", "from reverse_listener.desk import Desk"),
        ("token_plugin", "import portal"),
        ("reverse_listener", "import portal.api"),
        ("reverse_listener", "from token_plugin import SessionTickets"),
        ("reverse_listener", "from kit import Kit"),
        ("kit", "from sessions.settings import Settings"),
        ("kit", "import flask"),
        ("kit", "import socket"),
        ("service", "from sessions.settings import Settings"),
        ("service", "import systemd"),
    ],
)
def test_a_planted_wrong_import_is_found(tmp_path: Path, room: str, line: str) -> None:
    folder = tmp_path / room / "deeper"
    folder.mkdir(parents=True)
    (folder / "planted.py").write_text(line)
    assert len(wrong_imports(tmp_path / room)) == 1


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("rfb", "import zlib, struct\nfrom rfb.buffer import Buffer\nfrom .fields import u16"),
        ("portal", "import flask\nfrom kit import Kit\nfrom sessions.views import SessionView"),
        ("kit", "import hashlib, pefile\nfrom cryptography import x509\nfrom kit.pins import Pin"),
        ("reverse_listener", "import asyncio\nimport rfb.preamble\nfrom sessions import errors"),
        ("reachback", "import portal, reverse_listener, token_plugin, sessions, rfb, kit"),
    ],
)
def test_a_right_import_is_left_alone(tmp_path: Path, room: str, line: str) -> None:
    (tmp_path / room).mkdir()
    (tmp_path / room / "planted.py").write_text(line)
    assert wrong_imports(tmp_path / room) == []
