"""A Debian machine of a test's own: systemd is its first process, and what it writes is gone with it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.journey.programs import Programs, programs_in
from tests.processes import Process, wait_until

BOOT_SECONDS = 90.0
COMMAND_SECONDS = 120.0
ENVIRON = ("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "TERM=dumb")
PACKAGES = "/packages"


class DoesNotBoot(Exception):
    """No machine can be had here; `str()` says why."""


@dataclass(frozen=True)
class Ran:
    """How a command on the machine ended."""

    status: int
    output: str = field(repr=False)


@dataclass(frozen=True)
class Machine:
    """A booted machine; `packages` is a folder it can read, as /packages."""

    init: psutil.Process
    packages: Path

    def try_to(self, *command: str) -> Ran:
        """Run a command as root, in the machine."""
        words = ("nsenter", "--target", str(self.init.pid), "--all", "--", "env", "-i", *ENVIRON, *command)
        ran = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        return Ran(ran.returncode, ran.stdout.strip())

    def run(self, *command: str) -> str:
        """The same; a command that fails is an error of the test."""
        ran = self.try_to(*command)
        assert ran.status == 0, f"{command} ended with {ran.status}: {ran.output[-4000:]}"
        return ran.output

    def install(self, package: Path) -> str:
        """Let apt install a package out of the folder."""
        return self.run("apt-get", "install", "--yes", "--quiet=2", f"{PACKAGES}/{package.name}")

    def is_active(self, unit: str) -> bool:
        return self.try_to("systemctl", "is-active", "--quiet", unit).status == 0

    def shown(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.run("systemctl", "show", "--property", name, "--value", unit)

    def journal(self) -> str:
        """Everything that Reachback's units have logged."""
        return self.run("journalctl", "--no-pager", "--output=cat", "--unit=reachback-*")


@contextmanager
def booted(root: Path, packages: Path, logs: Path) -> Iterator[Machine]:
    """A machine with `root` as its file system, for the length of a `with` block.

    Raises:
        DoesNotBoot
    """
    with programs_in(logs) as programs:
        manager = _start(programs, root, packages)
        with suppress(AssertionError):
            wait_until(lambda: _is_up(manager, packages), BOOT_SECONDS, "the machine is up")
        if not _is_up(manager, packages):
            raise DoesNotBoot(f"systemd-nspawn boots no machine here: {manager.log.strip()[-500:]}")
        yield Machine(_init(manager), packages)


def _start(programs: Programs, root: Path, packages: Path) -> Process:
    return programs.start(
        "machine",
        *("systemd-nspawn", "--quiet", "--boot", "--volatile=overlay", "--directory", str(root)),
        *("--register=no", "--keep-unit", "--console=pipe", f"--bind-ro={packages}:{PACKAGES}"),
    )


def _is_up(manager: Process, packages: Path) -> bool:
    with suppress(psutil.Error, IndexError):
        machine = Machine(_init(manager), packages)
        return machine.try_to("systemctl", "is-system-running").output in {"running", "degraded"}
    return False


def _init(manager: Process) -> psutil.Process:
    return psutil.Process(manager.pid).children()[0]
