"""What Debian's own checker says about the package."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.system import package


def complaints(deb: Path) -> list[str]:
    said = subprocess.run(("lintian", "--fail-on=none", deb), capture_output=True, text=True, check=False, timeout=300)
    assert said.returncode == 0, said.stderr
    return said.stdout.splitlines()


def test_lintian_has_no_complaint(tmp_path: Path) -> None:
    """What is under /opt is left out: it comes from others, and looking through it takes lintian a minute."""
    assert complaints(package.without_programs(package.built(), tmp_path)) == []
