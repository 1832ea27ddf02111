"""What is committed, and what must not be."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOCKS = ("requirements.lock", "requirements-dev.lock", "noVNC/package-lock.json")


def committed() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("this is a copy without its history")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listing.stdout.rstrip("\0").split("\0")


def test_novnc_is_installed_and_never_committed() -> None:
    files = committed()
    assert "noVNC/package-lock.json" in files
    assert [file for file in files if "node_modules" in file or "@novnc" in file] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_no_registry(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert not re.search(r"--(extra-)?index-url|--find-links|--trusted-host|\bfile:|\"resolved\"", text)
    assert not re.search(r"https?://[^\"\s]*(pypi|pythonhosted|npmjs|registry)", text)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_python_package_is_pinned_by_version_and_hash(lock: str) -> None:
    pins = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    assert len(pins) > 20
    assert [
        pin for pin in pins if not re.match(r"[a-z0-9-]+(\[[a-z,]+\])?==\S+ .*--hash=sha256:", pin, re.DOTALL)
    ] == []


def test_what_serves_is_pinned_alike_in_both_lock_files() -> None:
    serving, testing = (
        set(re.findall(r"^\S+==\S+", (ROOT / lock).read_text(), re.MULTILINE))
        for lock in ("requirements.lock", "requirements-dev.lock")
    )
    assert serving <= testing


def test_every_node_package_is_pinned_by_hash_and_novnc_exactly() -> None:
    packages = json.loads((ROOT / "noVNC/package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []
    asked = json.loads((ROOT / "noVNC/package.json").read_text())["dependencies"]
    assert asked == {"@novnc/novnc": packages["node_modules/@novnc/novnc"]["version"]}


def test_no_committed_file_names_a_place_of_one_machine() -> None:
    this_file = Path(__file__).relative_to(ROOT).as_posix()
    place = re.compile(rb"(?<![\w./])/(root|work|home/\w+)/")
    wrong = [
        file
        for file in committed()
        if file != this_file and (ROOT / file).is_file() and place.search((ROOT / file).read_bytes())
    ]
    assert wrong == []
