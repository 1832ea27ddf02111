from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from sessions.models import Call
from sessions.secrets import check_digit

from .conftest import START, Portal

Api = Callable[..., TestResponse]


@pytest.fixture
def api(portal: Portal) -> Api:
    """Calls the API as anna's script."""
    return portal.script("anna")


def refusal(answer: TestResponse) -> tuple[int, str]:
    assert set(answer.json) == {"error"}
    assert set(answer.json["error"]) == {"code", "message"}
    assert answer.json["error"]["message"].endswith(".")
    return answer.status_code, answer.json["error"]["code"]


# Making sessions.


def test_a_session_is_made_with_nothing_given(portal: Portal, api: Api) -> None:
    for body in ({}, {"json": {}}):
        answer = api("POST", "/sessions", **body)
        assert answer.status_code == 201
        made = answer.json
        assert set(made) == {"id", "link", "code", "state", "host", "port", "expires_at"}
        assert made["state"] == "created"
        assert (made["host"], made["port"]) == ("localhost", 5500)
        assert made["expires_at"] == "2026-03-01T12:00:00Z"
        assert len(made["code"]) == 9
        assert check_digit(made["code"]) == "0"


def test_the_link_is_under_the_public_url_whatever_host_was_asked(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_PUBLIC_URL="https://help.example.org/")
    headers = {
        "Authorization": f"Bearer {made.token('anna')}",
        "Host": "evil.example.net",
        "X-Forwarded-Host": "evil.example.net",
    }
    answer = made.browser().post("/api/sessions", json={}, headers=headers)
    link = answer.json["link"]
    assert link.startswith("https://help.example.org/support/")
    assert made.own.sessions.by_link(link.rpartition("/")[2]).id == answer.json["id"]


def test_what_is_given_is_kept(portal: Portal, api: Api) -> None:
    body = {
        "customer": "  Bäckerei\x00\x1b[31m Huber ",
        "note": "till\nprinter",
        "minutes": 30,
        "vnc_password": "hunter2",
    }
    made = api("POST", "/sessions", json=body).json
    view = portal.own.sessions.get(made["id"])
    assert (view.customer, view.note) == ("Bäckerei[31m Huber", "till\nprinter")
    assert view.expires_at == START + timedelta(minutes=30)
    assert view.created_by == "anna"
    assert portal.password_for(made["code"]) == "hunter2"


@pytest.mark.parametrize(
    "body",
    [
        {"minutes": 0},
        {"minutes": -1},
        {"minutes": 7 * 24 * 60 + 1},
        {"minutes": "30"},
        {"minutes": 1.5},
        {"minutes": True},
        {"minutes": None},
        {"customer": 5},
        {"customer": "x" * 129},
        {"note": "x" * 2001},
        {"vnc_password": "123456789"},
        {"vnc_password": "\ud800"},
        {"unknown": 1},
        [],
        "text",
        7,
    ],
)
def test_values_that_cannot_be_are_refused_and_nothing_is_made(portal: Portal, api: Api, body: object) -> None:
    assert refusal(api("POST", "/sessions", json=body)) == (422, "invalid")
    assert portal.own.sessions.list() == []


def test_a_refusal_names_the_field_and_not_the_value(api: Api) -> None:
    answer = api("POST", "/sessions", json={"vnc_password": "geheim-geheim"})
    assert "vnc_password" in answer.json["error"]["message"]
    assert "geheim" not in answer.text


def test_half_a_character_is_dropped_from_a_name(portal: Portal, api: Api) -> None:
    made = api("POST", "/sessions", data=b'{"customer": "a\\ud800b"}', content_type="application/json")
    assert portal.own.sessions.get(made.json["id"]).customer == "ab"


def test_a_body_that_is_no_json_is_refused(api: Api) -> None:
    answer = api("POST", "/sessions", data=b"{", content_type="application/json")
    assert refusal(answer)[0] in {400, 422}


def test_a_body_that_is_too_long_is_refused(api: Api) -> None:
    answer = api("POST", "/sessions", data=b'{"note": "' + b"x" * 70_000 + b'"}', content_type="application/json")
    assert refusal(answer) == (413, "too_large")


# Looking at sessions.


