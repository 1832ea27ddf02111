"""`reachback listeners`: which listeners there are, and which of them only finish what they have."""

from __future__ import annotations

from collections.abc import Iterator

import click

from reachback.register import opened
from reverse_listener.presence import Presence
from sessions.calls import CallRegister
from sessions.listeners import ListenerRegister, ListenerView
from sessions.settings import Settings


@click.command()
def listeners() -> None:
    """Show the listeners, the older ones that drain first: numbers, processes and how many calls each has."""
    settings = Settings.from_env()
    with opened(settings.database_url) as engine:
        views, calls = ListenerRegister(engine).present(), CallRegister(engine).open_by_listener()
    for line in _told(views, calls, settings):
        click.echo(line)


def _told(views: list[ListenerView], calls: dict[int | None, int], settings: Settings) -> Iterator[str]:
    presence = Presence(settings.state_dir)
    for view in views:
        where = _where(view, presence) if view.node == settings.node else f"on {view.node}"
        does = f"{'drains' if view.draining else 'serves'}   {calls.get(view.id, 0)} calls"
        yield f"listener {view.id}   {where}   since {view.since:%Y-%m-%d %H:%M}   {does}"
    if not views:
        yield "No listener runs."


def _where(view: ListenerView, presence: Presence) -> str:
    process = presence.process_of(view.id)
    return f"process {process}" if process else "has died"
