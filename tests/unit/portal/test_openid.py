"""Sign-in with OpenID Connect, against a provider that really answers."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction
from werkzeug.test import TestResponse

from portal.openid_provider import Start
from sessions.models import AuditEvent, SignIn, Technician
from tests.fakes.openid_provider import CLIENT_ID, SECRET, FakeProvider, running, visit

from .conftest import START, Portal

HERE = "http://localhost"
NAME = "Shop <SSO>"


@dataclass
class Shop:
    """A portal, its provider, and somebody's browser."""

    portal: Portal
    provider: FakeProvider
    browser: FlaskClient

    def leave(self, way: str = "") -> str:
        """Press the button; answers where at the provider it leads."""
        answer = self.browser.get("/sign-in/openid", query_string={"next": way} if way else {})
        assert answer.status_code == 302, answer.text
        return answer.location

    def arrive(self, back: str) -> TestResponse:
        place = urlsplit(back)
        return self.browser.get(f"{place.path}?{place.query}")

    def sign_in(self, way: str = "") -> TestResponse:
        return self.arrive(visit(self.leave(way)))

    def refused(self) -> tuple[int, str]:
        """Sign in, which must not come off; answers status and sentence."""
        answer = self.sign_in()
        assert self.browser.get("/console").status_code == 302
        return answer.status_code, said(answer)

    def rows(self, table: type) -> list:
        with Transaction(self.portal.own.engine) as transaction:
            return list(transaction.scalars(select(table)))


def said(answer: TestResponse) -> str:
    return answer.text.partition('role="alert">')[2].partition("</p>")[0]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    secret = tmp_path / "openid.secret"
    secret.write_text(SECRET + "\n")
    return {
        "REACHBACK_PUBLIC_URL": HERE,
        "REACHBACK_OPENID_CLIENT_ID": CLIENT_ID,
        "REACHBACK_OPENID_CLIENT_SECRET_FILE": str(secret),
        "REACHBACK_OPENID_NAME": NAME,
    }


@pytest.fixture
def shop(make_portal: Callable[..., Portal], environ: dict[str, str], monkeypatch) -> Iterator[Shop]:
    monkeypatch.setenv("NO_PROXY", "localhost")
    with running(f"{HERE}/sign-in/openid/back", lambda: START) as provider:
        portal = make_portal(REACHBACK_OPENID_ISSUER=provider.issuer, **environ)
        portal.own.technicians.add("olaf", openid_email="olaf@example.org")
        yield Shop(portal, provider, portal.browser())


def test_the_button_is_there_only_where_a_provider_is(portal: Portal, shop: Shop) -> None:
    assert "Sign in with Shop &lt;SSO&gt;" in shop.browser.get("/sign-in").text
    assert "Sign in with" not in portal.browser().get("/sign-in").text
    assert portal.browser().get("/sign-in/openid").status_code == 404
    assert portal.browser().get("/sign-in/openid/back").status_code == 404


def test_the_button_keeps_where_somebody_wanted_to_go(shop: Shop) -> None:
    assert 'href="/sign-in/openid?next=/console/audit"' in shop.browser.get("/sign-in?next=/console/audit").text


def test_somebody_with_the_allowed_address_comes_in(shop: Shop) -> None:
    answer = shop.sign_in("/console?show=all")
    assert (answer.status_code, answer.location) == (303, "/console?show=all")
    assert "olaf" in shop.browser.get("/console").text
    (row,) = shop.rows(SignIn)
    assert row.how == "openid"
    assert "openid_linked" in {row.kind for row in shop.rows(AuditEvent)}


