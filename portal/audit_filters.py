"""Which audit rows a person or a script asks for, and how one row is told to programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.event_kinds import kinds_in
from portal.event_words import plain
from portal.spoken import midnight
from sessions.audit import AuditRow, Filters

DAY = timedelta(days=1)


def wanted(query: dict[str, Any]) -> Filters:
    """The filters of a checked query: days become moments, a group its kinds."""
    since, until = query.get("since"), query.get("until")
    return Filters(
        kinds=frozenset({query["kind"]}) if query["kind"] else kinds_in(query["group"]),
        actor=query["actor"],
        session=query["session"],
        address=query["address"],
        text=query["text"],
        since=midnight(since) if since else None,
        until=midnight(until + DAY) if until else None,
    )


def told(row: AuditRow) -> dict[str, Any]:
    """A row with its sentence."""
    return {name: getattr(row, name) for name in AuditRow.__dataclass_fields__} | {"sentence": plain(row)}
