"""`python -m service.reload PID`: what `systemctl reload` runs. It ends when the reload has, and fails where that did.

It says first that a reload has begun, then sends SIGHUP (Debian's smallest systems have no kill(1)), and waits for the
one datagram that the process sends by `tell`, at a socket in the abstract namespace (unix(7)).
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import sys
import time

from service.notify import Notifier

# A successor has 60 seconds to be ready, and systemd waits for 90.
WAIT_SECONDS = 80.0
MAX_WORDS = 2048
# struct ucred of unix(7): process, user, group.
CREDENTIALS = struct.Struct("=iII")


def is_possible() -> bool:
    """Whether SIGHUP is to mean a reload: a terminal that is closed sends it too, and what was started there ends."""
    return not os.isatty(0)


def tell(failure: str = "") -> None:
    """Say how this process's reload went: `failure`, or well. Where nobody waits for it, nobody is told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out, contextlib.suppress(OSError):
        out.sendto(failure.encode()[:MAX_WORDS], _address(os.getpid()))


def reload(pid: int, notifier: Notifier, seconds: float = WAIT_SECONDS) -> str:
    """Have the process `pid` load again; answers why that failed, or nothing."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hearing:
        try:
            hearing.bind(_address(pid))
        except OSError:
            return "Another reload is under way. Wait until it has ended, then try again."
        hearing.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        notifier.reloading()
        try:
            os.kill(pid, signal.SIGHUP)
            return _heard(hearing, pid, time.monotonic() + seconds)
        except ProcessLookupError:
            return f"Process {pid} is not there any more. Start the service."
        except TimeoutError:
            return f"It did not say within {seconds:.0f} s how its reload went; its log does."


def _heard(hearing: socket.socket, pid: int, until: float) -> str:
    while True:
        # Until then in all: somebody else who speaks there without end must not keep us.
        hearing.settimeout(max(until - time.monotonic(), 0.001))
        words, ancillary, _flags, _sender = hearing.recvmsg(MAX_WORDS, socket.CMSG_SPACE(CREDENTIALS.size))
        # Anybody on this machine may send there; the kernel says who did.
        if any(
            CREDENTIALS.unpack(data)[0] == pid for _level, kind, data in ancillary if kind == socket.SCM_CREDENTIALS
        ):
            return words.decode(errors="replace")


def _address(pid: int) -> str:
    return f"\0reachback-reload-{pid}"


if __name__ == "__main__":
    sys.exit(reload(int(sys.argv[1]), Notifier.from_env()) or 0)
