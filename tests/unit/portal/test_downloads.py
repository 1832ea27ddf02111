from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from .conftest import Portal

NAMES = ("connect.bat", "connect.ps1", "connect.sh", "tightvnc.reg")


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_file_to_save(portal: Portal, stranger: FlaskClient, name: str) -> None:
    answer = stranger.get(f"/support/{portal.session().link}/{name}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert "text/html" not in answer.content_type
    # Internet Explorer up to 8 cannot save what must not be stored.
    assert answer.headers["Cache-Control"] == "private, max-age=0"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("name", NAMES)
def test_a_download_is_a_visit_and_a_link_checkers_look_is_none(
    portal: Portal, stranger: FlaskClient, name: str
) -> None:
    new = portal.session()
    stranger.head(f"/support/{new.link}/{name}")
    assert portal.own.sessions.get(new.session.id).state == "created"
    stranger.get(f"/support/{new.link}/{name}")
    assert portal.own.sessions.get(new.session.id).state == "waiting"


def test_it_says_what_this_session_says(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(
        REACHBACK_PUBLIC_HOST="dial.example.org",
        REACHBACK_PUBLIC_URL="https://help.example.org:8443",
        REACHBACK_PLAIN_HTTP_CUSTOMERS="yes",
        REACHBACK_SESSION_PORTS="5510",
    )
    new = made.session()
    said = made.own.sessions.dial_facts(new.link)
    text = made.browser().get(f"/support/{new.link}/connect.sh").text
    assert "host=dial.example.org port=5510 " in text
    assert f"number={said.number}\n" in text
    assert f"page='http://help.example.org/support/{new.link}'" in text
    assert "anna asks to help you" in text
    assert new.code not in text


def test_an_address_of_ipv6_keeps_its_brackets(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_PUBLIC_URL="https://[2001:db8::1]:8443", REACHBACK_PLAIN_HTTP_CUSTOMERS="yes")
    new = made.session()
    text = made.browser().get(f"/support/{new.link}/connect.sh").text
    assert f"page='http://[2001:db8::1]/support/{new.link}'" in text


def test_the_language_is_the_visitors_or_what_was_asked_for(portal: Portal, stranger: FlaskClient) -> None:
    path = f"/support/{portal.session().link}/connect.sh"
    german = {"Accept-Language": "de"}
    assert "möchte Ihnen" in stranger.get(path, headers=german).text
    assert "предлагает" in stranger.get(f"{path}?lang=ru", headers=german).text
    assert "asks to help" in stranger.get(f"{path}?lang=xx").text


def test_an_ended_or_unknown_link_gives_none(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    portal.own.sessions.end_by_link(new.link, "198.51.100.7")
    assert stranger.get(f"/support/{new.link}/connect.bat").status_code == 410
    assert stranger.get("/support/abcdefghijklmnopqrstuvwxyz/connect.bat").status_code == 404


def test_a_hosts_name_from_outside_cannot_change_a_script(portal: Portal, stranger: FlaskClient) -> None:
    path = f"/support/{portal.session().link}/connect.bat"
    for host in ('x"&calc', "odd host", "odd'host", "$(odd)"):
        answer = stranger.get(path, headers={"Host": host})
        assert answer.status_code in {200, 400}
        assert host not in answer.text