@pytest.mark.parametrize("way", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_nobody_is_sent_elsewhere_afterwards(shop: Shop, way: str) -> None:
    assert shop.sign_in(way).location == "/console"


def test_the_request_has_state_nonce_and_a_hashed_verifier(shop: Shop) -> None:
    asked = parse_qs(urlsplit(shop.leave()).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{HERE}/sign-in/openid/back"]
    assert asked["scope"] == ["openid email"]
    with shop.browser.session_transaction() as cookie:
        trip = cookie["openid"]
    assert asked["state"] == [trip["state"]]
    assert asked["nonce"] == [trip["nonce"]]
    assert len(trip["verifier"]) >= 43
    assert trip["verifier"] not in str(asked)
    assert [trip["state"]] != parse_qs(urlsplit(shop.leave()).query)["state"]


def test_who_is_signed_in_needs_no_provider(shop: Shop) -> None:
    shop.sign_in()
    assert shop.browser.get("/sign-in/openid?next=/console/audit").location == "/console/audit"


def test_the_cookie_holds_nothing_of_the_trip_afterwards(shop: Shop) -> None:
    shop.sign_in()
    with shop.browser.session_transaction() as cookie:
        assert "openid" not in cookie


# Whom the provider vouches for.


def test_a_duty_of_a_password_is_none_with_openid(shop: Shop) -> None:
    shop.portal.own.technicians.make_password("olaf", None)
    shop.sign_in()
    assert shop.browser.get("/console").status_code == 200


def test_the_account_is_pinned_and_its_address_may_change(shop: Shop) -> None:
    shop.sign_in()
    shop.provider.person["email"] = "married@example.org"
    other = Shop(shop.portal, shop.provider, shop.portal.browser())
    assert other.sign_in().status_code == 303
    assert "olaf" in other.browser.get("/console").text


def test_another_account_with_the_same_address_stays_out(shop: Shop) -> None:
    shop.sign_in()
    shop.provider.person["sub"] = "another"
    other = Shop(shop.portal, shop.provider, shop.portal.browser())
    status, words = other.refused()
    assert status == 403
    assert "Ask an admin" in words
    assert "Shop &lt;SSO&gt; knows you" in words


def test_somebody_nobody_allowed_stays_out_and_no_person_is_made(shop: Shop) -> None:
    shop.provider.person["email"] = "mallory@example.org"
    before = len(shop.rows(Technician))
    status, words = shop.refused()
    assert status == 403
    assert "nobody let you in here" in words
    assert "mallory" not in words
    assert len(shop.rows(Technician)) == before


def test_somebody_who_was_removed_stays_out(shop: Shop) -> None:
    shop.sign_in()
    shop.portal.own.technicians.remove("olaf", None)
    other = Shop(shop.portal, shop.provider, shop.portal.browser())
    assert other.refused()[0] == 403


def test_somebody_new_gets_the_address_of_somebody_removed(shop: Shop) -> None:
    shop.sign_in()
    shop.portal.own.technicians.remove("olaf", None)
    shop.portal.own.technicians.add("olaf2", openid_email="olaf@example.org")
    other = Shop(shop.portal, shop.provider, shop.portal.browser())
    assert other.sign_in().status_code == 303
    assert "olaf2" in other.browser.get("/console").text


@pytest.mark.parametrize(
    "said",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "false"},
        {"email_verified": "True, but"},
        {"email_verified": ["true"]},
        {"email_verified": False, "xms_edov": True},
        {"email_verified": None, "xms_edov": False},
    ],
    ids=str,
)
def test_an_address_that_is_not_verified_counts_for_nothing(shop: Shop, said: dict[str, object]) -> None:
    shop.provider.person |= said
    status, words = shop.refused()
    assert status == 403
    assert "does not say that it verified" in words


@pytest.mark.parametrize("said", [{"email_verified": "true"}, {"email_verified": None, "xms_edov": True}], ids=str)
def test_providers_say_in_several_ways_that_an_address_is_verified(shop: Shop, said: dict[str, object]) -> None:
    shop.provider.person |= said
    assert shop.sign_in().status_code == 303


@pytest.mark.parametrize("email", [None, "", 7, ["olaf@example.org"], "olaf@example.org\0", "o" * 300])
def test_an_address_that_is_none_counts_for_nothing(shop: Shop, email: object) -> None:
    shop.provider.userinfo = {"sub": shop.provider.person["sub"]}
    shop.provider.person["email"] = email
    assert shop.refused()[0] == 403


def test_a_provider_may_tell_the_address_only_when_it_is_asked(shop: Shop) -> None:
    shop.provider.userinfo = dict(shop.provider.person)
    shop.provider.person = {"sub": shop.provider.person["sub"]}
    assert shop.sign_in().status_code == 303


def test_what_it_tells_then_has_to_be_about_the_same_person(shop: Shop) -> None:
    shop.provider.userinfo = shop.provider.person | {"sub": "another"}
    shop.provider.person = {"sub": shop.provider.person["sub"]}
    assert shop.refused()[0] == 401


# What the provider signs.


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": ["another client", "and one more"]},
        {"aud": [CLIENT_ID, "another client"]},
        {"aud": [CLIENT_ID, "another client"], "azp": "another client"},
        {"aud": "another client", "azp": CLIENT_ID},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": int(START.timestamp()) - 61},
        {"exp": None},
        {"exp": "never"},
        {"iat": int(START.timestamp()) + 61},
        {"nbf": int(START.timestamp()) + 61},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "with\nlines"},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_very_sign_in_is_refused(shop: Shop, lie: dict[str, object]) -> None:
    shop.provider.claims = lie
    status, words = shop.refused()
    assert status == 401
    assert "did not sign you in" in words


