"""All sessions there ever were, living or ended: searched by words, state and day, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import render_template, request, url_for

from portal.registers import registers
from portal.schemas import tidied
from portal.spoken import in_zone
from portal.words import STATES as WORDS
from sessions.search import LIVING, OVER, STATES, Wanted

bp = APIBlueprint("history", __name__, url_prefix="/console/history", enable_openapi=False)

LONGEST = 200
DAY = timedelta(days=1)
CHOICES = {"": "Any", LIVING: "Living", OVER: "Ended"} | WORDS


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, as the form has it. What makes no sense is as if it were not said."""

    search: str
    state: str
    first: date | None
    last: date | None
    page: int

    @property
    def wanted(self) -> Wanted:
        """The same for the register: both days count, from midnight to midnight where the installation is."""
        return Wanted(self.search, self.state, _midnight(self.first), _midnight(self.last and _after(self.last)))

    @property
    def is_narrow(self) -> bool:
        """Whether this asks for less than everything."""
        return bool(self.search or self.state or self.first or self.last)

    def at(self, page: int) -> str:
        """The address of another page of the same."""
        given = {"search": self.search, "state": self.state, "from": self.first, "to": self.last, "page": page}
        return f"{url_for('history.show')}?{urlencode({name: value for name, value in given.items() if value})}"


@bp.get("")
def show() -> str:
    """Show a page of the sessions that were asked for."""
    asked = _asked()
    found = registers().search.find(asked.wanted, asked.page)
    recordings = registers().recording_search.counts(one.id for one in found.sessions)
    return render_template(
        "history.html", asked=asked, found=found, recordings=recordings, choices=CHOICES, now=registers().clock()
    )


def _asked() -> Asked:
    state, page = request.args.get("state", ""), request.args.get("page", "1")
    return Asked(
        search=str(tidied(request.args.get("search", "")))[:LONGEST],
        state=state if state in STATES else "",
        first=_day("from"),
        last=_day("to"),
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 10 else 1,
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _after(day: date) -> date:
    return day + DAY if day < date.max else day


def _midnight(day: date | None) -> datetime | None:
    zone = in_zone(registers().clock()).tzinfo
    # Days at the ends of the calendar have no counterpart in UTC, and no session either.
    return datetime.combine(day, time(), zone) if day and 1970 <= day.year < 9999 else None
