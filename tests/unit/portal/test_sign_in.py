from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from portal.sign_in import local_path

from .conftest import PASSWORD, Portal, csrf_of


def sign_in(client: FlaskClient, name: str = "anna", password: str = PASSWORD, **fields: str) -> object:
    token = csrf_of(client.get("/sign-in"))
    return client.post("/sign-in", data={"csrf_token": token, "name": name, "password": password, **fields})


def test_name_and_password_lead_to_the_board(stranger: FlaskClient) -> None:
    answer = sign_in(stranger)
    assert (answer.status_code, answer.location) == (303, "/console")
    assert "anna" in stranger.get("/console").text


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(stranger: FlaskClient) -> None:
    wrong, unknown = sign_in(stranger, password="nothing like it"), sign_in(stranger, name="annb")
    assert wrong.status_code == unknown.status_code == 401
    assert "do not fit" in wrong.text
    assert "do not fit" in unknown.text
    assert PASSWORD not in wrong.text + unknown.text
    assert stranger.get("/console").status_code == 302


def test_the_name_that_was_typed_is_shown_again_and_escaped(stranger: FlaskClient) -> None:
    answer = sign_in(stranger, name='"><script>alert(1)</script>')
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_signing_in_needs_a_token_of_this_very_browser(portal: Portal, stranger: FlaskClient) -> None:
    fields = {"name": "anna", "password": PASSWORD}
    foreign = csrf_of(portal.browser().get("/sign-in"))
    assert stranger.post("/sign-in", data=fields).status_code == 403
    assert stranger.post("/sign-in", data={**fields, "csrf_token": foreign}).status_code == 403


def test_the_cookie_is_a_new_one_after_signing_in(stranger: FlaskClient) -> None:
    before = csrf_of(stranger.get("/sign-in"))
    with stranger.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
        old = cookie["csrf_token"]
    sign_in(stranger)
    with stranger.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie.get("csrf_token") != old
    stranger.get("/console")
    assert stranger.post("/sign-out", data={"csrf_token": before}).status_code == 403


def test_the_cookie_is_kept_from_scripts_and_other_sites(stranger: FlaskClient) -> None:
    cookie = next(one for one in sign_in(stranger).headers.getlist("Set-Cookie") if "-device" not in one)
    assert cookie.startswith("reachback=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "Expires=" in cookie


def test_the_cookie_is_secure_where_the_public_url_is(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_PUBLIC_URL="https://help.example.org")
    client = made.browser()
    page = client.get("/sign-in", base_url="https://help.example.org")
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-reachback=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    # No page sends a referrer, so the check must do without one.
    fields = {"csrf_token": csrf_of(page), "name": "anna", "password": PASSWORD}
    assert client.post("/sign-in", data=fields, base_url="https://help.example.org").status_code == 303


def test_whoever_is_signed_in_is_not_asked_again(anna: FlaskClient) -> None:
    assert anna.get("/sign-in?next=/console/sessions/1").location == "/console/sessions/1"


def test_signing_out_ends_it(anna: FlaskClient) -> None:
    token = csrf_of(anna.get("/console"))
    assert anna.post("/sign-out", data={"csrf_token": token}).location == "/sign-in"
    assert anna.get("/console").location == "/sign-in?next=/console"


def test_signing_out_needs_a_token(anna: FlaskClient) -> None:
    assert anna.post("/sign-out").status_code == 403
    assert anna.get("/console").status_code == 200


def test_after_twelve_idle_hours_one_signs_in_again(portal: Portal, anna: FlaskClient) -> None:
    portal.clock.forward(hours=11, minutes=59)
    assert anna.get("/console").status_code == 200
    portal.clock.forward(hours=11, minutes=59)
    assert anna.get("/console").status_code == 200
    portal.clock.forward(hours=12, seconds=1)
    assert anna.get("/console").status_code == 302


def test_a_page_that_only_looks_for_news_does_not_count_as_a_person(portal: Portal, anna: FlaskClient) -> None:
    portal.clock.forward(hours=11, minutes=59)
    assert "Set-Cookie" not in anna.get("/console/rows").headers
    portal.clock.forward(minutes=2)
    assert anna.get("/console/rows").status_code == 401


def test_a_changed_password_signs_out(portal: Portal, anna: FlaskClient) -> None:
    portal.own.technicians.set_password("anna", "another long one", None)
    assert anna.get("/console").status_code == 302


def test_a_technician_who_was_removed_is_signed_out(portal: Portal, anna: FlaskClient) -> None:
    with portal.own.engine.connect() as connection:
        connection.exec_driver_sql("DELETE FROM technicians WHERE name = 'anna'")
        connection.commit()
    assert anna.get("/console").status_code == 302


def test_a_cookie_that_somebody_made_up_signs_nobody_in(portal: Portal, stranger: FlaskClient) -> None:
    stranger.set_cookie("reachback", "eyJ0ZWNobmljaWFuIjoxfQ.aaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaa")
    assert stranger.get("/console").status_code == 302


def test_a_stranger_is_led_back_to_where_they_wanted_to_be(stranger: FlaskClient) -> None:
    way = stranger.get("/console?ended=1").location
    assert way == "/sign-in?next=/console?ended%3D1"
    page = stranger.get(way)
    assert 'name="next" value="/console?ended=1"' in page.text
    fields = {"csrf_token": csrf_of(page), "name": "anna", "password": PASSWORD, "next": "/console?ended=1"}
    assert stranger.post("/sign-in", data=fields).location == "/console?ended=1"


HOSTILE = [
    "https://example.org/",
    "//example.org/",
    "///example.org/",
    "//[",
    "http://[",
    "/\\example.org/",
    "\\\\example.org/",
    "/\t/example.org/",
    "/\n/example.org",
    "javascript:alert(1)",
    "example.org",
    "",
    "/ü",
    "http:/console",
    "/%0d%0aSet-Cookie: a=b\r\nX: y",
]


@pytest.mark.parametrize("wanted", HOSTILE)
def test_nobody_is_sent_elsewhere(portal: Portal, wanted: str) -> None:
    with portal.app.test_request_context():
        assert local_path(wanted) == "/console"


@pytest.mark.parametrize("wanted", ["/", "/console", "/console/sessions/abc?x=1"])
def test_a_path_of_this_site_is_taken(portal: Portal, wanted: str) -> None:
    with portal.app.test_request_context():
        assert local_path(wanted) == wanted
