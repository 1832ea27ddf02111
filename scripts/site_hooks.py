"""What the site's build does beside MkDocs' own: `mkdocs.yml` names this file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig

# A page's link to a file of the project, such as [`portal/rights.py`](../portal/rights.py): the site has no such file.
INTO_PROJECT = re.compile(r"\[([^\]]+)\]\(\.\./[^)]+\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Leave out of the navigation what is not written yet."""
    config.nav = _written(config.nav or [], Path(config.docs_dir))
    return config


def on_page_markdown(markdown: str, **_given: object) -> str:
    """Show links to files of the project as their words alone."""
    return INTO_PROJECT.sub(r"\1", markdown)


def _written(entries: list[Any], docs: Path) -> list[Any]:
    kept = []
    for entry in entries:
        [(title, target)] = entry.items()
        if isinstance(target, list):
            kept.append({title: _written(target, docs)})
        elif (docs / target).exists():
            kept.append(entry)
    return kept
