"""What all processes of this machine counted, put together for whoever asks."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from meters.book import DAMAGED, is_held, is_sound
from meters.catalogue import METERS


def read(folder: Path) -> list[Metric]:
    """Every meter of the catalogue that any process has written down in `folder`; a damaged file is left out."""
    files = [file for file in sorted(folder.glob("*.db")) if _counts(file)]
    found = {metric.name: metric for metric in _merged(files)}
    for name, metric in found.items():
        metric.documentation = METERS[name].words if name in METERS else ""
    # A meter that an older version kept is nobody's any more.
    return [found[name] for name in METERS if name in found]


def _counts(file: Path) -> bool:
    """What is there now is there only while its process lives; what has happened has happened."""
    prefix, _, place = file.stem.rpartition("_")
    return not prefix.startswith("gauge") or is_held(file.parent, place)


def _merged(files: list[Path]) -> list[Metric]:
    try:
        return list(MultiProcessCollector.merge(map(str, files)))
    except (OSError, *DAMAGED):
        return list(MultiProcessCollector.merge([str(file) for file in files if is_sound(file)]))