def test_what_was_learned_is_written_down(portal: Portal, api: Api) -> None:
    new = portal.session(customer="Huber", note="till")
    edited = api("PATCH", f"/sessions/{new.session.id}", json={"note": " printer\x00 too ", "keyboard": "de"})
    assert (edited.status_code, edited.json["note"], edited.json["customer"]) == (200, "printer too", "Huber")
    assert edited.json["keyboard"] == "de"
    event = portal.own.sessions.events(new.session.id)[-1]
    assert (event.kind, event.actor, event.address) == ("edited", "anna", "127.0.0.1")
    assert event.details == {"fields": ["keyboard", "note"]}
    assert refusal(api("PATCH", f"/sessions/{new.session.id}", json={"keyboard": "xx"})) == (422, "invalid")
    assert refusal(api("PATCH", "/sessions/000000000000", json={})) == (404, "unknown_session")


def test_a_session_without_a_call(portal: Portal, api: Api) -> None:
    new = portal.session(customer="Huber", note="till")
    expected = {
        "id": new.session.id,
        "state": "created",
        "customer": "Huber",
        "note": "till",
        "reference": "",
        "keyboard": None,
        "created_by": "anna",
        "created_at": "2026-03-01T10:00:00Z",
        "port": 5500,
        "expires_at": "2026-03-01T12:00:00Z",
        "call": None,
        "seats": [],
        "recording": "off",
        "recording_policy": "off",
        "recording_trouble": None,
    }
    assert api("GET", f"/sessions/{new.session.id}").json == expected
    assert api("GET", "/sessions").json == [expected]


def test_a_session_with_a_call_and_a_seat(portal: Portal, api: Api) -> None:
    new = portal.held()
    call = portal.own.sessions.get(new.session.id).call
    assert call
    portal.own.tickets.spend(portal.own.tickets.issue(new.session.id, portal.person("anna")).token)
    portal.own.calls.take_seat(call.id)
    found = api("GET", f"/sessions/{new.session.id}").json
    assert found["state"] == "in_use"
    assert found["call"] == {
        "id": call.id,
        "address": "198.51.100.7",
        "desktop": "FRONT-DESK",
        "width": 1024,
        "height": 768,
        "since": "2026-03-01T10:00:00Z",
        "matched_by": "id",
        "confirmed": True,
        "encrypted": False,
        "resumable": False,
    }
    [seat] = found["seats"]
    assert seat == {
        "id": seat["id"],
        "technician": "anna",
        "mode": "control",
        "since": "2026-03-01T10:00:00Z",
        "asks": False,
        "offered": False,
    }


def test_link_and_code_are_shown_when_made_and_never_again(portal: Portal, api: Api, anna: FlaskClient) -> None:
    made = api("POST", "/sessions", json={"vnc_password": "hunter2"}).json
    link = made["link"].rpartition("/")[2]
    here = f"/sessions/{made['id']}"
    texts = [api("GET", path).text for path in ("/sessions", here, f"{here}/events", "/calls")]
    texts += [anna.get(path).text for path in ("/console", "/console/rows", f"/console{here}")]
    for text in texts:
        assert link not in text
        assert made["code"] not in text
        assert "hunter2" not in text


def test_sessions_that_ended_are_listed_when_asked_for(portal: Portal, api: Api) -> None:
    new = portal.session()
    api("DELETE", f"/sessions/{new.session.id}")
    assert api("GET", "/sessions").json == []
    assert [one["state"] for one in api("GET", "/sessions?ended=1").json] == ["closed"]
    assert api("GET", f"/sessions/{new.session.id}").json["state"] == "closed"
    assert refusal(api("GET", "/sessions?ended=perhaps")) == (422, "invalid")


def test_sessions_are_searched_living_and_ended_alike(portal: Portal, api: Api) -> None:
    ended, _ = portal.session(customer="Huber", reference="T-1"), portal.session(customer="Huber", reference="T-2")
    portal.own.sessions.end(ended.session.id, portal.person("anna"))
    portal.session(customer="Gray")

    def found(query: str) -> list[str]:
        return sorted(one["reference"] or one["customer"] for one in api("GET", f"/sessions?{query}").json)

    assert found("search=huber") == ["T-1", "T-2"]
    assert found("search=huber&ended=1") == ["T-1"]
    assert found("search=huber&ended=0") == ["T-2"]
    assert found("page=1") == ["Gray", "T-1", "T-2"]
    assert found("search=%00hub%00er+t-2") == ["T-2"]
    assert refusal(api("GET", "/sessions?page=0")) == (422, "invalid")
    assert refusal(api("GET", f"/sessions?search={'x' * 201}")) == (422, "invalid")


