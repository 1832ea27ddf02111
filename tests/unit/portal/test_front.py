"""The box for the code."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from sessions.guesses import MAX_WRONG
from sessions.secrets import check_digit

from .conftest import Portal
from .test_customer import Tags


def spaced(code: str) -> str:
    return f" {code[:3]} {code[3:6]}-{code[6:]} "


def not_in_use(code: str) -> str:
    """Another number whose check digit is right."""
    other = str((int(code[:8]) - 10_000_000 + 1) % 90_000_000 + 10_000_000)
    return other + check_digit(other)


def test_the_front_page_asks_for_the_code_and_shows_technicians_the_way(stranger: FlaskClient) -> None:
    answer = stranger.get("/")
    tags = Tags(answer.text)
    assert answer.status_code == 200
    assert "/sign-in" in tags.all("a", "href")
    assert ("form", {"action": "/", "method": "post"}) in tags.found
    assert "script" not in tags.names()


def test_the_code_leads_to_a_page_of_its_session(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    answer = stranger.post("/", data={"code": spaced(new.code)})
    assert answer.status_code == 303
    assert answer.location.startswith("/support/")
    assert new.link not in answer.location
    assert "anna wants to help you" in stranger.get(answer.location).text
    assert portal.own.sessions.get(new.session.id).state == "waiting"


def test_the_language_goes_along(portal: Portal, stranger: FlaskClient) -> None:
    assert Tags(stranger.get("/?lang=ru").text).all("form", "action") == ["/?lang=ru"]
    answer = stranger.post("/?lang=ru", data={"code": portal.session().code})
    assert answer.location.endswith("?lang=ru")


def test_a_wrong_digit_is_explained_and_what_was_typed_stays(portal: Portal, stranger: FlaskClient) -> None:
    code = portal.session().code
    typed = spaced(code[:-1] + str((int(code[-1]) + 1) % 10))
    answer = stranger.post("/", data={"code": typed})
    assert answer.status_code == 422
    assert "One of the digits is not right." in answer.text
    assert f'value="{typed.strip()}"' in answer.text


@pytest.mark.parametrize("typed", ["", "12345678", "1234567890", "abcdefghi", '"><script>alert(1)</script>', "٣" * 9])
def test_what_is_no_code_is_explained_and_never_shown_as_it_came(stranger: FlaskClient, typed: str) -> None:
    answer = stranger.post("/", data={"code": typed})
    assert answer.status_code == 422
    assert "exactly 9 digits" in answer.text
    assert "<script" not in answer.text


def test_a_code_of_nobody_is_not_in_use_and_one_that_ended_neither(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    assert stranger.post("/", data={"code": not_in_use(new.code)}).status_code == 404
    portal.own.sessions.end(new.session.id, portal.person("anna"))
    answer = stranger.post("/", data={"code": new.code})
    assert answer.status_code == 404
    assert "This number is not in use." in answer.text


def test_who_guesses_is_refused_and_somebody_else_is_served(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_PLAIN_HTTP_CUSTOMERS="yes")
    new = made.session()
    guesser = {"environ_base": {"REMOTE_ADDR": "203.0.113.66"}}
    for _ in range(MAX_WRONG):
        assert made.browser().post("/", data={"code": not_in_use(new.code)}, **guesser).status_code == 404
    refused = made.browser().post("/", data={"code": new.code}, **guesser)
    assert refused.status_code == 429
    assert "Wait a quarter of an hour" in refused.text
    honest = made.browser().post("/", data={"code": new.code}, environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert honest.status_code == 303


def test_a_program_is_told_in_json(stranger: FlaskClient) -> None:
    answer = stranger.post("/", data={"code": "1"}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "bad_code")
