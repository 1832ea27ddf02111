"""Who is answered over plain HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from .conftest import Portal

FAR = "198.51.100.7"
PROXY = "10.0.0.1"
CUSTOMERS = ["/", "/support/unknown", "/healthz"]
TECHNICIANS = [
    *("/sign-in", "/console", "/console/sessions/000000000000", "/api/sessions", "/api/openapi.json"),
    *("/viewer/main.js", "/novnc/core/rfb.js", "/nowhere", "/metrics/more", "/healthz/more", "/supports"),
]


def get(made: Portal, path: str, peer: str = FAR, *, client: FlaskClient | None = None, **given: Any) -> TestResponse:
    return (client or made.browser()).get(path, environ_base={"REMOTE_ADDR": peer}, buffered=True, **given)


def is_refused(answer: TestResponse) -> bool:
    return answer.status_code == 403 and "plain HTTP" in answer.text


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_on_this_machine_everybody_is_answered(portal: Portal, peer: str) -> None:
    for path in CUSTOMERS + TECHNICIANS:
        assert not is_refused(get(portal, path, peer)), path


@pytest.mark.parametrize("plain", ["yes", "no"])
def test_technicians_from_elsewhere_are_refused_whatever_customers_may(
    make_portal: Callable[..., Portal], plain: str
) -> None:
    made = make_portal(REACHBACK_PLAIN_HTTP_CUSTOMERS=plain)
    for path in TECHNICIANS:
        answer = get(made, path, client=made.browser("anna"))
        assert is_refused(answer), path
        assert "X-Forwarded-Proto" in answer.text
        assert "127.0.0.1" in answer.text
        assert "Set-Cookie" not in answer.headers


def test_a_program_is_refused_in_json(portal: Portal, script: dict[str, str]) -> None:
    answer = get(portal, "/api/sessions", headers=script)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "plain_http")


def test_a_password_is_not_looked_at(portal: Portal) -> None:
    answer = portal.browser().post(
        "/sign-in", data={"name": "anna", "password": "wrong"}, environ_base={"REMOTE_ADDR": FAR}
    )
    assert is_refused(answer)


@pytest.mark.parametrize("path", CUSTOMERS)
def test_customers_are_served_where_the_admin_allows_it(make_portal: Callable[..., Portal], path: str) -> None:
    made = make_portal(REACHBACK_PLAIN_HTTP_CUSTOMERS="yes", REACHBACK_PUBLIC_URL="https://help.example.org")
    answer = get(made, path)
    assert answer.status_code in {200, 404, 503}
    assert "Strict-Transport-Security" not in answer.headers
    assert "Location" not in answer.headers


@pytest.mark.parametrize("path", CUSTOMERS)
def test_else_they_are_told_and_the_admin_is_told_the_setting(portal: Portal, path: str) -> None:
    answer = get(portal, path)
    assert answer.status_code == 403
    assert "REACHBACK_PLAIN_HTTP_CUSTOMERS=yes" in answer.text
    assert "https://" not in answer.text


def test_the_page_that_says_so_is_in_the_customers_language(portal: Portal) -> None:
    answer = get(portal, "/", headers={"Accept-Language": "de"})
    assert "Rufen Sie Ihren Helfer an" in answer.text


def test_where_there_is_https_the_very_page_is_linked_and_nobody_is_sent_there(
    make_portal: Callable[..., Portal],
) -> None:
    made = make_portal(REACHBACK_PUBLIC_URL="https://help.example.org")
    link = made.session().link
    answer = get(made, f"/support/{link}")
    assert answer.status_code == 403
    assert f'<a href="https://help.example.org/support/{link}">' in answer.text
    assert "refresh" not in answer.text
    assert made.own.sessions.list()[0].state == "created"
    assert "evil" not in get(made, "/support/evil").text
    assert '<a href="https://help.example.org/">' in get(made, "/").text


def test_plain_files_are_for_everybody(portal: Portal) -> None:
    assert get(portal, "/static/customer.css").status_code == 200


@pytest.mark.parametrize(("trusted", "peer", "proto", "secure"), [
    (PROXY, PROXY, "https", True),
    (PROXY, PROXY, "HTTPS", True),
    (PROXY, PROXY, "http", False),
    (PROXY, PROXY, "https, http", False),
    (PROXY, PROXY, "", False),
    (PROXY, FAR, "https", False),
    ("", FAR, "https", False),
    ("", "127.0.0.1", "https", False),
])  # fmt: skip
def test_only_a_trusted_proxy_is_believed_that_a_request_was_encrypted(
    make_portal: Callable[..., Portal], trusted: str, peer: str, proto: str, *, secure: bool
) -> None:
    made = make_portal(REACHBACK_TRUSTED_PROXIES=trusted)
    for path in CUSTOMERS + TECHNICIANS:
        answer = get(made, path, peer, headers={"X-Forwarded-Proto": proto, "X-Forwarded-For": FAR})
        is_local_customer = peer == "127.0.0.1" and path in CUSTOMERS
        assert is_refused(answer) == (not secure and not is_local_customer), path
        assert ("Strict-Transport-Security" in answer.headers) == secure


def test_a_request_by_tls_is_secure_by_itself(portal: Portal) -> None:
    answer = get(portal, "/sign-in", base_url="https://localhost")
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_what_gunicorn_believes_of_an_unknown_proxy_here_is_not_enough(portal: Portal) -> None:
    # Gunicorn turns the scheme to https for this header from 127.0.0.1, whoever stands there.
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": FAR}
    answer = get(portal, "/sign-in", "127.0.0.1", base_url="https://localhost", headers=headers)
    assert is_refused(answer)
    assert "Strict-Transport-Security" not in answer.headers


def test_no_promise_is_made_to_browsers_where_plain_http_is_needed(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_PLAIN_HTTP_CUSTOMERS="yes")
    assert "Strict-Transport-Security" not in get(made, "/", base_url="https://localhost").headers


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded"),
    [
        ("", FAR, "127.0.0.1"),
        (PROXY, FAR, "127.0.0.1"),
        (PROXY, PROXY, "127.0.0.1"),
        (PROXY, PROXY, f"127.0.0.1, {FAR}"),
        ("127.0.0.1", "127.0.0.1", FAR),
        ("127.0.0.1", "127.0.0.1", f"127.0.0.1, {FAR}"),
        # A proxy on this machine that nobody named.
        ("", "127.0.0.1", FAR),
        ("", "127.0.0.1", "127.0.0.1"),
    ],
)
def test_nobody_becomes_local_by_saying_so(
    make_portal: Callable[..., Portal], trusted: str, peer: str, forwarded: str
) -> None:
    made = make_portal(REACHBACK_TRUSTED_PROXIES=trusted)
    assert is_refused(get(made, "/sign-in", peer, headers={"X-Forwarded-For": forwarded}))


def test_the_admin_at_the_machine_of_a_trusted_proxy_is_local(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_TRUSTED_PROXIES="127.0.0.1")
    assert get(made, "/sign-in", "127.0.0.1").status_code == 200


@pytest.mark.parametrize(
    ("plain", "public", "address"),
    [
        ("yes", "https://help.example.org", "http://help.example.org/"),
        ("yes", "https://help.example.org:8443", "http://help.example.org/"),
        ("no", "https://help.example.org", "https://help.example.org/"),
        ("yes", "http://help.example.org:8080", "http://help.example.org:8080/"),
    ],
)
def test_customers_are_told_the_address_that_their_browser_can_open(
    make_portal: Callable[..., Portal], plain: str, public: str, address: str
) -> None:
    made = make_portal(REACHBACK_PLAIN_HTTP_CUSTOMERS=plain, REACHBACK_PUBLIC_URL=public)
    page = get(made, f"/support/{made.session().link}?print=1", "127.0.0.1").text
    assert f'<p class="type">{address}</p>' in page