def test_pages_tell_of_each_other_in_their_headers(portal: Portal, api: Api) -> None:
    for _ in range(101):
        portal.session(customer="Huber & Söhne")
    pages = [api("GET", f"/sessions?search=huber+%26&page={page}") for page in (1, 2, 3)]
    assert [len(page.json) for page in pages] == [50, 50, 1]
    assert len({one["id"] for page in pages for one in page.json}) == 101
    assert {page.headers["X-Total-Count"] for page in pages} == {"101"}
    first, second, last = (page.headers["Link"] for page in pages)
    assert first == '</api/sessions?search=huber+%26&page=2>; rel="next"'
    assert 'page=1>; rel="prev", <' in second
    assert "next" not in last
    assert "Link" not in api("GET", "/sessions?search=nobody").headers
    assert "X-Total-Count" not in api("GET", "/sessions").headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/sessions/000000000000"),
        ("DELETE", "/sessions/000000000000"),
        ("GET", "/sessions/000000000000/events"),
        ("GET", "/sessions/a%00b"),
    ],
)
def test_an_unknown_session_is_not_found(api: Api, method: str, path: str) -> None:
    assert refusal(api(method, path))[0] == 404


def test_an_unknown_address_and_method_are_refused_as_json(api: Api) -> None:
    assert refusal(api("GET", "/nothing")) == (404, "not_found")
    answer = api("PUT", "/sessions")
    assert refusal(answer) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


# Ending and extending.


def test_ending_a_session_twice_is_no_error(portal: Portal, api: Api) -> None:
    new = portal.session()
    for _ in range(2):
        answer = api("DELETE", f"/sessions/{new.session.id}")
        assert (answer.status_code, answer.data) == (204, b"")
    assert portal.own.sessions.get(new.session.id).state == "closed"


def test_a_session_lasts_longer(portal: Portal, api: Api) -> None:
    new = portal.session(minutes=10)
    answer = api("POST", f"/sessions/{new.session.id}/extend", json={"minutes": 20})
    assert answer.status_code == 200
    assert answer.json["expires_at"] == "2026-03-01T10:30:00Z"


@pytest.mark.parametrize("body", [{}, {"minutes": 0}, {"minutes": "x"}])
def test_extending_needs_a_number_of_minutes(portal: Portal, api: Api, body: object) -> None:
    answer = api("POST", f"/sessions/{portal.session().session.id}/extend", json=body)
    assert refusal(answer) == (422, "invalid")


def test_what_has_ended_is_gone(portal: Portal, api: Api) -> None:
    here = f"/sessions/{portal.session(minutes=5).session.id}"
    portal.clock.forward(minutes=5)
    assert refusal(api("POST", f"{here}/extend", json={"minutes": 5})) == (410, "session_ended")
    assert refusal(api("POST", f"{here}/tickets", json={"mode": "control"})) == (410, "session_ended")


# Tickets.


def test_a_ticket_comes_inside_the_address_it_opens(portal: Portal, api: Api) -> None:
    new = portal.held()
    answer = api("POST", f"/sessions/{new.session.id}/tickets", json={"mode": "control"})
    assert answer.status_code == 201
    assert set(answer.json) == {"websocket_url", "expires_at", "mode"}
    assert answer.json["mode"] == "control"
    assert answer.json["expires_at"] == "2026-03-01T10:01:00Z"
    parts = urlsplit(answer.json["websocket_url"])
    assert (parts.scheme, parts.netloc, parts.path) == ("ws", "127.0.0.1:6080", "/")
    assert portal.own.tickets.spend(parse_qs(parts.query)["token"][0]).port == 40001


def test_control_is_the_mode_where_none_is_given(portal: Portal, api: Api) -> None:
    assert api("POST", f"/sessions/{portal.held().session.id}/tickets").status_code == 201


