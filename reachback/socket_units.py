"""For which services systemd keeps a port open: there the socket belongs to systemd, not to the process that serves."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

ASK_SECONDS = 5.0


def activated(listing: str, port: int) -> list[str]:
    """Units that are started for `port`, by what `systemctl list-sockets --output=json` says."""
    try:
        found = json.loads(listing)
        return [one["activates"] for one in found if str(one["listen"]).rpartition(":")[2] == str(port)]
    except (ValueError, KeyError, TypeError):
        return []


def commands_behind(port: int, proc: Path = Path("/proc")) -> list[str]:
    """The command lines of the services that systemd keeps `port` open for; none where there is no systemd."""
    units = activated(_systemctl("list-sockets", "--output=json"), port)
    pids = [_systemctl("show", "--property=MainPID", "--value", unit).strip() for unit in units]
    return [command for pid in pids if (command := _command(proc / pid / "cmdline"))]


def _systemctl(*words: str) -> str:
    program = shutil.which("systemctl")
    if program is None:
        return ""
    try:
        asked = subprocess.run(  # noqa: S603  (systemd's own program, and names that systemd gave)
            (program, "--no-pager", *words), capture_output=True, text=True, check=False, timeout=ASK_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout


def _command(file: Path) -> str:
    try:
        return file.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""
