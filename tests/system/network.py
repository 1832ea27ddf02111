"""A network of a test's own: a loopback interface and nothing else, so that any port is free and nothing gets out."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNET = 0x40000000  # linux/sched.h


class NoNetwork(Exception):
    """This process may not have a network of its own; `str()` says why."""


@contextmanager
def network_of_its_own() -> Iterator[None]:
    """For the length of a `with` block this thread, and all that it starts, live in a new network.

    Raises:
        NoNetwork
    """
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/self/ns/net").open("rb") as former:
        if libc.unshare(CLONE_NEWNET):
            raise NoNetwork(f"no network namespace may be made here: {os.strerror(ctypes.get_errno())}")
        try:
            subprocess.run(("ip", "link", "set", "lo", "up"), check=True, timeout=30)
            yield
        finally:
            libc.setns(former.fileno(), CLONE_NEWNET)
