"""The audit as people and programs see it, and that no text in it does anything but stand there."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

import portal as portal_package
from portal.audit import near
from portal.audit_export import HEADINGS, cell
from portal.event_kinds import GROUPS, KINDS
from portal.event_words import plain, size
from portal.inert import inert, whole
from sessions.audit import Filters, Page
from sessions.call_values import Arrival, Totals
from sessions.states import Event
from sessions.transactions import record
from sessions.views import EventView, NewSession

from .conftest import START, Portal

ROOT = Path(portal_package.__file__).parents[1]
RECORDS = frozenset({"record", "record_by"})
PACKAGES = ("sessions", "portal", "reverse_listener", "reachback", "token_plugin")
HOSTILE = {
    "markup": "<img src=x onerror=alert(1)>",
    "attribute": "\" onmouseover='alert(1)' x=\"",
    "template": "{{ 7331 * 1337 }}{% raw %}",
    "right to left": "invoice\u202egnp.exe\u2066",
    "formula": "=cmd|'/c calc'!A0",
    "second cell": "x;=cmd|'/c calc'!A0",
    "newlines": "one\r\n=two\u2028three\x85four",
    "half a character": "broken \ud83d here",
    "controls": "bell \x07 escape \x1b[31m nul \x01",
    "endless": "A" * 1_000_000,
}
DANGEROUS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"


class Markup(HTMLParser):
    """Every element and attribute of a page, and what is written on it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def kinds_in_code() -> Iterator[tuple[str, str]]:
    """Every kind that is handed to `record`, with where that is."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RECORDS:
                    kind = node.args[1]
                    assert isinstance(kind, ast.Constant), f"{path}:{node.lineno}: the kind of an audit row is a word"
                    yield str(kind.value), f"{path.relative_to(ROOT)}:{node.lineno}"


def event(kind: str, **details: object) -> EventView:
    return EventView(START, kind, "anna", "192.0.2.14", None, None, details)


def through(portal: Portal, desktop: str = "KASSE-1", **given: object) -> NewSession:
    """A session from its beginning to its end, with a call and a seat."""
    new = portal.session(**given)
    portal.own.sessions.open_page(new.link, "198.51.100.7")
    call = portal.own.calls.arrived(
        Arrival(portal.claims("198.51.100.7", new.code), desktop, 1024, 768, encrypted=False)
    ).call_id
    portal.own.calls.hold(call, 40001)
    portal.own.tickets.spend(portal.own.tickets.issue(new.session.id, portal.person("anna")).token)
    portal.own.calls.take_seat(call)
    portal.clock.forward(minutes=12)
    portal.own.calls.lost(call, "The customer's computer hung up.", Totals(2_500_000, 800))
    portal.own.sessions.end(new.session.id, portal.person("anna"))
    return new


def write(portal: Portal, count: int, kind: str = "looked", actor: str = "anna", **details: object) -> None:
    with portal.own.audit._writing() as transaction:
        for _ in range(count):
            record(transaction, kind, portal.clock(), actor, **details)


def rows_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))


# Words.


def test_every_kind_that_the_code_writes_has_its_words() -> None:
    found = dict(kinds_in_code())
    assert len(found) > 10
    lacking = {kind: place for kind, place in found.items() if kind not in KINDS}
    assert not lacking, f"portal/event_kinds.py has no words for {lacking}"
    assert set(Event) <= set(KINDS)
    assert KINDS.keys() <= found.keys() | set(Event), "words for what is never written"
    assert {kind.group for kind in KINDS.values()} == set(GROUPS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_sentence_is_whole_with_many_facts_and_with_none(kind: str) -> None:
    for told in (event(kind), event(kind, desktop="KASSE-1", seconds=90, mode="watch", reason="It hung up.")):
        assert re.fullmatch(r"[^\[\]{}–]*[\w)]\.", plain(told)), plain(told)


def test_sentences() -> None:
    arrived = event("call_arrived", desktop="KASSE-1", matched_by="id", encrypted=False)
    assert plain(arrived) == "Computer KASSE-1 called from 192.0.2.14, matched by code, not encrypted."
    parked = event("call_arrived", desktop=None, matched_by=None, encrypted=True, confirmed=False)
    assert plain(parked) == (
        "Computer without a name called from 192.0.2.14, parked: no session could be told from it, encrypted, "
        "not confirmed."
    )
    left = event("seat_left", desktop="KASSE-1", mode="watch", seconds=90, reason="The technician left.")
    assert plain(left) == "anna watched computer KASSE-1 for 1 min. The technician left."
    assert plain(event("edited", fields=["note", "reference"])) == (
        "anna (192.0.2.14) changed what is noted of the session: note, ticket number."
    )
    assert plain(event("from_the_future")) == "anna: from_the_future."


def test_amounts_are_said_narrowly() -> None:
    assert [size(count) for count in (0, 999, 1000, 2_500_000, 10**10)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "2.5 MB",
        "10.0 GB",
    ]


# The list.


def test_the_list_shows_what_happened(portal: Portal, olga: FlaskClient) -> None:
    new = through(portal, customer="Huber", reference="T-4711")
    page = olga.get("/console/audit").text
    for words in ("Huber", "T-4711", "KASSE-1", "198.51.100.7", "not encrypted", "12 min ago", "2026-03-01 "):
        assert words in page, words
    assert f"/console/sessions/{new.session.id}/history" in page
    assert 'aria-current="page">Audit' in page


def test_its_filters_are_kept_in_the_form_and_in_the_exports(portal: Portal, olga: FlaskClient) -> None:
    through(portal, customer="Huber")
    through(portal, customer="Gray")
    page = olga.get("/console/audit?text=huber&group=sessions&actor=anna&from=2026-03-01&to=2026-03-01").text
    assert page.count('class="event"') == 2
    assert "Gray" not in page
    assert 'value="huber"' in page
    assert "audit.csv?group=sessions&amp;actor=anna&amp;text=huber&amp;from=2026-03-01&amp;to=2026-03-01" in page
    assert 'class="event"' not in olga.get("/console/audit?to=2026-02-28").text


def test_an_empty_list_says_so(portal: Portal, olga: FlaskClient) -> None:
    assert "Nothing that happened fits this filter." in olga.get("/console/audit?text=nobody").text


@pytest.mark.parametrize(
    "query", ["from=yesterday", "to=9999-12-31", "group=x", "page=-1", "page=x", f"text={'x' * 200}"]
)
def test_a_filter_that_cannot_be_is_refused_with_the_reason(olga: FlaskClient, query: str) -> None:
    answer = olga.get(f"/console/audit?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert olga.get(f"/console/audit.csv?{query}").status_code == 422


def test_days_are_those_of_the_installations_clock(make_portal: Any) -> None:
    portal = make_portal(REACHBACK_TIME_ZONE="Pacific/Auckland")
    portal.session(customer="Huber")  # at 10:00 UTC on the first of March, 23:00 there
    portal.clock.forward(hours=2)
    portal.session(customer="Gray")
    page = portal.browser("olga").get("/console/audit?from=2026-03-02&to=2026-03-02").text
    assert "Gray" in page
    assert "Huber" not in page
    assert "2026-03-02 01:00:00" in page


def test_many_rows_come_in_pages(portal: Portal, olga: FlaskClient) -> None:
    write(portal, 250)
    page = olga.get("/console/audit?kind=looked&page=2").text
    assert page.count('class="event"') == 100
    assert "250 rows" in page
    assert "page=3" in page
    assert 'aria-current="page"><span class="visually-hidden">Page </span>2' in page


@pytest.mark.parametrize(
    ("number", "pages", "shown"),
    [(1, 1, [1]), (1, 3, [1, 2, 3]), (5, 9, [1, 0, 3, 4, 5, 6, 7, 0, 9]), (9, 9, [1, 0, 7, 8, 9])],
)
def test_near_pages(number: int, pages: int, shown: list[int]) -> None:
    assert near(Page([], number, pages, 0)) == shown


# One session.


def test_a_sessions_page(portal: Portal, anna: FlaskClient) -> None:
    new = through(portal, customer="Huber", reference="T-4711", note="The till is dead.")
    page = anna.get(f"/console/sessions/{new.session.id}/history").text
    text = " ".join(Markup(page).text.split())
    for words in (
        "Huber",
        "T-4711",
        "The till is dead.",
        "KASSE-1 1024 × 768",
        "2.5 MB · 800 B",
        "anna controlled it for 12 min",
        "Ended",
        "Computer KASSE-1 called from 198.51.100.7, matched by code, not encrypted.",
        "The call of computer KASSE-1 from 198.51.100.7 was over after 12 min. The customer's computer hung up.",
    ):
        assert words in text, words


def test_a_sessions_page_before_anything_happened(portal: Portal, anna: FlaskClient) -> None:
    page = anna.get(f"/console/sessions/{portal.session().session.id}/history").text
    assert "No computer has called for this session." in page
    assert "Nobody has seen the customer’s screen." in page
    assert anna.get("/console/sessions/none/history").status_code == 404
    assert anna.get("/console/sessions/none/history.csv").status_code == 404


def test_looking_at_the_computer_is_written_down_with_the_address(portal: Portal, anna: FlaskClient) -> None:
    new = portal.held()
    for _ in range(3):
        anna.get(f"/console/sessions/{new.session.id}")
    (looked,) = [one for one in portal.own.sessions.events(new.session.id) if one.kind == "looked"]
    assert (looked.actor, looked.address) == ("anna", "127.0.0.1")


# Exports.


def test_csv(portal: Portal, olga: FlaskClient) -> None:
    through(portal, customer='Huber, "der Bäcker"', reference="T-4711")
    answer = olga.get("/console/audit.csv?group=sessions")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="reachback-audit.csv"'
    body = answer.get_data()
    assert body.startswith(b"\xef\xbb\xbfnumber,time,")
    assert body.count(b"\n") == body.count(b"\r\n")
    rows = rows_of(answer)
    assert [row["kind"] for row in rows] == ["created", "page_opened", "ended"]
    assert rows[0]["customer"] == 'Huber, "der Bäcker"'
    assert rows[0]["ticket number"] == "T-4711"
    assert rows[2]["sentence"] == "anna ended the session after 12 min."


def test_json(portal: Portal, olga: FlaskClient) -> None:
    new = through(portal, customer="Huber")
    rows = olga.get("/console/audit.json?group=seats").json
    assert [row["kind"] for row in rows] == ["ticket_issued", "ticket_spent", "seat_taken", "seat_left"]
    assert rows[3] == {
        "id": rows[3]["id"],
        "at": "2026-03-01T10:12:00Z",
        "kind": "seat_left",
        "sentence": "anna controlled computer KASSE-1 for 12 min. The customer's computer hung up.",
        "actor": "anna",
        "address": None,
        "session_id": new.session.id,
        "customer": "Huber",
        "reference": "",
        "call_id": 1,
        "details": {
            "mode": "control",
            "desktop": "KASSE-1",
            "seconds": 720,
            "reason": "The customer's computer hung up.",
        },
    }
    assert olga.get("/console/audit.json?actor=nobody").json == []


def test_a_sessions_exports_hold_its_rows_only(portal: Portal, anna: FlaskClient) -> None:
    new = through(portal)
    through(portal)
    rows = anna.get(f"/console/sessions/{new.session.id}/history.json").json
    assert {row["session_id"] for row in rows} == {new.session.id}
    assert len(rows_of(anna.get(f"/console/sessions/{new.session.id}/history.csv"))) == len(rows) + 1
    assert anna.get("/console/audit.csv").status_code == 403


def test_who_exports_is_written_down(portal: Portal, olga: FlaskClient) -> None:
    olga.get("/console/audit.csv?actor=anna")
    (row,) = portal.own.audit.find(Filters(kinds=frozenset({"audit_exported"}))).rows
    assert (row.actor, row.address) == ("olga", "127.0.0.1")
    assert row.details == {"form": "CSV", "asked": {"actor": "anna"}}


def test_an_export_is_sent_while_it_is_read(portal: Portal, olga: FlaskClient) -> None:
    write(portal, 3000)
    answer = olga.get("/console/audit.csv")
    assert answer.is_streamed
    parts = list(answer.response)
    assert len(parts) > 20
    assert max(len(part) for part in parts) < 100_000


# The API.


def test_the_api_answers_pages(portal: Portal, auditing: dict[str, str]) -> None:
    new = through(portal, customer="Huber")
    client = portal.browser()
    found = client.get(f"/api/events?kind=ended&session={new.session.id}", headers=auditing).json
    assert (found["page"], found["pages"], found["total"]) == (1, 1, 1)
    assert found["events"][0]["sentence"] == "anna ended the session after 12 min."
    assert found["events"][0]["customer"] == "Huber"
    assert client.get("/api/events?page=2&from=2026-03-01", headers=auditing).json["page"] == 1
    assert client.get("/api/events?from=x", headers=auditing).json == {
        "error": {"code": "invalid", "message": "from: A day is written as 2026-03-01."}
    }


# Hostile texts.


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_inert_everywhere(
    portal: Portal, olga: FlaskClient, auditing: dict[str, str], name: str
) -> None:
    text = HOSTILE[name]
    storable = text.encode("utf-8", "replace").decode()
    new = through(portal, customer=storable, note=storable, reference=storable, desktop=storable)
    portal.own.calls.refuse("203.0.113.9", storable)
    # What a later kind may hold, such as a browser's name; details are JSON, which takes even half a character.
    write(portal, 1, "from_the_future", browser=text, reason=text, customer=text, desktop=text, name=text)
    write(portal, 1, "call_over", actor=storable, desktop=text, reason=text)
    for path in ("/console/audit", f"/console/sessions/{new.session.id}/history"):
        answer = olga.get(path)
        assert answer.status_code == 200
        assert len(answer.get_data()) < 200_000
        shown = Markup(answer.get_data().decode("utf-8"))
        assert "img" not in shown.tags
        assert not shown.handlers
        assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f\x85\u2028]", shown.text)
        assert str(7331 * 1337) not in shown.text
    for path in ("/console/audit.csv", f"/console/sessions/{new.session.id}/history.csv"):
        check_csv(olga.get(path).get_data().decode("utf-8-sig"))
    rows = olga.get("/console/audit.json").get_data().decode("ascii")
    assert whole(text) in {row["details"].get("browser") for row in json.loads(rows)}
    assert "\\ud83d h" not in rows
    assert portal.browser().get("/api/events", headers=auditing).status_code == 200


def check_csv(text: str) -> None:
    """Whoever takes it apart, at whichever separator: no cell begins as a formula, none is broken over lines."""
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert {len(row) for row in rows} == {len(HEADINGS)}
    assert len(rows) == len(text.splitlines())
    for separator in ",;\t|":
        for line in text.splitlines():
            for part in line.split(separator):
                assert not part.strip(' "\u200b\ufeff').startswith(tuple(DANGEROUS)), part[:80]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("  =1+1", "'=1+1"),
        ("\t=1+1", "'=1+1"),
        ("\r\n=1+1", "'=1+1"),
        ("\u00a0@SUM(A1)", "'@SUM(A1)"),
        ("\u200d=1", "\u200d'=1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-", "'-"),
        ("\uff1d1", "'\uff1d1"),
        ("a;=b", "a;'=b"),
        ("a, -b", "a, '-b"),
        ("a-b=c@d", "a-b=c@d"),
        ("", ""),
        (12, "12"),
    ],
)
def test_a_cell_is_text_to_every_spreadsheet(text: object, shown: str) -> None:
    assert cell(text) == shown


def test_inert() -> None:
    assert inert("Müller 👩\u200d🔧 \u05d0\u05d1") == "Müller 👩\u200d🔧 \u05d0\u05d1"
    assert inert("a\n\tb\u202ec\ud800\x00") == "a b\ufffdc\ufffd"
    assert inert("x" * 400) == "x" * 300 + "…"
    assert whole({"a\ud800": ["\udfff", 1, None]}) == {"a\ufffd": ["\ufffd", 1, None]}
