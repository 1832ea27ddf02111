"""The listening sockets that whoever started this process has handed over (sd_listen_fds(3))."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, MutableMapping, Sequence

# SD_LISTEN_FDS_START and the variables of sd_listen_fds(3).
FIRST = 3
PID, COUNT, NAMES = "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"
MOST = 4096
WILDCARDS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  (recognised here, not bound)

Endpoint = tuple[str, int]


class Contradiction(Exception):
    """The sockets are others than the settings ask for; `str()` says which, and where to change that."""


def take_inherited(environ: MutableMapping[str, str] = os.environ, pid: int | None = None) -> list[socket.socket]:
    """The sockets meant for this process, in their order; they and their variables are not passed on to children.

    Raises:
        Contradiction: one of them is no TCP socket that listens.
    """
    meant, count = environ.pop(PID, ""), environ.pop(COUNT, "")
    environ.pop(NAMES, None)
    if meant != str(pid or os.getpid()) or not (count.isascii() and count.isdigit()):
        return []
    return [_listening(FIRST + number) for number in range(min(int(count), MOST))]


def check(inherited: Iterable[socket.socket], wanted: Sequence[Endpoint], setting: str, unit: str) -> None:
    """See to it that the sockets are what `setting` asks for: each of `wanted` there, and nothing else.

    Raises:
        Contradiction
    """
    own = list(inherited)
    if all(any(serves(one, *end) for one in own) for end in wanted) and all(_is_among(one, wanted) for one in own):
        return
    raise Contradiction(
        f"{setting} asks for {', '.join(map(_shown, wanted))}, but the service manager has opened "
        f"{', '.join(_shown(one.getsockname()[:2]) for one in own)}. The addresses are those of {unit}: change them "
        f"there (`systemctl edit {unit}`: an empty ListenStream=, then one for each address), and {setting} like them."
    )


def serves(listening: socket.socket, host: str, port: int) -> bool:
    """Whether a socket listens where one bound to `host` and `port` would; port 0 stands for any."""
    own_host, own_port = listening.getsockname()[:2]
    if port not in {0, own_port}:
        return False
    if host in WILDCARDS:
        return own_host in WILDCARDS and (host in {"", own_host} or _takes_both(listening))
    return own_host in _numbers(host)


def _is_among(listening: socket.socket, wanted: Sequence[Endpoint]) -> bool:
    return any(serves(listening, *end) for end in wanted)


def _listening(descriptor: int) -> socket.socket:
    try:
        # Its own: a child that is started later must not keep the port.
        os.set_inheritable(descriptor, False)  # noqa: FBT003  (the standard library's signature)
        one = socket.socket(fileno=descriptor)
        listens = one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise Contradiction(f"Descriptor {descriptor} was handed over as a socket: {error.strerror}.") from error
    if not listens or one.family not in {socket.AF_INET, socket.AF_INET6} or one.type is not socket.SOCK_STREAM:
        raise Contradiction(f"Descriptor {descriptor} was handed over, and is no TCP socket that listens.")
    # Two processes may wait at it for a moment: who comes too late must not be kept waiting in accept().
    one.setblocking(False)  # noqa: FBT003  (as above)
    return one


def _takes_both(listening: socket.socket) -> bool:
    if listening.family is not socket.AF_INET6:
        return False
    return not listening.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)


def _numbers(host: str) -> set[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return set()
    return {str(entry[4][0]) for entry in found}


def _shown(end: Endpoint) -> str:
    host, port = end
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