def test_a_clock_may_be_a_little_off(shop: Shop) -> None:
    shop.provider.claims = {"iat": int(START.timestamp()) + 50, "exp": int(START.timestamp()) - 50}
    assert shop.sign_in().status_code == 303


def test_a_token_signed_by_another_key_is_refused(shop: Shop) -> None:
    shop.provider.key = RSAKey.generate_key(2048, {"kid": "first"})
    assert shop.refused()[0] == 401


def test_a_token_signed_with_our_secret_is_refused(shop: Shop) -> None:
    shop.provider.key, shop.provider.algorithm = OctKey.import_key(SECRET, {"kid": "first"}), "HS256"
    assert shop.refused()[0] == 401


def test_a_token_that_nobody_signed_is_refused(shop: Shop) -> None:
    shop.provider.algorithm = "none"
    assert shop.refused()[0] == 401


def test_the_provider_may_change_its_key(shop: Shop) -> None:
    shop.sign_in()
    shop.provider.key = shop.provider.published = RSAKey.generate_key(2048, {"kid": "second"})
    assert Shop(shop.portal, shop.provider, shop.portal.browser()).sign_in().status_code == 303


# The way there and back.


def test_a_wrong_state_is_refused_and_the_right_one_still_taken(shop: Shop) -> None:
    back = visit(shop.leave())
    answer = shop.browser.get("/sign-in/openid/back?code=x&state=another")
    assert answer.status_code == 401
    assert f"Begin again at {HERE}/sign-in" in said(answer)
    assert shop.browser.get("/sign-in/openid/back?code=x&state=\xe9").status_code == 401
    assert shop.browser.get("/sign-in/openid/back").status_code == 401
    assert shop.arrive(back).status_code == 303


def test_an_answer_is_taken_once(shop: Shop) -> None:
    back = visit(shop.leave())
    shop.arrive(back)
    assert shop.arrive(back).status_code == 401


def test_a_refused_answer_is_taken_once_too(shop: Shop) -> None:
    shop.provider.claims = {"nonce": "of another sign-in"}
    back = visit(shop.leave())
    assert "did not sign you in" in said(shop.arrive(back))
    assert "was not begun in this browser" in said(shop.arrive(back))
    assert shop.provider.asked.count("/token") == 1


def test_an_answer_in_another_browser_is_refused(shop: Shop) -> None:
    back = visit(shop.leave())
    other = Shop(shop.portal, shop.provider, shop.portal.browser())
    assert other.arrive(back).status_code == 401
    other.leave()
    assert other.arrive(back).status_code == 401
    assert shop.provider.asked.count("/token") == 0


def test_a_code_of_another_sign_in_is_refused(shop: Shop) -> None:
    foreign = parse_qs(urlsplit(visit(Shop(shop.portal, shop.provider, shop.portal.browser()).leave())).query)["code"][
        0
    ]
    state = parse_qs(urlsplit(shop.leave()).query)["state"][0]
    assert shop.browser.get(f"/sign-in/openid/back?code={foreign}&state={state}").status_code == 401
    assert shop.provider.complaints == ["invalid_grant"]


def test_an_answer_after_ten_minutes_is_too_late(shop: Shop) -> None:
    back = visit(shop.leave())
    shop.portal.clock.forward(minutes=10)
    answer = shop.arrive(back)
    assert answer.status_code == 401
    assert "more than ten minutes ago" in said(answer)


def test_a_refusal_of_the_provider_is_told_without_its_words(shop: Shop, caplog) -> None:
    state = parse_qs(urlsplit(shop.leave("/console/audit")).query)["state"][0]
    query = {"error": "access_denied", "error_description": "<b>click here</b>", "state": state}
    answer = shop.browser.get("/sign-in/openid/back", query_string=query)
    assert answer.status_code == 401
    assert "did not sign you in" in said(answer)
    assert "click here" not in answer.text
    assert 'name="next" value="/console/audit"' in answer.text
    assert "access_denied" in caplog.text


def test_an_error_of_any_form_is_not_written_into_the_log(shop: Shop, caplog) -> None:
    state = parse_qs(urlsplit(shop.leave()).query)["state"][0]
    shop.browser.get("/sign-in/openid/back", query_string={"error": "a\nforged line", "state": state})
    assert "forged" not in caplog.text


# The provider itself.


