"""What the site's build does beside MkDocs' own: `mkdocs.yml` names this file."""

from __future__ import annotations

import re

# A page's link to a file of the project, such as [`portal/rights.py`](../portal/rights.py): the site has no such file.
INTO_PROJECT = re.compile(r"\[([^\]]+)\]\(\.\./[^)]+\)")


def on_page_markdown(markdown: str, **_given: object) -> str:
    """Show links to files of the project as their words alone."""
    return INTO_PROJECT.sub(r"\1", markdown)
