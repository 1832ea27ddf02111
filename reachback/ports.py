"""Who listens on a port of this machine, asked of the kernel: nobody's door is knocked at.

Knocking would leave traces: the listener takes every connection for a customer's call.
"""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Iterator
from pathlib import Path

from sessions.settings import Address

PROC = Path("/proc")
_LISTEN = "0A"  # TCP_LISTEN in the kernel's include/net/tcp_states.h


def listening_sockets(proc: Path = PROC) -> dict[int, set[str]]:
    """Every TCP port that is listened on, with the inodes of the sockets that do."""
    found: dict[int, set[str]] = {}
    for port, inode, _uid in _both(proc):
        found.setdefault(port, set()).add(inode)
    return found


def user_of(port: int, proc: Path = PROC) -> str | None:
    """The user whose program listens on `port`; everybody may know that. None where nobody does."""
    uid = next((uid for listening, _inode, uid in _both(proc) if listening == port), None)
    try:
        return pwd.getpwuid(uid).pw_name if uid is not None else None
    except KeyError:
        return str(uid)


def is_of_this_user(port: int, proc: Path = PROC) -> bool:
    """Whether a program of the very user who asks listens on `port`."""
    return any(listening == port and uid == os.getuid() for listening, _inode, uid in _both(proc))


def is_listening(port: int) -> bool:
    """Whether any program listens on `port`."""
    return port in listening_sockets()


def why_not_free(address: Address) -> str | None:
    """Why nothing new can listen on `address` (one clause), or None where it can."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        socket.create_server((address.host, address.port), family=family).close()
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    return None


def owners(port: int, proc: Path = PROC) -> list[str]:
    """The command lines of the programs that listen on `port`: those that this user may look at."""
    links = {f"socket:[{inode}]" for inode in listening_sockets(proc).get(port, ())}
    return [_command(process) for process in proc.glob("[0-9]*") if not links.isdisjoint(_open_files(process))]


def _both(proc: Path) -> Iterator[tuple[int, str, int]]:
    for table in (proc / "net/tcp", proc / "net/tcp6"):
        yield from _listeners(table)


def _listeners(table: Path) -> Iterator[tuple[int, str, int]]:
    # Columns as in proc(5): sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode
    if not table.exists():
        return
    for line in table.read_text().splitlines()[1:]:
        columns = line.split()
        if columns[3] == _LISTEN:
            yield int(columns[1].rpartition(":")[2], 16), columns[9], int(columns[7])


def _open_files(process: Path) -> set[str]:
    try:
        return {_target(link) for link in (process / "fd").iterdir()}
    except OSError:
        return set()  # another user's program, or one that has just ended


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""  # closed since it was listed


def _command(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""
