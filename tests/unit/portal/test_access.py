"""Every route, without login, with a reader's login, and with a page of another site behind it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from .conftest import Portal

OPEN = {
    ("GET", "/"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/"),
    ("POST", "/sign-out"),
    ("GET", "/support/<link>"),
    ("GET", "/support/<link>/kit.zip"),
    ("GET", "/support/<link>/<any('connect.bat', 'connect.ps1', 'connect.sh', 'tightvnc.reg'):name>"),
    ("POST", "/support/<link>/end"),
    ("GET", "/healthz"),
    ("GET", "/novnc/<path:name>"),
    ("GET", "/viewer/<path:name>"),
    ("GET", "/static/<path:filename>"),
    ("GET", "/api/openapi.json"),
}
PLACEHOLDERS = {"<session_id>": "abc", "<int:call_id>": "7"}


def routes(portal: Portal) -> set[tuple[str, str]]:
    return {
        (method, rule.rule)
        for rule in portal.app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }


def address(rule: str) -> str:
    for placeholder, value in PLACEHOLDERS.items():
        rule = rule.replace(placeholder, value)
    assert "<" not in rule
    return rule


def test_the_open_routes_are_these_and_no_others(portal: Portal) -> None:
    closed = routes(portal) - OPEN
    assert routes(portal) >= OPEN
    assert all(rule.startswith(("/console", "/api/")) for _, rule in closed)


def test_everything_else_refuses_strangers(portal: Portal, stranger: FlaskClient) -> None:
    for method, rule in routes(portal) - OPEN:
        answer = stranger.open(address(rule), method=method)
        leads_to_sign_in = answer.status_code == 302 and answer.location.startswith("/sign-in?next=")
        assert answer.status_code == 401 or (method == "GET" and leads_to_sign_in), (method, rule)


def test_every_change_by_cookie_needs_a_token(portal: Portal, anna: FlaskClient) -> None:
    for method, rule in routes(portal) - OPEN:
        if method != "GET":
            assert anna.open(address(rule), method=method).status_code == 403, (method, rule)


def test_an_auditor_changes_nothing(portal: Portal, auditing: dict[str, str]) -> None:
    for method, rule in routes(portal) - OPEN:
        answer = portal.browser().open(address(rule), method=method, headers=auditing)
        assert (answer.status_code == 403) == (method != "GET"), (method, rule)


@pytest.mark.parametrize("header", ["Bearer rb_wrong", "Bearer", "Bearer ", "Bearer a b", "bearer \xff"])
def test_a_wrong_token_is_refused_even_beside_a_good_cookie(anna: FlaskClient, header: str) -> None:
    assert anna.get("/api/sessions", headers={"Authorization": header}).status_code == 401


def test_another_scheme_of_a_proxy_in_front_does_not_hide_the_cookie(anna: FlaskClient) -> None:
    answer = anna.get("/api/sessions", headers={"Authorization": "Basic YTpi"})
    assert answer.status_code == 200
    assert anna.post("/api/sessions", headers={"Authorization": "Basic YTpi"}).status_code == 403


def test_a_script_with_a_token_needs_no_csrf_token_and_gets_no_cookie(portal: Portal, script: dict[str, str]) -> None:
    answer = portal.browser().post("/api/sessions", json={}, headers=script)
    assert answer.status_code == 201
    assert "Set-Cookie" not in answer.headers


def test_a_token_opens_the_pages_too(portal: Portal, script: dict[str, str]) -> None:
    assert portal.browser().get("/console", headers=script).status_code == 200


def test_a_signed_in_script_sends_its_csrf_token_as_a_header(anna: FlaskClient) -> None:
    page = anna.get("/console").text
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    assert anna.post("/api/sessions", json={}, headers={"X-CSRFToken": token}).status_code == 201
