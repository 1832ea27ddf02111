"""Times and durations as customers read them: in their language, on the clock of the installation's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel import dates
from flask import Flask
from flask_babel import gettext, ngettext

from portal.languages import locale
from portal.registers import registers

MINUTE = timedelta(minutes=1)


def install(app: Flask) -> None:
    """Let the templates of customers' pages use these words."""
    app.jinja_env.filters.update(span=span, moment=moment, clock=clock, exactly=exactly, local_minutes=local_minutes)


def span(length: timedelta) -> str:
    """A duration in whole words, rounded up to minutes: `2 hours 5 minutes`, `less than a minute`."""
    if length < MINUTE:
        return str(gettext("less than a minute"))
    minutes = -(-length // MINUTE)
    return " ".join(filter(None, (_days(minutes // 1440), _hours(minutes // 60 % 24), _minutes(minutes % 60))))


def moment(then: datetime) -> str:
    """A moment as people say it: the time alone where it is today, else with its day."""
    local = in_zone(then)
    if local.date() == in_zone(registers().clock()).date():
        return clock(then)
    return f"{dates.format_skeleton('MMMMd', local, locale=locale())}, {clock(then)}"


def clock(then: datetime) -> str:
    """The time of day: `10:32`."""
    return dates.format_time(in_zone(then), "short", locale=locale())


def local_minutes(then: datetime) -> str:
    """A moment for technicians, exact and sortable, on the clock of the installation: `2026-03-01 10:30`."""
    return in_zone(then).strftime("%Y-%m-%d %H:%M")


def in_zone(then: datetime) -> datetime:
    """A moment on the clock of the installation's time zone; without a setting, on the server's own."""
    name = registers().settings.time_zone
    return then.astimezone(ZoneInfo(name) if name else None)


def exactly(then: datetime) -> str:
    """A moment to the second, on the same clock: `2026-03-01 10:32:05`."""
    return in_zone(then).strftime("%Y-%m-%d %H:%M:%S")


def midnight(day: date) -> datetime:
    """The first moment of a day, on the same clock."""
    name = registers().settings.time_zone
    first = datetime.combine(day, time(), ZoneInfo(name) if name else None)
    return first.astimezone(UTC)


def _days(count: int) -> str:
    return str(ngettext("%(num)d day", "%(num)d days", count)) if count else ""


def _hours(count: int) -> str:
    return str(ngettext("%(num)d hour", "%(num)d hours", count)) if count else ""


def _minutes(count: int) -> str:
    return str(ngettext("%(num)d minute", "%(num)d minutes", count)) if count else ""