def test_it_is_asked_once_for_its_addresses_and_again_after_an_hour(shop: Shop) -> None:
    shop.leave()
    shop.leave()
    assert shop.provider.asked.count("/.well-known/openid-configuration") == 1
    shop.portal.clock.forward(hours=1)
    shop.leave()
    assert shop.provider.asked.count("/.well-known/openid-configuration") == 2


def test_the_secret_may_go_in_the_form(shop: Shop) -> None:
    shop.provider.description = {"token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"]}
    assert shop.sign_in().status_code == 303


def test_the_issuer_may_end_in_a_slash(shop: Shop) -> None:
    shop.provider.description = {"issuer": shop.provider.issuer + "/"}
    shop.provider.claims = {"iss": shop.provider.issuer + "/"}
    assert shop.sign_in().status_code == 303


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri", "userinfo_endpoint"])
@pytest.mark.parametrize("place", ["/nowhere", "/authorize", "/a_list", "/text"])
def test_an_answer_of_another_kind_proves_nothing(shop: Shop, name: str, place: str) -> None:
    shop.provider.person["email"] = None
    shop.provider.description = {name: shop.provider.issuer + place}
    assert shop.refused()[0] == 401


def test_a_provider_that_goes_down_meanwhile_is_told_so(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    shop.provider.description = {"token_endpoint": f"http://localhost:{closed}/token"}
    assert shop.refused()[0] == 503


def test_a_provider_that_does_not_answer_is_told_with_the_cure(
    make_portal, environ: dict[str, str], monkeypatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "localhost")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    portal = make_portal(REACHBACK_OPENID_ISSUER=f"http://localhost:{closed}", **environ)
    answer = portal.browser().get("/sign-in/openid?next=/console/audit")
    assert answer.status_code == 503
    assert "does not answer. Try again in a minute" in said(answer)
    assert 'name="next" value="/console/audit"' in answer.text
    assert portal.browser().get("/sign-in").status_code == 200


def test_a_provider_that_is_down_is_left_alone_for_a_moment(shop: Shop) -> None:
    down, shop.provider.description = shop.provider.port, {}
    own = shop.portal.app.extensions["reachback_openid"]
    own._openid = own._openid.__class__("http://localhost:1", CLIENT_ID, own._openid.secret_file, NAME)
    assert shop.browser.get("/sign-in/openid").status_code == 503
    own._openid = own._openid.__class__(f"http://localhost:{down}", CLIENT_ID, own._openid.secret_file, NAME)
    assert shop.browser.get("/sign-in/openid").status_code == 503
    shop.portal.clock.forward(seconds=10)
    assert shop.browser.get("/sign-in/openid").status_code == 302


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": None},
        {"jwks_uri": "ftp://localhost/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"id_token_signing_alg_values_supported": ["HS256", "none"]},
    ],
    ids=str,
)
def test_a_provider_that_does_not_fit_is_the_admins_business(shop: Shop, description: dict[str, object]) -> None:
    shop.provider.description = description
    answer = shop.browser.get("/sign-in/openid")
    assert answer.status_code == 503
    assert "`reachback doctor`" in said(answer)


@pytest.mark.parametrize("content", [None, "", "\n", b"\xff\xfe"])
def test_a_secret_that_cannot_be_read_is_the_admins_business(shop: Shop, environ: dict[str, str], content) -> None:
    file = Path(environ["REACHBACK_OPENID_CLIENT_SECRET_FILE"])
    file.unlink()
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert shop.browser.get("/sign-in/openid").status_code == 503


def test_a_wrong_secret_is_the_admins_business_and_in_no_log(shop: Shop, environ: dict[str, str], caplog) -> None:
    Path(environ["REACHBACK_OPENID_CLIENT_SECRET_FILE"]).write_text("not the secret, QQ17")
    status, words = shop.refused()
    assert status == 503
    assert "reachback doctor" in words
    assert "REACHBACK_OPENID_CLIENT_ID" in caplog.text
    assert "QQ17" not in caplog.text + words


def test_nothing_secret_is_in_the_log_or_in_a_repr(shop: Shop, caplog) -> None:
    caplog.set_level("DEBUG")
    back = visit(shop.leave())
    with shop.browser.session_transaction() as cookie:
        trip = dict(cookie["openid"])
    shop.arrive(back)
    code = parse_qs(urlsplit(back).query)["code"][0]
    start = Start("url", trip["state"], trip["nonce"], trip["verifier"])
    for secret in (SECRET, code, trip["state"], trip["nonce"], trip["verifier"]):
        assert secret not in caplog.text
        assert secret not in repr(start)
