"""The wheel: everything that serves is in it, noVNC's files included."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NOVNC = "noVNC/node_modules/@novnc/novnc"
PACKAGES = (
    "sessions",
    "rfb",
    "recordings",
    "reverse_listener",
    "token_plugin",
    "portal",
    "kit",
    "meters",
    "certificates",
    "service",
    "reachback",
)

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


def build(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (ROOT / NOVNC).is_dir():
        pytest.skip("noVNC is not installed here: `make test` does that")
    out = tmp_path_factory.mktemp("dist")
    built = build(ROOT, out)
    assert built.returncode == 0, built.stdout + built.stderr
    return next(out.glob("*.whl"))


def expected() -> set[str]:
    """Every file of the packages and of the viewer page, as the checkout has them."""
    folders = [*PACKAGES, "noVNC/src", f"{NOVNC}/core", f"{NOVNC}/vendor"]
    files = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    names = {path.relative_to(ROOT).as_posix() for path in files if path.is_file() and "__pycache__" not in path.parts}
    return names | {f"{NOVNC}/package.json", f"{NOVNC}/LICENSE.txt"}


def test_the_wheel_holds_all_that_serves_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == expected()


def test_the_viewer_lies_where_the_portal_looks_for_it(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = "import pathlib, portal; print(pathlib.Path(portal.__file__).parent.parent / 'noVNC')"
    asked = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(asked.stdout.strip()) == tmp_path / "noVNC"
    assert (tmp_path / NOVNC / "core/rfb.js").is_file()


def test_a_wheel_without_novnc_is_refused_with_the_cure(tmp_path: Path) -> None:
    source = tmp_path / "checkout"
    unwanted = shutil.ignore_patterns("node_modules", ".git", ".venv", "var", "tests", ".*_cache", "__pycache__")
    shutil.copytree(ROOT, source, ignore=unwanted)
    built = build(source, tmp_path / "dist")
    assert built.returncode != 0
    assert "npm ci --prefix noVNC" in built.stdout + built.stderr


def test_translations_that_are_not_compiled_or_changed_since_are_missed(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("wheel_hook", ROOT / "scripts" / "wheel_hook.py")
    assert spec
    assert spec.loader
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    name = Path("portal/translations/de/LC_MESSAGES/messages.po")
    po = tmp_path / name
    po.parent.mkdir(parents=True)
    po.touch()
    assert hook.uncompiled(tmp_path) == [name]
    po.with_suffix(".mo").touch()
    assert hook.uncompiled(tmp_path) == []
    later = po.stat().st_mtime + 60
    os.utime(po, (later, later))
    assert hook.uncompiled(tmp_path) == [name]
