"""A PostgreSQL server of the tests' own: in a folder of its own, as an unprivileged user, until the run is over.

`server()` starts it once a process, `database(name, template)` makes a database in it, in a tenth of a second. Nothing
is kept on the disk for sure (`fsync=off`): what is tested is what the register says to it.
"""

from __future__ import annotations

import atexit
import itertools
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import psycopg

UNPRIVILEGED = "nobody"
OWNER = "reachback"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def programs() -> Path:
    """Where the server's programs are: Debian keeps each version's in a folder of its own."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    assert found, "PostgreSQL is not installed: scripts/setup test"
    return found[-1].parent


@dataclass
class Server:
    """A server on a socket in its folder, and on TCP where `settings` say so."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _names: itertools.count[int] = field(default_factory=itertools.count)

    def make(self) -> None:
        """Make its data folder."""
        self.folder.chmod(0o711)
        (self.folder / "data").mkdir(mode=0o700)
        (self.folder / "socket").mkdir(mode=0o755)
        for name in ("data", "socket"):
            if os.getuid() == 0:
                shutil.chown(self.folder / name, UNPRIVILEGED)
        self._run("initdb", "--no-sync", "--auth=trust", f"--username={OWNER}", "--encoding=UTF8", "--locale=C.UTF-8")

    def start(self, *before: str) -> None:
        """Start it, `before` being what runs it (such as `ip netns exec NAME`), and wait until it answers."""
        told = {"listen_addresses": "", "unix_socket_directories": str(self.folder / "socket")} | FAST | self.settings
        options = [word for name, value in told.items() for word in ("-c", f"{name}={value}")]
        command = [*before, programs() / "postgres", "-D", self.folder / "data", *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd="/", start_new_session=True, **self._as_nobody(*before)
            )
        self._wait()

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop it as an upgrade of it does: whoever is connected is cut off. SIGQUIT: as a crash does."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(30)
            self._process = None

    def url(self, name: str) -> str:
        """The address of one database."""
        return f"postgresql+psycopg://{OWNER}@/{name}?host={self.folder / 'socket'}"

    def new(self, template: str = "template1", prefix: str = "db") -> str:
        """Make a database like `template`; answers its name."""
        name = f"{prefix}_{next(self._names)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        with self.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def connect(self, name: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A connection without a transaction."""
        return psycopg.connect(host=str(self.folder / "socket"), user=OWNER, dbname=name, autocommit=True)

    def close(self) -> None:
        """Stop it for good."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self) -> None:
        for _ in range(600):
            try:
                self.connect().close()
            except psycopg.OperationalError:
                assert self._process is not None
                assert self._process.poll() is None, (self.folder / "log").read_text()
                signal.sigtimedwait([], 0.05)
            else:
                return
        raise AssertionError((self.folder / "log").read_text())

    def _run(self, program: str, *options: str) -> None:
        command = [programs() / program, "-D", self.folder / "data", *options]
        subprocess.run(command, check=True, capture_output=True, cwd="/", timeout=60, **self._as_nobody())

    def _as_nobody(self, *before: str) -> dict[str, object]:
        """The server refuses to run as root."""
        if os.getuid() != 0 or before:
            return {}
        user = pwd.getpwnam(UNPRIVILEGED)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@cache
def server() -> Server:
    """The server of this process's tests."""
    own = Server(Path(mkdtemp(prefix="reachback-postgres-")))
    own.make()
    own.start()
    atexit.register(own.close)
    return own
