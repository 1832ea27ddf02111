"""Put the viewer's files into the wheel, in a folder `noVNC` beside the Python packages; miss no translation.

The portal finds them at the same place in a checkout and once installed:
`Path(portal.__file__).parent.parent / "noVNC"`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NOVNC = "noVNC/node_modules/@novnc/novnc"
TRANSLATIONS = "portal/translations"
CURE = "run `npm ci --prefix noVNC` (or `make wheel`, which does), then build again"


def viewer_files(root: Path) -> list[Path]:
    """Every file the viewer page needs, relative to `root`. FileNotFoundError where a part is missing."""
    wanted = [root / path for path in ("noVNC/src", f"{NOVNC}/core", f"{NOVNC}/vendor", f"{NOVNC}/package.json")]
    missing = [str(path.relative_to(root)) for path in wanted if not path.exists()]
    if missing:
        message = f"{', '.join(missing)} not found: {CURE}"
        raise FileNotFoundError(message)
    wanted += sorted((root / NOVNC).glob("LICENSE*"))
    return [file.relative_to(root) for path in wanted for file in _files(path)]


def uncompiled(root: Path) -> list[Path]:
    """Translations that the portal could not read in the wheel, relative to `root`: not compiled, or changed since."""
    kept = sorted((root / TRANSLATIONS).glob("*/LC_MESSAGES/messages.po"))
    return [path.relative_to(root) for path in kept if not _is_compiled(path)]


def _is_compiled(path: Path) -> bool:
    made = path.with_suffix(".mo")
    return made.is_file() and made.stat().st_mtime >= path.stat().st_mtime


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())


class ViewerFiles(BuildHookInterface[Any]):
    """Hatchling's custom hook; an editable installation reads the checkout and needs nothing."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the viewer's files to a standard wheel; hatchling takes the translations in, if they are compiled."""
        if version == "editable":
            return
        root = Path(self.root)
        build_data["force_include"].update({str(root / file): str(file) for file in viewer_files(root)})
        if missing := uncompiled(root):
            message = f"{', '.join(map(str, missing))} not compiled: run `scripts/setup quick`, then build again"
            raise FileNotFoundError(message)
