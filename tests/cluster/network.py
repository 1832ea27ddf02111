"""A small network in namespaces of the kernel: customers, a load balancer, two nodes, a database.

    customers 198.51.100.7 ── 198.51.100.1 balancer 203.0.113.10, 10.0.0.1 ──┬── node-1   10.0.0.11
                                                                            ├── node-2   10.0.0.12
                                                                            └── database 10.0.0.20

Nothing in it reaches anything outside. `inside` puts the calling thread into one of them for the length of a `with`
block: sockets that are made there stay there.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CLONE_NEWNET = 0x40000000
OUTER, INNER = "203.0.113.10", "10.0.0.1"
HOME = "198.51.100.7"
ADDRESSES = {"node-1": "10.0.0.11", "node-2": "10.0.0.12", "database": "10.0.0.20"}

_libc = ctypes.CDLL(None, use_errno=True)


def why_not() -> str:
    """Why no network can be made here; empty where it can."""
    if os.getuid() != 0:
        return "network namespaces are root's to make"
    missing = [program for program in ("ip", "haproxy") if not shutil.which(program)]
    if missing:
        return f"{', '.join(missing)} not installed: scripts/setup test"
    name = f"rb{os.getpid()}-try"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"no network namespaces here: {made.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], check=False)
    return ""


@dataclass
class Network:
    """All of it. Names carry the process's number, so that two runs do not meet."""

    prefix: str = field(default_factory=lambda: f"rb{os.getpid()}")

    def make(self) -> None:
        """Make it."""
        for name in ("balancer", "customers", *ADDRESSES):
            self._ip("netns", "add", self.name(name))
            self._within(name, "link", "set", "lo", "up")
        self._within("balancer", "addr", "add", f"{OUTER}/32", "dev", "lo")
        self._within("balancer", "link", "add", "inner", "type", "bridge")
        self._within("balancer", "addr", "add", f"{INNER}/24", "dev", "inner")
        self._within("balancer", "link", "set", "inner", "up")
        for name, address in ADDRESSES.items():
            self._cable(name, address)
            self._within("balancer", "link", "set", name, "master", "inner")
        self._cable("customers", HOME)
        self._within("balancer", "addr", "add", "198.51.100.1/24", "dev", "customers")
        self._within("customers", "route", "add", "default", "via", "198.51.100.1")

    def remove(self) -> None:
        """Remove it; whoever is still in it keeps nothing alive but itself."""
        for name in ("balancer", "customers", *ADDRESSES):
            subprocess.run(["ip", "netns", "del", self.name(name)], check=False, capture_output=True)

    def name(self, place: str) -> str:
        """What the kernel calls a place."""
        return f"{self.prefix}-{place}"

    def command(self, place: str) -> tuple[str, ...]:
        """What is put before a command that is to run there."""
        return ("ip", "netns", "exec", self.name(place))

    @contextlib.contextmanager
    def inside(self, place: str) -> Iterator[None]:
        """Be there, in this thread."""
        with Path("/proc/thread-self/ns/net").open() as before, Path("/run/netns", self.name(place)).open() as there:
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(before.fileno())

    def _cable(self, name: str, address: str) -> None:
        peer = ("type", "veth", "peer", "name", "eth0", "netns", self.name(name))
        self._within("balancer", "link", "add", name, *peer)
        self._within("balancer", "link", "set", name, "up")
        self._within(name, "addr", "add", f"{address}/24", "dev", "eth0")
        self._within(name, "link", "set", "eth0", "up")

    def _within(self, place: str, *words: str) -> None:
        self._ip("-n", self.name(place), *words)

    def _ip(self, *words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
