"""The clock: tickets live for a minute, sessions for hours, and audit rows are believed for years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, select

from reachback.findings import Finding, ill, well
from sessions.models import AuditEvent, Listener

TOO_FAR = timedelta(seconds=10)
CURE = "`timedatectl set-ntp true` on every machine; `timedatectl` shows whether it holds"


def of_database(engine: Engine, now: datetime) -> Finding:
    """The database's clock, and what others have written by theirs, must not be far from this one."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            theirs = connection.execute(select(func.clock_timestamp())).scalar_one().astimezone(UTC)
        if abs(theirs - now) > TOO_FAR:
            return ill(f"the database's clock is {_apart(theirs, now)}", CURE)
    newest = _newest(engine)
    if newest and newest - now > TOO_FAR:
        return ill(f"the register holds what is to happen at {newest:%Y-%m-%d %H:%M:%S} UTC: a clock was wrong", CURE)
    return well("the clock fits what the register holds")


def of_answer(theirs: datetime, now: datetime, who: str) -> Finding:
    """The clock of whatever answers at the public address."""
    if abs(theirs - now) > TOO_FAR:
        return ill(f"the clock of {who} is {_apart(theirs, now)}", CURE)
    return well(f"the clock of {who} is this one's")


def _newest(engine: Engine) -> datetime | None:
    with engine.connect() as connection:
        found = [connection.execute(select(func.max(one))).scalar() for one in (AuditEvent.at, Listener.seen_at)]
    return max((one for one in found if one), default=None)


def _apart(theirs: datetime, now: datetime) -> str:
    seconds = round((theirs - now).total_seconds())
    return f"{abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} this one"
