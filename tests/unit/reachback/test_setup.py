"""The set-up script, where it may change nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[3] / "scripts/setup"
NOBODY = "65534"
PLAIN_COMMANDS = ("bash", "cat", "cut", "dirname", "env", "id", "sha256sum")

pytestmark = pytest.mark.integration


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder for PATH in which neither npm nor sudo nor a whole Python is found."""
    for name in PLAIN_COMMANDS:
        (tmp_path / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    return tmp_path


def setup(purpose: str, path: Path, *, as_nobody: bool) -> subprocess.CompletedProcess[str]:
    drop = [shutil.which("setpriv") or "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    words = [*(drop if as_nobody else []), str(path / "bash"), "-s", purpose]
    # Read from standard input: nobody may not be able to enter the folder the checkout lies in.
    script = SETUP.read_text().replace('cd "$(dirname "$0")/.."', "")
    return subprocess.run(
        words, input=script, env={"PATH": str(path)}, cwd="/", capture_output=True, text=True, check=False
    )


def test_without_root_the_exact_line_to_run_is_printed(bare: Path) -> None:
    (bare / "apt-get").symlink_to("/bin/false")
    for folder in (bare, bare.parent, bare.parent.parent):
        folder.chmod(0o755)
    refused = setup("run", bare, as_nobody=os.geteuid() == 0)
    assert refused.returncode == 1
    line = "apt-get update && apt-get install -y --no-install-recommends python3-venv npm"
    assert line in [printed.strip() for printed in refused.stderr.splitlines()]


def test_elsewhere_than_on_debian_the_missing_packages_are_named(bare: Path) -> None:
    refused = setup("run", bare, as_nobody=False)
    assert refused.returncode == 1
    assert refused.stderr == "setup: this is no Debian: install what these packages hold by hand: python3-venv npm\n"


def test_an_unknown_purpose_is_refused(bare: Path) -> None:
    refused = setup("everything", bare, as_nobody=False)
    assert refused.returncode == 1
    assert "usage" in refused.stderr
