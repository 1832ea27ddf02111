"""`reachback`: the one command of an installation."""

from __future__ import annotations

import click


@click.group()
def main() -> None:
    """Start, prepare and check this installation."""
