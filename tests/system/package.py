"""The package under test: built from this checkout once, kept while nothing in it changes, and raised by a version."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.system.debian import CACHE

ROOT = Path(__file__).parents[2]
# What goes into the package; noVNC's own files are told by its lock file.
INGREDIENTS = ("pyproject.toml", "requirements.lock", "noVNC/package-lock.json", "noVNC/src", "packaging", "systemd")
BUILDING = ("scripts/build_deb", "scripts/wheel_hook.py")
BUILD_SECONDS = 400
NEXT = "+next"
KEPT = 3


def built() -> Path:
    """The package of this checkout."""
    kept = CACHE / f"reachback-{_fingerprint()}.deb"
    if not kept.is_file():
        _forget_older()
        with TemporaryDirectory() as folder:
            _build(Path(folder))
            CACHE.mkdir(parents=True, exist_ok=True)
            (made,) = Path(folder).glob("*.deb")
            shutil.move(made, kept)
    return kept


def raised(package: Path, folder: Path) -> Path:
    """The same package as its next version, whose websockify says so of itself."""
    tree, made = folder / "tree", folder / "reachback-next.deb"
    _run("dpkg-deb", "--raw-extract", package, tree)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: (\S+)$", rf"Version: \1{NEXT}", control.read_text(), flags=re.MULTILINE))
    (serve,) = (tree / "opt/reachback").glob("lib/*/site-packages/token_plugin/serve.py")
    text = serve.read_text()
    assert 'server_version = "Reachback"' in text
    serve.write_text(text.replace('server_version = "Reachback"', f'server_version = "Reachback{NEXT}"'))
    _run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, made)
    shutil.rmtree(tree)
    return made


def without_programs(package: Path, folder: Path) -> Path:
    """The same package with nothing under /opt."""
    tree, made = folder / "tree", folder / package.name
    _run("dpkg-deb", "--raw-extract", package, tree)
    shutil.rmtree(tree / "opt")
    sums = tree / "DEBIAN/md5sums"
    kept = [line for line in sums.read_text().splitlines(keepends=True) if "  opt/" not in line]
    sums.write_text("".join(kept))
    _run("dpkg-deb", "--root-owner-group", "-Zxz", "-z0", "--build", tree, made)
    return made


def version(package: Path) -> str:
    """What the package calls its version."""
    return _run("dpkg-deb", "--field", package, "Version").strip()


def _forget_older() -> None:
    """Keep the newest few: other checkouts on this machine have theirs here too."""
    known = sorted(CACHE.glob("reachback-*.deb"), key=lambda file: file.stat().st_mtime, reverse=True)
    for older in known[KEPT:]:
        older.unlink(missing_ok=True)


def _build(folder: Path) -> None:
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    _run("env", "DPKG_DEB_COMPRESSOR_TYPE=gzip", ROOT / "scripts/build_deb", wheel, folder)


def _run(*command: object) -> str:
    words = [str(word) for word in command]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=BUILD_SECONDS)
    assert ran.returncode == 0, f"{words}:\n{ran.stdout[-4000:]}{ran.stderr[-4000:]}"
    return ran.stdout


def _fingerprint() -> str:
    seen = sha256()
    for file in sorted(_ingredients()):
        seen.update(f"{file.relative_to(ROOT)}\0".encode() + sha256(file.read_bytes()).digest())
    return seen.hexdigest()[:16]


def _ingredients() -> Iterator[Path]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    for name in (*INGREDIENTS, *BUILDING, *packages):
        for file in [ROOT / name, *(ROOT / name).rglob("*")]:
            if file.is_file() and "__pycache__" not in file.parts:
                yield file
