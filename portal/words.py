"""How states, ways of matching, durations and codes are said to people."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from flask import Flask

STATES = {
    "created": "Not opened",
    "waiting": "Waiting",
    "connected": "Connected",
    "in_use": "In use",
    "closed": "Ended",
    "expired": "Time was up",
}

MATCHED_BY = {
    "id": "Code",
    "dispatcher": "Code",
    "sni": "Code, by TLS",
    "port": "Port",
    "address": "Address",
    "claim": "Claimed",
}


KEYBOARDS = {
    "us": "English (US)",
    "gb": "English (UK)",
    "de": "German",
    "ch": "Swiss",
    "fr": "French",
    "be": "Belgian",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "br": "Portuguese (Brazil)",
    "nl": "Dutch",
    "se": "Swedish",
    "dk": "Danish",
    "no": "Norwegian",
    "pl": "Polish",
    "ru": "Russian",
}
# What browsers call themselves: the first that fits, for each claims to be those behind it as well.
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)

MINUTE = timedelta(minutes=1)
# Where no element can isolate a name (a tooltip, a choice, a notification), what turns text around is left out.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def install(app: Flask) -> None:
    """Let the templates use these words."""
    app.jinja_env.filters.update(
        state=lambda name: STATES.get(name, name),
        matched=lambda name: MATCHED_BY.get(name, name or ""),
        stamp=stamp,
        minutes=in_minutes,
        lasting=lasting,
        remaining=remaining,
        groups=groups,
        browser=browser,
        keyboard=lambda name: KEYBOARDS.get(name, name),
        bare=bare,
    )


def browser(agent: str) -> str:
    """What a browser calls itself, as people call it: `Firefox on Windows`."""
    name = next((said for sign, said in BROWSERS if sign in agent), "A browser")
    system = next((said for sign, said in SYSTEMS if sign in agent), "")
    return f"{name} on {system}" if system else name


def stamp(moment: datetime) -> str:
    """A moment in ISO 8601, in whole seconds, with Z: `2026-03-01T09:30:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def in_minutes(moment: datetime) -> str:
    """A moment for people who want it exactly: `2026-03-01 09:30 UTC`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def lasting(span: timedelta) -> str:
    """A duration, narrow: `35 s`, `12 min`, `2 h 05 min`, `3 d 4 h`. `static/times.js` says the same."""
    seconds = max(0, int(span.total_seconds()))
    days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


def remaining(span: timedelta) -> str:
    """What is left of a time, narrow; minutes are rounded up, so that two hours begin as two hours."""
    return lasting(_whole_minutes(span))


def _whole_minutes(span: timedelta) -> timedelta:
    return -(-span // MINUTE) * MINUTE if span > MINUTE else span


def groups(code: str) -> list[str]:
    """A code in groups of three, as it is read aloud."""
    return [code[at : at + 3] for at in range(0, len(code), 3)]


def bare(name: str) -> str:
    """A name without control characters and marks of direction, on one line."""
    return _UNSEEN.sub(" ", name).strip()
