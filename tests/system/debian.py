"""The root file system of a fresh Debian, as this machine runs, made once and kept under ~/.cache/reachback."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reachback"
# A server's smallest system, and what the package depends on: the machine under test reaches no mirror.
PACKAGES = ("systemd", "systemd-sysv", "dbus", "python3", "libstdc++6", "zlib1g")
MAKING_SECONDS = 600


class NoDebian(Exception):
    """No root file system could be made; `str()` says why."""


def codename() -> str:
    """What this machine's release is called: the package is built for its Python."""
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "")


def root() -> Path:
    """The folder that holds it; nobody changes anything in there.

    Raises:
        NoDebian
    """
    wanted = " ".join((codename(), *PACKAGES))
    kept = CACHE / f"debian-{sha256(wanted.encode()).hexdigest()[:12]}"
    if not kept.is_dir():
        _make(kept)
    return kept


def _make(kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    making = Path(mkdtemp(dir=kept.parent, prefix="making-"))
    command = ("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", codename(), making, _mirror())
    made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=MAKING_SECONDS)
    if made.returncode:
        shutil.rmtree(making)
        raise NoDebian(f"debootstrap: {(made.stdout + made.stderr).strip().splitlines()[-1:]}")
    making.chmod(0o755)
    making.rename(kept)


def _mirror() -> str:
    """Where this machine has its own packages from."""
    wanted = ("Created-By: Packages", f"Codename: {codename()}", "Component: main")
    command = ("apt-get", "indextargets", "--format", "$(REPO_URI)", *wanted)
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout.split()
    if not told:
        raise NoDebian(f"apt knows no mirror of {codename() or 'this system'}")
    return told[0]
