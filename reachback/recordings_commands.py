"""`reachback recordings ...`: what was recorded, for whoever sits at the server."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import click

from kit.text import one_line
from reachback import recordings_check
from reachback.register import opened
from sessions.database import check_revision
from sessions.recording_search import KEPT, Recorded, RecordingSearch, WantedRecordings
from sessions.settings import Settings

COLUMNS = ("ID", "BEGUN (UTC)", "LENGTH", "MB", "STATE", "SESSION", "COMPUTER", "CUSTOMER")


@click.group()
def recordings() -> None:
    """What was recorded."""


@recordings.command("list")
@click.option("--deleted", is_flag=True, help="Show those whose files are gone, too.")
@click.option("--page", type=click.IntRange(1), default=1, show_default=True, help="Older ones are on later pages.")
def list_recordings(deleted: bool, page: int) -> None:
    """Show recordings, the newest first."""
    with opened(Settings.from_env().database_url) as engine:
        check_revision(engine)
        found = RecordingSearch(engine).find(WantedRecordings(state="" if deleted else KEPT), page)
    rows = [COLUMNS, *(_row(one) for one in found.recordings)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(COLUMNS))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    if found.pages > 1:
        click.echo(f"Page {found.page} of {found.pages}.", err=True)


@recordings.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check_file(file: Path) -> None:
    """Say what a file holds, and whether it is whole; exit 1 where it is not."""
    report = recordings_check.check(file)
    for line in report.lines:
        click.echo(line)
    sys.exit(not report.well)


def _row(one: Recorded) -> tuple[str, ...]:
    return (
        str(one.id),
        f"{one.begun_at:%Y-%m-%d %H:%M}",
        str(timedelta(seconds=one.milliseconds // 1000)),
        f"{one.bytes / 1e6:.1f}",
        one.state,
        one.session_id,
        one_line(one.computer or ""),
        one_line(one.customer),
    )
