"""Every route, without login, with a reader's login, and with a page of another site behind it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from portal.rights import BY_BROWSER, OPEN, OWN, RIGHTS, is_open
from sessions.technicians import ROLES

from .conftest import PASSWORD, Portal, csrf_of

PLACEHOLDERS = {
    "<int:sign_in_id>": "99",
    "<int:token_id>": "99",
    "<name>": "nobody",
    "<any('role', 'password', 'second-factor-off', 'sign-out', 'openid', 'remove', 'restore'):what>": "role",
    "<session_id>": "abc",
    "<int:call_id>": "7",
    "<int:seat_id>": "7",
    "<int:recording_id>": "7",
    "<int:delivery_id>": "7",
}
READS = ("GET", "HEAD", "OPTIONS")


def routes(portal: Portal) -> set[tuple[str, str, str]]:
    """Every address that needs a sign-in: method, rule, and the name of what answers."""
    return {
        (method, rule.rule, rule.endpoint)
        for rule in portal.app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"} and not is_open(rule.endpoint)
    }


def address(rule: str) -> str:
    for placeholder, value in PLACEHOLDERS.items():
        rule = rule.replace(placeholder, value)
    assert "<" not in rule
    return rule


def test_every_address_has_its_line_in_the_table_and_no_line_is_left_over(portal: Portal) -> None:
    told = {rule.endpoint for rule in portal.app.url_map.iter_rules()}
    assert told == OPEN | RIGHTS.keys()
    assert not OPEN & RIGHTS.keys()


def test_no_page_of_a_technician_is_open(portal: Portal) -> None:
    rules = [rule for rule in portal.app.url_map.iter_rules() if is_open(rule.endpoint)]
    assert not [rule.rule for rule in rules if rule.rule.startswith(("/console", "/api/s", "/api/c"))]


def test_strangers_are_refused_or_sent_to_sign_in(portal: Portal, stranger: FlaskClient) -> None:
    for method, rule, _ in routes(portal):
        answer = stranger.open(address(rule), method=method)
        leads_to_sign_in = answer.status_code == 302 and answer.location.startswith("/sign-in?next=")
        assert answer.status_code == 401 or (method == "GET" and leads_to_sign_in), (method, rule)


def test_every_change_by_cookie_needs_a_token(portal: Portal, anna: FlaskClient) -> None:
    for method, rule, _ in routes(portal):
        if method not in READS:
            assert anna.open(address(rule), method=method).status_code == 403, (method, rule)


@pytest.mark.parametrize("role", ROLES)
def test_every_right_of_every_role(portal: Portal, role: str) -> None:
    portal.own.technicians.add("somebody", role, password=PASSWORD)
    headers = {"Authorization": f"Bearer {portal.token('somebody')}"}
    for method, rule, endpoint in routes(portal):
        answer = portal.browser().open(address(rule), method=method, headers=headers)
        allowed = role in RIGHTS[endpoint] and endpoint not in BY_BROWSER
        assert (answer.status_code != 403) == allowed, (role, method, rule, answer.status_code)


@pytest.mark.parametrize("role", ROLES)
def test_every_right_of_every_role_in_a_browser(portal: Portal, role: str) -> None:
    portal.own.technicians.add("somebody", role, password=PASSWORD)
    for method, rule, endpoint in routes(portal):
        client = portal.browser("somebody")
        token = csrf_of(client.get("/console"))
        answer = client.open(address(rule), method=method, headers={"X-CSRFToken": token})
        assert (answer.status_code != 403) == (role in RIGHTS[endpoint]), (role, method, rule, answer.status_code)


def test_an_auditor_changes_nothing_but_their_own(portal: Portal) -> None:
    changes = {endpoint for method, _, endpoint in routes(portal) if method not in READS}
    assert {endpoint for endpoint in changes if "auditor" in RIGHTS[endpoint]} == OWN & changes


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
