"""One's own account: the second factor at the door, duties, passwords, other browsers, API tokens."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from .conftest import PASSWORD, Portal, csrf_of

NEW = "a new long password"


def post(client: FlaskClient, path: str, page: str = "/console/account", **fields: str) -> TestResponse:
    return client.post(path, data={"csrf_token": csrf_of(client.get(page)), **fields})


def sign_in(client: FlaskClient, name: str = "anna", password: str = PASSWORD, **fields: str) -> TestResponse:
    return post(client, "/sign-in", "/sign-in", name=name, password=password, **fields)


def shown(portal: Portal, secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(portal.clock() + timedelta(seconds=30 * steps))


@pytest.fixture
def secret(portal: Portal) -> str:
    """anna has a second factor."""
    anna = portal.person("anna")
    secret = portal.own.second_factor.begin(anna.id).secret
    portal.own.second_factor.confirm(anna.id, shown(portal, secret))
    portal.clock.forward(minutes=1)
    return secret


# The second factor at the door.


def test_a_second_factor_is_set_up_on_the_page(portal: Portal, anna: FlaskClient) -> None:
    page = anna.get("/console/account/second-factor").text
    secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
    assert "<svg" in page
    assert "style=" not in page
    wrong = post(anna, "/console/account/second-factor", "/console/account/second-factor", code="000000")
    assert wrong.status_code == 422
    done = post(anna, "/console/account/second-factor", "/console/account/second-factor", code=shown(portal, secret))
    assert done.status_code == 201
    codes = re.findall(r"<li>([a-z0-9]{4}(?:-[a-z0-9]{4}){3})</li>", done.text)
    assert len(codes) == 10
    assert codes[0] not in anna.get("/console/account").text
    assert "10 of 10" in anna.get("/console/account").text
    assert anna.get("/console/account/second-factor").status_code == 302


def test_the_password_alone_opens_only_the_question_for_the_code(
    portal: Portal, stranger: FlaskClient, secret: str
) -> None:
    half = sign_in(stranger, next="/console/history")
    assert (half.status_code, half.location) == (303, "/sign-in/code?next=/console/history")
    assert stranger.get("/console").status_code == 302
    assert stranger.get("/api/sessions").status_code == 401
    assert stranger.get("/console/account").status_code == 302
    wrong = post(stranger, "/sign-in/code", "/sign-in/code", code="000000")
    assert wrong.status_code == 401
    right = post(stranger, "/sign-in/code", "/sign-in/code", code=shown(portal, secret), next="/console/history")
    assert (right.status_code, right.location) == (303, "/console/history")
    assert stranger.get("/console").status_code == 200


def test_half_of_a_sign_in_lasts_five_minutes(portal: Portal, stranger: FlaskClient, secret: str) -> None:
    sign_in(stranger)
    token = csrf_of(stranger.get("/sign-in/code"))
    portal.clock.forward(minutes=5)
    late = stranger.post("/sign-in/code", data={"csrf_token": token, "code": shown(portal, secret)})
    assert late.status_code == 401
    assert "took too long" in late.text
    assert stranger.get("/sign-in/code").status_code == 302


def test_half_of_a_sign_in_ends_with_the_password(portal: Portal, stranger: FlaskClient, secret: str) -> None:
    sign_in(stranger)
    portal.own.technicians.set_password("anna", NEW, None)
    assert stranger.get("/sign-in/code").status_code == 302


def test_wrong_codes_lock_like_wrong_passwords(portal: Portal, stranger: FlaskClient, secret: str) -> None:
    sign_in(stranger)
    token = csrf_of(stranger.get("/sign-in/code"))
    answers = [stranger.post("/sign-in/code", data={"csrf_token": token, "code": "000000"}) for _ in range(5)]
    assert [one.status_code for one in answers] == [401] * 4 + [429]
    right = stranger.post("/sign-in/code", data={"csrf_token": token, "code": shown(portal, secret)})
    assert right.status_code == 429


# The lock.


def test_five_wrong_passwords_lock_for_five_minutes(portal: Portal, stranger: FlaskClient) -> None:
    for name in ("anna", "nobody"):
        client = portal.browser()
        answers = [sign_in(client, name, "wrong", next="/console") for _ in range(5)]
        assert [one.status_code for one in answers] == [401] * 4 + [429]
        assert answers[-1].headers["Retry-After"] == "300"
        assert "Wait 5 minutes" in answers[-1].text
        assert sign_in(client, name).status_code == 429
        portal.clock.forward(seconds=300)
    assert sign_in(stranger).status_code == 303


def test_a_colleague_at_their_own_desk_is_not_locked_out(portal: Portal, stranger: FlaskClient) -> None:
    known = portal.browser()
    sign_in(known)
    post(known, "/sign-out", "/console")
    for _ in range(5):
        sign_in(stranger, password="wrong")
    assert sign_in(stranger).status_code == 429
    assert sign_in(known).status_code == 303


def test_a_device_mark_is_of_one_account_and_cannot_be_made_up(portal: Portal, stranger: FlaskClient) -> None:
    known = portal.browser()
    sign_in(known)
    post(known, "/sign-out", "/console")
    for _ in range(5):
        sign_in(stranger, "olga", "wrong")
    assert sign_in(known, "olga").status_code == 429
    forger = portal.browser()
    forger.set_cookie("reachback-device", "WyJtYXJrIixbIjU1NTc5Il1d.awcF3w.forged")
    assert sign_in(forger, "olga").status_code == 429


# Sign-ins.


def test_a_copied_cookie_is_worth_nothing_after_signing_out(portal: Portal, anna: FlaskClient) -> None:
    with anna.session_transaction() as cookie:
        secret = cookie["sign_in"]
    thief = portal.browser()
    with thief.session_transaction() as cookie:
        cookie["sign_in"] = secret
    assert thief.get("/console").status_code == 200
    post(anna, "/sign-out", "/console")
    assert thief.get("/console").status_code == 302


def test_doing_nothing_signs_out_and_pages_that_look_by_themselves_do_nothing(
    make_portal: Callable[..., Portal],
) -> None:
    made = make_portal(REACHBACK_IDLE_MINUTES="30")
    busy, idle = made.browser("anna"), made.browser("anna")
    for _ in range(4):
        made.clock.forward(minutes=10)
        assert busy.get("/console").status_code == 200
        seen = idle.get("/console/rows").status_code
    assert seen == 401
    assert idle.get("/console").status_code == 302


def test_other_browsers_are_listed_and_ended(portal: Portal, anna: FlaskClient) -> None:
    other, third = portal.browser("anna"), portal.browser("anna")
    page = anna.get("/console/account").text
    assert page.count("Firefox on Windows") == 3
    assert page.count("this browser") == 1
    ends = re.findall(r"/console/account/sign-ins/(\d+)/end", page)
    assert len(ends) == 2
    post(anna, f"/console/account/sign-ins/{ends[0]}/end")
    assert [one.get("/console").status_code for one in (other, third)].count(200) == 1
    post(anna, "/console/account/sign-ins/end-others")
    assert {one.get("/console").status_code for one in (other, third)} == {302}
    assert anna.get("/console").status_code == 200
    olga = portal.browser("olga")
    mine = re.findall(r"/sign-ins/(\d+)/end", portal.browser("anna").get("/console/account").text)
    assert post(olga, f"/console/account/sign-ins/{mine[0]}/end").status_code == 404


# Duties.


def test_a_made_password_is_changed_first(portal: Portal, stranger: FlaskClient) -> None:
    made = portal.own.technicians.make_password("anna", None)
    sign_in(stranger, password=made)
    led = stranger.get("/console/history?q=x")
    assert led.location == "/console/account/password?next=/console/history?q%3Dx"
    assert stranger.get("/console/rows").status_code == 403
    assert stranger.get("/api/sessions").json["error"]["code"] == "duty_first"
    assert post(stranger, "/console/sessions", "/console/account/password").status_code == 403
    page = "/console/account/password?next=/console/history"
    assert "made by somebody else" in stranger.get(page).text
    for fields, word in (
        ({"old": made, "new": NEW, "again": NEW + "x"}, "not the same"),
        ({"old": "wrong", "new": NEW, "again": NEW}, "not your password"),
        ({"old": made, "new": "short", "again": "short"}, "10 characters"),
        ({"old": made, "new": made, "again": made}, "old one"),
    ):
        refused = post(stranger, "/console/account/password", page, **fields)
        assert refused.status_code == 422
        assert word in refused.text
        assert not any(value in refused.text for value in fields.values() if value != "short")
    done = post(stranger, "/console/account/password", page, old=made, new=NEW, again=NEW, next="/console/history")
    assert (done.status_code, done.location) == (303, "/console/history")
    assert stranger.get("/console").status_code == 200


def test_a_second_factor_is_set_up_first_where_all_need_one(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_SECOND_FACTOR="required")
    anna = made.browser("anna")
    assert anna.get("/console").location.startswith("/console/account/second-factor?next=")
    page = anna.get("/console/account/second-factor").text
    assert "asks everybody" in page
    secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page))
    where = "/console/account/second-factor"
    assert post(anna, where, where, code=shown(made, secret)).status_code == 201
    assert anna.get("/console").status_code == 200
    script = {"Authorization": f"Bearer {made.token('olga')}"}
    assert made.browser().get("/api/sessions", headers=script).status_code == 200


# The rest of the account.


def test_a_token_that_leaked_makes_no_other_and_reads_no_secret(portal: Portal) -> None:
    headers = {"Authorization": f"Bearer {portal.token('anna')}"}
    for path in ("tokens", "second-factor", "sign-ins/end-others", "password"):
        answer = portal.browser().post(f"/console/account/{path}", headers=headers, data={"name": "x", "code": "1"})
        assert answer.status_code == 403
        assert "API token may not" in answer.text
    assert len(portal.own.tokens.list(portal.person("anna").id)) == 1


def test_a_factor_that_is_set_is_not_set_again(portal: Portal, anna: FlaskClient, secret: str) -> None:
    again = post(anna, "/console/account/second-factor", code="000000")
    assert again.status_code == 409
    assert secret not in again.text


def test_turning_the_factor_off_and_new_codes_ask_for_the_password(
    portal: Portal, anna: FlaskClient, secret: str
) -> None:
    for path in ("/console/account/second-factor/off", "/console/account/recovery-codes"):
        refused = post(anna, path, password="wrong")
        assert refused.status_code == 422
        assert "not your password" in refused.text
    assert portal.own.technicians.person("anna").second_factor
    assert post(anna, "/console/account/recovery-codes", password=PASSWORD).status_code == 201
    assert post(anna, "/console/account/second-factor/off", password=PASSWORD).status_code == 303
    assert not portal.own.technicians.person("anna").second_factor
    assert post(anna, "/console/account/recovery-codes", password=PASSWORD).status_code == 409


def test_tokens_are_made_shown_once_and_revoked(portal: Portal, anna: FlaskClient) -> None:
    made = post(anna, "/console/account/tokens", name=" nightly <b> ")
    assert made.status_code == 201
    (token,) = re.findall(r"rb_[a-z2-7]{32}", made.text)
    assert "nightly &lt;b&gt;" in made.text
    script = {"Authorization": f"Bearer {token}"}
    assert portal.browser().get("/api/sessions", headers=script).status_code == 200
    page = anna.get("/console/account").text
    assert token not in page
    assert "127.0.0.1" in page
    (number,) = re.findall(r"/tokens/(\d+)/revoke", page)
    olga = portal.browser("olga")
    assert post(olga, f"/console/account/tokens/{number}/revoke").status_code == 404
    post(anna, f"/console/account/tokens/{number}/revoke")
    assert portal.browser().get("/api/sessions", headers=script).status_code == 401
    assert post(anna, "/console/account/tokens", name="").status_code == 422


def test_likes_are_kept(portal: Portal, anna: FlaskClient) -> None:
    post(anna, "/console/account/preferences", theme="dark", keyboard="de", sound="on")
    page = anna.get("/console/account").text
    assert 'data-theme="dark"' in page
    assert '<option value="de" selected>German' in page
    assert portal.person("anna").preferences == {"theme": "dark", "keyboard": "de", "sound": "on"}
    assert post(anna, "/console/account/preferences", theme="pink").status_code == 422
