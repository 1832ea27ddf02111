"""Audit rows as files, written while they are read: however many there are, a few are held at a time.

The CSV is for people and their spreadsheets, the JSON for programs: only the latter has every text as it came.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from portal.audit_filters import told
from portal.event_words import title
from portal.inert import inert, whole
from portal.schemas import AuditRowOut
from portal.words import stamp
from sessions.audit import AuditRow

# Excel takes a file for UTF-8 only where it begins so.
BOM = "\ufeff"
# What a spreadsheet takes in one cell, with some left over.
MAX_CELL = 30_000
ROWS_AT_ONCE = 100
HEADINGS = (
    "number",
    "time",
    "kind",
    "what",
    "sentence",
    "who",
    "from",
    "session",
    "customer",
    "ticket number",
    "call",
    "details",
)
# A cell that begins so is run by a spreadsheet; so is what follows a separator, where one with another idea of
# separators cuts a cell in two. White space and joiners before it change nothing.
_FORMULA = re.compile("(^|[,;|\t])([\\s\u200b-\u200d\ufeff'\"]*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20])")


def as_csv(rows: Iterable[AuditRow]) -> Iterator[str]:
    """RFC 4180 with a heading."""
    yield BOM + _lines([HEADINGS])
    for some in _bunches(rows):
        yield _lines([cell(value) for value in _cells(row)] for row in some)


def as_json(rows: Iterable[AuditRow]) -> Iterator[str]:
    """One array, each row on a line of its own."""
    schema, before = AuditRowOut(), "[\n"
    for row in rows:
        yield before + json.dumps(schema.dump(told(row)), sort_keys=True)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def cell(value: object) -> str:
    """A value as a cell that is text to every spreadsheet: an apostrophe stands before what would be a formula."""
    return _FORMULA.sub(r"\1\2'", inert(value, MAX_CELL))


def _cells(row: AuditRow) -> tuple[object, ...]:
    one = told(row)
    return (
        row.id,
        stamp(row.at),
        row.kind,
        title(row),
        one["sentence"],
        row.actor,
        row.address or "",
        row.session_id or "",
        row.customer,
        row.reference,
        row.call_id or "",
        json.dumps(whole(row.details), ensure_ascii=False, sort_keys=True),
    )


def _lines(rows: Iterable[Iterable[object]]) -> str:
    page = io.StringIO()
    csv.writer(page).writerows(rows)
    return page.getvalue()


def _bunches(rows: Iterable[AuditRow]) -> Iterator[Iterable[AuditRow]]:
    rest = iter(rows)
    for first in rest:
        yield chain((first,), islice(rest, ROWS_AT_ONCE - 1))
