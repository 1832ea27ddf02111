from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from .conftest import Portal, csrf_of

HOSTILE = "<img src=x onerror=alert(1)>"


def customers(page: str) -> list[str]:
    return re.findall(r'<bdi class="row__customer">([^<]*)</bdi>', page)


def test_all_sessions_are_listed_the_newest_first(portal: Portal, anna: FlaskClient) -> None:
    first = portal.held(customer="First", reference="T-1", note="till")
    portal.own.sessions.end(first.session.id, portal.person("anna"))
    portal.clock.forward(minutes=1)
    portal.session(customer="Second")
    text = anna.get("/console/history").text
    assert customers(text) == ["Second", "First"]
    # The last computer of an ended session is told as well.
    for shown in ("2 sessions", "Ended", "T-1", "till", "FRONT-DESK", "198.51.100.7", "Not encrypted", "1 min"):
        assert shown in text
    assert f'href="/console/sessions/{first.session.id}/notes?back=' in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=huber", ["Huber"]),
        ("search=+T-2+", ["Gray"]),
        ("search=%00%1f", ["Huber", "Gray"]),
        ("state=ended", ["Gray"]),
        ("state=living", ["Huber"]),
        ("state=nonsense", ["Huber", "Gray"]),
        ("from=2026-03-02", ["Huber"]),
        ("to=2026-03-01", ["Gray"]),
        ("from=2026-03-01&to=2026-03-02", ["Huber", "Gray"]),
        ("from=0001-01-01&to=9999-12-31", ["Huber", "Gray"]),
        ("from=yesterday&to=", ["Huber", "Gray"]),
        ("page=-1", ["Huber", "Gray"]),
        ("page=99999999999999999999", ["Huber", "Gray"]),
        ("page=٢", ["Huber", "Gray"]),
    ],
)
def test_what_was_asked_for_is_found(portal: Portal, anna: FlaskClient, query: str, found: list[str]) -> None:
    ended = portal.session(customer="Gray", reference="T-2")
    portal.own.sessions.end(ended.session.id, portal.person("anna"))
    portal.clock.forward(days=1)
    portal.session(customer="Huber")
    answer = portal.browser("anna").get(f"/console/history?{query}")
    assert answer.status_code == 200
    assert customers(answer.text) == found


def test_a_search_that_finds_nothing_leads_on(anna: FlaskClient) -> None:
    assert "No session was made yet." in anna.get("/console/history").text
    text = anna.get("/console/history?search=nobody").text
    assert "No session fits this." in text
    assert 'value="nobody"' in text


def test_pages_keep_what_was_asked_for(portal: Portal, anna: FlaskClient) -> None:
    for number in range(51):
        portal.session(customer=f"Huber & {number}")
    first = anna.get("/console/history?search=huber+%26&state=living").text
    assert "Page 1 of 2" in first
    assert 'rel="next" href="/console/history?search=huber+%26&amp;state=living&amp;page=2"' in first
    assert "Newer" not in first
    last = anna.get("/console/history?search=huber+%26&state=living&page=2").text
    assert "Page 2 of 2" in last
    assert len(set(customers(first) + customers(last))) == 51


def test_hostile_texts_are_shown_as_they_are(portal: Portal, anna: FlaskClient) -> None:
    new = portal.session(customer=HOSTILE, note=HOSTILE, reference=HOSTILE)
    portal.own.calls.hold(portal.arrive(code=new.code, desktop=HOSTILE), 40001)
    text = anna.get("/console/history", query_string={"search": HOSTILE}).text
    assert "<img" not in text
    assert customers(text) == [HOSTILE.replace("<", "&lt;").replace(">", "&gt;")]


def test_the_old_address_of_ended_sessions_leads_here(anna: FlaskClient) -> None:
    assert anna.get("/console?ended=1").location == "/console/history?state=ended"


# What is noted about one session.


def test_notes_are_changed_also_after_the_end(portal: Portal, anna: FlaskClient) -> None:
    new = portal.session(customer="Hubr")
    portal.own.sessions.end(new.session.id, portal.person("anna"))
    here = f"/console/sessions/{new.session.id}/notes"
    page = anna.get(f"{here}?back=/console/history?page=2")
    assert 'name="customer" value="Hubr"' in page.text
    fields = {"customer": "Huber", "reference": "T-9", "note": "line\none", "back": "/console/history?page=2"}
    answer = anna.post(here, data={"csrf_token": csrf_of(page), **fields})
    assert (answer.status_code, answer.location) == (303, "/console/history?page=2")
    view = portal.own.sessions.get(new.session.id)
    assert (view.customer, view.reference, view.note) == ("Huber", "T-9", "line\none")


def test_notes_that_are_too_long_come_back(portal: Portal, anna: FlaskClient) -> None:
    new = portal.session(customer="Huber")
    here = f"/console/sessions/{new.session.id}/notes"
    answer = anna.post(here, data={"csrf_token": csrf_of(anna.get(here)), "customer": "x" * 129, "note": "typed"})
    assert answer.status_code == 422
    assert "at most 128 characters" in answer.text
    assert "typed" in answer.text
    assert portal.own.sessions.get(new.session.id).customer == "Huber"


def test_notes_lead_nowhere_else(portal: Portal, anna: FlaskClient) -> None:
    here = f"/console/sessions/{portal.session().session.id}/notes"
    assert 'name="back" value="/console"' in anna.get(f"{here}?back=//example.org").text
    data = {"csrf_token": csrf_of(anna.get(here)), "back": "https://example.org"}
    assert anna.post(here, data=data).location == "/console"


def test_an_auditor_reads_notes(portal: Portal, olga: FlaskClient) -> None:
    new = portal.session(customer="Huber", note="till", reference="T-1")
    text = olga.get(f"/console/sessions/{new.session.id}/notes").text
    assert "till" in text
    assert "T-1" in text
    assert "<textarea" not in text


def test_a_session_leads_to_what_happened_in_it(portal: Portal, anna: FlaskClient) -> None:
    new = portal.session(customer="Huber")
    where = f'href="/console/sessions/{new.session.id}/history"'
    assert where in anna.get("/console/history").text
    assert where in anna.get(f"/console/sessions/{new.session.id}/notes").text
