"""The listeners that the register knows: who lives, who drains, who has fallen silent, and what several nodes need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine

from reachback.findings import Finding, doubtful, ill, well
from sessions.listeners import SILENT, ListenerRegister, ListenerView
from sessions.settings import Settings


def examine(settings: Settings, engine: Engine, now: datetime, *, runs_here: bool) -> Iterator[Finding]:
    """A line for each listener that is not well, or one for all; `runs_here`: one has this machine's port."""
    present = ListenerRegister(engine).present()
    silent = [one for one in present if one.seen_at < now - SILENT]
    living = [one for one in present if one not in silent]
    found = [*map(_silent, silent), *_nodes(living, settings)]
    if runs_here and not any(one.node == settings.node and not one.draining for one in living):
        found.append(_stranger(settings))
    yield from found or [well(_told(living))]


def _silent(one: ListenerView) -> Finding:
    return ill(
        f"listener {one.id} of node {one.node} has given no sign of life since {one.seen_at:%Y-%m-%d %H:%M:%S} UTC",
        f"on {one.node}: `systemctl restart reachback-listener`; its log says why",
    )


def _nodes(living: list[ListenerView], settings: Settings) -> Iterator[Finding]:
    taking = Counter(one.node for one in living if not one.draining)
    for node in sorted({one.node for one in living if one.draining} - taking.keys()):
        yield ill(f"node {node} only drains: it takes no calls", f"on {node}: `systemctl restart reachback-listener`")
    for node, count in taking.items():
        if count > 1:
            yield ill(
                f"{count} machines call themselves node {node}: tickets lead to either of them",
                "give each its own REACHBACK_NODE, and restart them",
            )
    if len(taking) > 1 and "{node}" not in settings.public_websocket:
        yield ill(
            f"there are nodes {', '.join(sorted(taking))}, but one WebSocket address for all of them",
            "write {node} into REACHBACK_PUBLIC_WEBSOCKET, such as wss://support.example.org/websockify/{node}",
        )


def _stranger(settings: Settings) -> Finding:
    return doubtful(
        f"a listener works on this machine, but the register knows none of node {settings.node} that takes calls",
        "give this command the listener's own REACHBACK_DATABASE_URL and REACHBACK_NODE, or restart the listener",
    )


def _told(living: list[ListenerView]) -> str:
    if not living:
        return "no listener runs"
    nodes = sorted({one.node for one in living})
    draining = sum(one.draining for one in living)
    return f"{len(living)} {'listener lives' if len(living) == 1 else 'listeners live'} on {', '.join(nodes)}" + (
        f", {draining} of them draining" if draining else ""
    )
