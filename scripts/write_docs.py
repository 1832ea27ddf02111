"""Writes pages that are made from code, so that they cannot disagree with it, and the drawings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from meters.catalogue import KEPT_BY
from meters.kinds import Counter, Meter
from portal.event_kinds import GROUPS, KINDS
from portal.metrics import INFO, UP
from scripts.drawings import DRAWINGS
from sessions.figures import FIGURES
from sessions.settings import SETTINGS
from sessions.states import TRANSITIONS, Event, State

DOCS = Path(__file__).parent.parent / "docs"
NOTE = "<!-- Written by scripts/write_docs.py (`make docs`). Change the code, not this page. -->\n"


def settings_page() -> str:
    """Every environment variable with its default and purpose."""
    rows = [f"| `{one.name}` | {_default(one.default)} | {one.help} |" for one in SETTINGS]
    return "\n".join(
        [
            NOTE,
            "# Settings",
            "",
            "Read from the environment when a process starts; under systemd from `/etc/reachback/reachback.env`.",
            "A value that cannot be understood stops the process with a sentence that names the variable.",
            "",
            "| variable | default | what it is for |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def states_page() -> str:
    """The table of a session's states, as a table and as a drawing."""
    head = "| from \\ event | " + " | ".join(f"`{event}`" for event in Event) + " |"
    return "\n".join(
        [
            NOTE,
            "# What may happen to a session",
            "",
            head,
            "|---|" + "---|" * len(Event),
            *(_row(state) for state in State),
            "",
            "What changes a session's state, drawn:",
            "",
            "![The states and what leads from one to another](drawings/states.svg)",
            "",
        ]
    )


def audit_page() -> str:
    """Every kind of audit row with its sentence."""
    return "\n".join(
        [
            NOTE,
            "# Kinds of audit rows",
            "",
            "What a row says is filled in where it is known; what stands in brackets is left out where it is not.",
            "[audit.md](audit.md) tells the rest.",
            *(line for group, words in GROUPS.items() for line in _kinds(group, words)),
            "",
        ]
    )


def metrics_page() -> str:
    """Every figure of /metrics."""
    told = [(one.name, "gauge", one.labels, one.words) for one in (*INFO_AND_UP, *FIGURES)]
    return "\n".join(
        [
            NOTE,
            "# Metrics",
            "",
            "[monitoring.md](monitoring.md) says who may ask for them, and what to do with them.",
            "",
            "## Of the register, counted when Prometheus asks: the same on every node",
            "",
            *_figures(told),
            *(line for process, kept in KEPT_BY.items() for line in _meters(process, kept)),
        ]
    )


INFO_AND_UP = (INFO, UP)


def _meters(process: str, kept: Iterable[Meter]) -> list[str]:
    rows = [(_full_name(one), one.kind, _labels(one), one.words) for one in kept]
    return [f"## Of this node, counted by its {process}", "", *_figures(rows)]


def _full_name(meter: Meter) -> str:
    return f"{meter.name}_total" if meter.kind == "counter" else meter.name


def _labels(meter: Meter) -> tuple[str, ...]:
    if not isinstance(meter, Counter) or not meter.label:
        return ()
    return (f"{meter.label}: {', '.join(meter.values)}",)


def _figures(rows: Iterable[tuple[str, str, tuple[str, ...], str]]) -> list[str]:
    lines = [f"| `{name}` | {kind} | {'; '.join(labels)} | {words} |" for name, kind, labels, words in rows]
    return ["| name | kind | labels | what it is |", "|---|---|---|---|", *lines, ""]


def _kinds(group: str, words: str) -> list[str]:
    rows = [f"| `{name}` | {kind.title} | {kind.sentence} |" for name, kind in KINDS.items() if kind.group == group]
    return ["", f"## {words}", "", f"`group={group}`", "", "| kind | called | told as |", "|---|---|---|", *rows]


def _default(text: str) -> str:
    return f"`{text}`" if text[:1] in ".0123456789" or "/" in text else text


def _row(state: State) -> str:
    cells = (TRANSITIONS[state].get(event) for event in Event)
    return f"| **{state}** | " + " | ".join(cell or "–" for cell in cells) + " |"


PAGES = {
    "settings.md": settings_page,
    "states.md": states_page,
    "audit-kinds.md": audit_page,
    "metrics.md": metrics_page,
    **DRAWINGS,
}

if __name__ == "__main__":
    for name, write in PAGES.items():
        (DOCS / name).write_text(write(), encoding="utf-8")