def test_a_ticket_to_watch_or_for_whoever_comes_second(portal: Portal, api: Api) -> None:
    new = portal.held()
    here = f"/sessions/{new.session.id}/tickets"
    assert api("POST", here, json={"mode": "watch"}).json["mode"] == "watch"
    portal.sit(new, "bert")
    assert api("POST", here, json={"mode": "control"}).json["mode"] == "watch"


def test_another_mode_is_invalid(portal: Portal, api: Api) -> None:
    answer = api("POST", f"/sessions/{portal.held().session.id}/tickets", json={"mode": "root"})
    assert refusal(answer) == (422, "invalid")


def test_no_ticket_without_a_call_or_a_free_seat(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal(REACHBACK_MAX_SEATS="1")
    api = portal.script("anna")
    empty = portal.session()
    assert refusal(api("POST", f"/sessions/{empty.session.id}/tickets")) == (409, "no_call_held")
    new = portal.held()
    portal.sit(new, "bert")
    answer = api("POST", f"/sessions/{new.session.id}/tickets")
    assert refusal(answer) == (409, "seats_full")
    assert "REACHBACK_MAX_SEATS" in answer.json["error"]["message"]
    assert refusal(api("POST", "/sessions/000000000000/tickets")) == (404, "unknown_session")


def test_what_became_of_a_ticket(portal: Portal, api: Api) -> None:
    new, other = portal.held(), portal.session()
    token = portal.own.tickets.issue(new.session.id, portal.person("anna")).token

    def outcome(session_id: str, given: str) -> str:
        answer = api("POST", f"/sessions/{session_id}/tickets/outcome", json={"token": given})
        assert answer.status_code == 200
        assert set(answer.json) == {"code", "message", "seat_id"}
        assert given not in answer.text
        return str(answer.json["code"])

    assert outcome(new.session.id, token) == "usable"
    assert outcome(other.session.id, token) == "ticket_foreign"
    assert outcome(new.session.id, f"{new.session.id}.nothing") == "ticket_unknown"
    portal.own.tickets.spend(token)
    assert outcome(new.session.id, token) == "ticket_spent"
    late = portal.own.tickets.issue(new.session.id, portal.person("anna")).token
    portal.clock.forward(seconds=61)
    assert outcome(new.session.id, late) == "ticket_expired"


@pytest.mark.parametrize("body", [{}, {"token": ""}, {"token": "x" * 257}, {"token": "\ud800"}, {"token": 5}])
def test_a_token_that_is_none_is_invalid(portal: Portal, api: Api, body: object) -> None:
    answer = api("POST", f"/sessions/{portal.session().session.id}/tickets/outcome", json=body)
    assert refusal(answer) == (422, "invalid")


# Calls.


def test_parked_calls_are_listed_and_refused_ones_where_not_only_parked_are_asked_for(portal: Portal, api: Api) -> None:
    number = portal.arrive("203.0.113.9", desktop="BUERO-3")
    portal.own.calls.refuse("203.0.113.200", "It spoke HTTP.")
    parked = api("GET", "/calls?parked=1").json
    assert parked == [
        {
            "id": number,
            "state": "parked",
            "address": "203.0.113.9",
            "desktop": "BUERO-3",
            "width": 1024,
            "height": 768,
            "since": "2026-03-01T10:00:00Z",
            "matched_by": None,
            "confirmed": True,
            "encrypted": False,
            "resumable": False,
            "reason": None,
        }
    ]
    both = api("GET", "/calls").json
    assert [(one["state"], one["reason"]) for one in both] == [("parked", None), ("refused", "It spoke HTTP.")]


def test_a_claimed_call_goes_to_its_session(portal: Portal, api: Api) -> None:
    number, new = portal.arrive("203.0.113.9"), portal.session()
    answer = api("POST", f"/calls/{number}/claim", json={"session": new.session.id})
    assert answer.status_code == 200
    assert answer.json["id"] == new.session.id
    assert portal.own.calls.parked() == []
    assert [one.call_id for one in portal.own.calls.decisions()] == [number]


def test_a_claim_that_cannot_be_is_refused(portal: Portal, api: Api) -> None:
    number, new, ended, full = portal.arrive("203.0.113.9"), portal.session(), portal.session(), portal.held()
    portal.own.sessions.end(ended.session.id, portal.person("anna"))

    def claim(call: int, session: str) -> tuple[int, str]:
        return refusal(api("POST", f"/calls/{call}/claim", json={"session": session}))

    assert claim(99, new.session.id) == (404, "unknown_call")
    assert claim(10**30, new.session.id) == (404, "unknown_call")
    assert claim(number, "000000000000") == (404, "unknown_session")
    assert claim(number, ended.session.id) == (410, "session_ended")
    assert claim(number, full.session.id) == (409, "session_has_call")
    assert claim(number, "") == (422, "invalid")
    portal.own.calls.claim(number, new.session.id, portal.person("anna"))
    assert claim(number, portal.session().session.id) == (409, "not_claimable")
    assert refusal(api("POST", "/calls/none/claim", json={"session": "x"})) == (404, "not_found")


def test_a_sessions_history(portal: Portal, api: Api) -> None:
    new = portal.session(customer="Huber")
    portal.own.sessions.open_page(new.link, "198.51.100.7")
    history = api("GET", f"/sessions/{new.session.id}/events").json
    assert [one["kind"] for one in history] == ["created", "page_opened"]
    assert history[0] == {
        "at": "2026-03-01T10:00:00Z",
        "kind": "created",
        "actor": "anna",
        "address": None,
        "call_id": None,
        "details": {"customer": "Huber", "reference": "", "minutes": 120},
    }
    assert history[1]["address"] == "198.51.100.7"


# Who may.


def test_strangers_are_told_to_sign_in(stranger: FlaskClient) -> None:
    assert refusal(stranger.get("/api/sessions")) == (401, "not_signed_in")


def test_an_auditor_reads(portal: Portal, auditing: dict[str, str]) -> None:
    new = portal.session()
    client = portal.browser()
    for path in ("/sessions", f"/sessions/{new.session.id}", f"/sessions/{new.session.id}/events", "/calls"):
        assert client.get(f"/api{path}", headers=auditing).status_code == 200
    answer = client.delete(f"/api/sessions/{new.session.id}", headers=auditing)
    assert refusal(answer) == (403, "read_only")
    assert not portal.own.sessions.get(new.session.id).ended


def test_a_change_by_cookie_without_its_token_is_refused(portal: Portal, anna: FlaskClient) -> None:
    new = portal.session()
    assert refusal(anna.delete(f"/api/sessions/{new.session.id}")) == (403, "csrf")
    assert not portal.own.sessions.get(new.session.id).ended


def test_something_that_went_wrong_inside_says_nothing_of_it(
    portal: Portal, script: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_given: object, **_named: object) -> None:
        raise RuntimeError("the cellar is flooded")

    monkeypatch.setattr(type(portal.own.sessions), "list", broken)
    portal.app.testing = False
    portal.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = portal.browser().get("/api/sessions", headers=script)
    assert refusal(answer) == (500, "internal")
    assert "cellar" not in answer.text
    assert "cellar" in caplog.text


def test_a_session_is_told_with_its_own_port_everywhere(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_SESSION_PORTS="5501-5502")
    script = {"Authorization": f"Bearer {made.token('anna')}"}
    ports = [made.browser().post("/api/sessions", json={}, headers=script).json["port"] for _ in range(3)]
    assert sorted(ports) == [5500, 5501, 5502]
    listed = made.browser().get("/api/sessions", headers=script).json
    assert sorted(one["port"] for one in listed) == [5500, 5501, 5502]


def test_a_ticket_leads_to_the_node_that_has_the_call(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal(REACHBACK_PUBLIC_WEBSOCKET="wss://help.example.org/websockify/{node}", REACHBACK_NODE="one")
    here, there = portal.held(), portal.held()
    number = portal.own.listeners.begin("two")
    call = portal.own.sessions.get(there.session.id).call
    assert call
    with portal.own.engine.begin() as connection:
        connection.execute(update(Call).where(Call.id == call.id).values(listener_id=number))
    for new, node in ((here, "one"), (there, "two")):
        made = portal.script("anna")("POST", f"/sessions/{new.session.id}/tickets", json={})
        assert urlsplit(made.json["websocket_url"]).path == f"/websockify/{node}"
