from __future__ import annotations

import logging
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from .conftest import Portal

UNKNOWN = "abcdefghijklmnopqrstuvwxyz"
# What Internet Explorer 6 sends; and it shows a page of its own for a 404 or 410 of less than 512 bytes.
OLD_BROWSER = {
    "User-Agent": "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
    "Accept": "image/gif, image/x-xbitmap, image/jpeg, image/pjpeg, application/x-shockwave-flash, */*",
}
OWN_PAGE_LIMIT = 512


class Tags(HTMLParser):
    """The start tags of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def names(self) -> set[str]:
        return {tag for tag, _ in self.found}


def test_the_front_page_shows_no_box_that_does_not_work_and_a_way_in_for_technicians(stranger: FlaskClient) -> None:
    answer = stranger.get("/")
    assert answer.status_code == 200
    assert 'href="/sign-in"' in answer.text
    assert not {"form", "input", "script"} & Tags(answer.text).names()


def test_the_page_says_who_helps_for_how_long_and_what_to_do(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session(customer="Frau Huber", note="pays late", minutes=125)
    text = stranger.get(f"/support/{new.link}").text
    assert "anna wants to help you" in text
    assert "2 hours 5 minutes" in text
    assert "2026-03-01 12:05 UTC" in text
    assert "Waiting for your computer." in text
    assert "tvnserver.exe -controlapp -connect localhost::5500" in text
    assert "tvnserver.exe -controlservice -connect localhost::5500" in text
    assert "Attach Listening Viewer" in text
    assert "Add New Client" in text


def test_what_technicians_note_is_not_for_the_customer(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session(customer="Frau Huber", note="pays late", vnc_password="hunter2")
    text = stranger.get(f"/support/{new.link}").text
    assert "Huber" not in text
    assert "pays late" not in text
    assert "hunter2" not in text
    assert new.code not in text


def test_the_state_is_a_sentence_a_word_and_a_colour(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    where = f"/support/{new.link}"
    assert 'class="state state-waiting"' in stranger.get(where).text
    call = portal.arrive(code=new.code)
    portal.own.calls.hold(call, 40001)
    connected = stranger.get(where).text
    assert 'class="state state-connected"' in connected
    assert "is not looking at it yet" in connected
    portal.own.tickets.spend(portal.own.tickets.issue(new.session.id, portal.person("anna")).token)
    portal.own.calls.take_seat(call)
    in_use = stranger.get(where).text
    assert 'class="state state-in_use"' in in_use
    assert "anna can see your screen" in in_use


def test_the_page_is_plain_enough_for_old_browsers(portal: Portal, stranger: FlaskClient) -> None:
    answer = stranger.get(f"/support/{portal.session().link}", headers=OLD_BROWSER)
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.text.startswith('<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN"')
    tags = Tags(answer.text)
    assert not {"script", "svg", "main", "header", "section", "nav", "button", "iframe", "img"} & tags.names()
    assert ("meta", {"http-equiv": "refresh", "content": "5"}) in tags.found
    assert "/>" not in answer.text


def test_the_page_fetches_nothing_from_elsewhere(portal: Portal, stranger: FlaskClient) -> None:
    for tag, attributes in Tags(stranger.get(f"/support/{portal.session().link}").text).found:
        assert tag != "a"
        for name in ("src", "href", "action"):
            assert (attributes.get(name) or "/").startswith("/"), tag


@pytest.mark.parametrize("path", ["/", "/support/LINK", "/support/unknown", "/support/ENDED", "/healthz"])
def test_no_cookie_is_ever_set_not_even_for_a_technician(portal: Portal, anna: FlaskClient, path: str) -> None:
    ended = portal.session()
    portal.own.sessions.end(ended.session.id, portal.person("anna"))
    path = path.replace("LINK", portal.session().link).replace("ENDED", ended.link)
    portal.clock.forward(minutes=10)
    for client in (portal.browser(), anna):
        assert "Set-Cookie" not in client.get(path).headers


def test_a_program_gets_exactly_four_facts(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    answer = stranger.get(f"/support/{new.link}", headers={"Accept": "application/json"})
    assert answer.json == {"server": "localhost", "port": 5500, "sessionId": new.session.id, "state": "waiting"}
    assert "Accept" in answer.headers["Vary"]


def test_opening_the_page_is_remembered_with_the_address_behind_the_proxy(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_TRUSTED_PROXIES="127.0.0.1")
    new = made.session()
    made.browser().get(f"/support/{new.link}", headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
    opened = made.own.sessions.events(new.session.id)[-1]
    assert (opened.kind, opened.details["address"]) == ("page_opened", "198.51.100.7")
    assert made.own.sessions.get(new.session.id).state == "waiting"


def test_an_address_that_no_trusted_proxy_wrote_is_not_believed(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    stranger.get(f"/support/{new.link}", headers={"X-Forwarded-For": "198.51.100.7"})
    assert portal.own.sessions.events(new.session.id)[-1].details["address"] == "127.0.0.1"


def test_a_link_checker_is_not_a_visit(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    assert stranger.head(f"/support/{new.link}").status_code == 200
    assert portal.own.sessions.get(new.session.id).state == "created"
    portal.own.sessions.end(new.session.id, portal.person("anna"))
    assert stranger.head(f"/support/{new.link}").status_code == 410
    assert stranger.head(f"/support/{UNKNOWN}").status_code == 404


def test_an_unknown_link_says_so_without_repeating_it(stranger: FlaskClient) -> None:
    answer = stranger.get(f"/support/{UNKNOWN}", headers=OLD_BROWSER)
    assert answer.status_code == 404
    assert "This link is not known" in answer.text
    assert UNKNOWN not in answer.text
    assert len(answer.data) > OWN_PAGE_LIMIT


@pytest.mark.parametrize("link", ["%00", "a%00b", "%ff%fe", "..%2f..", "x" * 5000, "ü" * 26, "<script>"])
def test_rubbish_for_a_link_is_an_unknown_link(stranger: FlaskClient, link: str) -> None:
    for answer in (stranger.get(f"/support/{link}"), stranger.post(f"/support/{link}/end")):
        assert answer.status_code == 404
        assert "<script>" not in answer.text


def test_an_ended_session_says_so_and_what_to_do(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    portal.own.sessions.end(new.session.id, portal.person("anna"))
    answer = stranger.get(f"/support/{new.link}", headers=OLD_BROWSER)
    assert answer.status_code == 410
    assert "Finished." in answer.text
    assert "ask for a new link" in answer.text
    assert new.link not in answer.text
    assert "refresh" not in answer.text
    assert len(answer.data) > OWN_PAGE_LIMIT


def test_time_that_is_up_ends_the_page_even_where_no_timer_has_run(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session(minutes=5)
    portal.clock.forward(minutes=5)
    answer = stranger.get(f"/support/{new.link}", headers={"Accept": "application/json"})
    assert answer.status_code == 410
    assert answer.json["error"]["code"] == "link_ended"


def test_the_customer_ends_the_session_with_nothing_but_the_link(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.held()
    where = f"/support/{new.link}"
    assert ("form", {"action": f"{where}/end", "method": "post"}) in Tags(stranger.get(where).text).found
    answer = stranger.post(f"{where}/end")
    assert (answer.status_code, answer.location) == (303, where)
    assert portal.own.sessions.get(new.session.id).state == "closed"
    assert portal.own.sessions.events(new.session.id)[-1].actor == "customer"
    assert stranger.get(where).status_code == 410
    assert stranger.post(f"{where}/end").status_code == 303


def test_following_a_link_never_ends_a_session(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    assert stranger.get(f"/support/{new.link}/end").status_code == 405
    assert not portal.own.sessions.get(new.session.id).ended


@pytest.mark.parametrize(
    ("host", "dialled"),
    [
        ("help.example.org", "help.example.org"),
        ("help.example.org:8080", "help.example.org"),
        ("192.0.2.5:8080", "192.0.2.5"),
        ("[2001:db8::5]:8080", "2001:db8::5"),
    ],
)
def test_computers_dial_the_host_that_was_browsed_to(portal: Portal, host: str, dialled: str) -> None:
    answer = portal.browser().get(f"/support/{portal.session().link}", headers={"Host": host, **OLD_BROWSER})
    assert f"-connect {dialled}::5500" in answer.text


@pytest.mark.parametrize("host", ["evil&calc.exe", "a b", "x|y", '"quoted"', ""])
def test_a_host_that_is_none_does_not_reach_a_command_line(portal: Portal, host: str) -> None:
    answer = portal.browser().get(f"/support/{portal.session().link}", headers={"Host": host})
    assert answer.status_code in {200, 400}
    assert "calc" not in answer.text
    assert answer.status_code == 400 or "-connect 127.0.0.1::5500" in answer.text


def test_a_configured_host_and_port_win(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_PUBLIC_HOST="dial.example.org", REACHBACK_LISTEN="0.0.0.0:443,0.0.0.0:5500")
    answer = made.browser().get(f"/support/{made.session().link}", headers={"Accept": "application/json"})
    assert (answer.json["server"], answer.json["port"]) == ("dial.example.org", 443)


def test_logs_of_a_web_server_do_not_show_the_link(portal: Portal, caplog: pytest.LogCaptureFixture) -> None:
    new = portal.session()
    with caplog.at_level(logging.INFO):
        logging.getLogger("gunicorn.access").info("GET /support/%s 200", new.link)
    assert "GET /support/[hidden] 200" in caplog.text
    assert new.link not in caplog.text


def test_a_hostile_technicians_name_is_escaped(portal: Portal, stranger: FlaskClient) -> None:
    with portal.own.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE technicians SET name = '<b>a</b>' WHERE name = 'anna'")
        connection.commit()
    boss = portal.person("<b>a</b>")
    new = portal.own.sessions.create(by=boss)
    text = stranger.get(f"/support/{new.link}").text
    assert "<b>a</b>" not in text
    assert "&lt;b&gt;a&lt;/b&gt; wants to help you" in text
