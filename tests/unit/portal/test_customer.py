from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image

from portal import customer
from portal.languages import LANGUAGES
from portal.visitors import Ways

from .conftest import Portal

UNKNOWN = "abcdefghijklmnopqrstuvwxyz"
# What Internet Explorer 6 sends; and it shows a page of its own for a 404 or 410 of less than 512 bytes.
OLD_BROWSER = {
    "User-Agent": "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)",
    "Accept": "image/gif, image/x-xbitmap, image/jpeg, image/pjpeg, application/x-shockwave-flash, */*",
}
OWN_PAGE_LIMIT = 512
TO_DO = "?step=2"
EXPERTS = "?step=2&for=experts"
# Words that only experts know; the name of a program that has to be clicked is another matter.
JARGON = re.compile(r"\b(?<!Tight)(?<!Ultra)VNC\b|\bport\b|\bsession\b|\btoken\b", re.IGNORECASE)


class Tags(HTMLParser):
    """The start tags of a page, with their attributes, and what a person reads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.words += [value or "" for name, value in attrs if name in {"alt", "value", "title"}]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def names(self) -> set[str]:
        return {tag for tag, _ in self.found}

    def all(self, name: str, attribute: str) -> list[str]:
        return [attributes.get(attribute) or "" for tag, attributes in self.found if tag == name]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def every_page(portal: Portal) -> dict[str, str]:
    """The address of every kind of page that a customer can come to."""
    ended, held = portal.session(), portal.held()
    portal.own.sessions.end(ended.session.id, portal.person("anna"))
    where = f"/support/{portal.session().link}"
    return {
        "front": "/",
        "consent": where,
        **{f"steps, {way}": f"{where}?step=2&for={way}" for way in Ways},
        "print": f"{where}?print=1",
        "live": f"/support/{held.link}",
        "ended": f"/support/{ended.link}",
        "unknown": f"/support/{UNKNOWN}",
    }


# The first page: what is asked, and by whom.


def test_the_page_says_who_helps_for_how_long_and_asks(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_TIME_ZONE="Europe/Berlin")
    new = made.session(customer="Frau Huber", note="pays late", minutes=125)
    page = made.browser().get(f"/support/{new.link}")
    text = Tags(page.text).text
    assert "anna wants to help you" in text
    assert "13:05 ( 2 hours 5 minutes left)" in text.replace("13:05 (", "13:05 ( ")
    assert "see everything on your screen" in text
    assert "Yes, let anna help me" in Tags(page.text).all("input", "value")
    assert "Click here" not in text


def test_the_first_page_says_how_it_stands_and_lets_experts_pass(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    tags = Tags(stranger.get(f"/support/{new.link}").text)
    assert "Waiting for your computer. Nobody can see it yet." in tags.text
    assert "tvnserver.exe -controlapp -connect localhost::5500" in tags.text
    assert f"/support/{new.link}?step=2&for=experts" in tags.all("a", "href")
    assert f"/support/{new.link}/connect.bat" in tags.all("a", "href")


def test_agreeing_leads_to_the_steps_in_the_same_language(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    tags = Tags(stranger.get(f"/support/{new.link}?lang=de").text)
    assert ("form", {"action": f"/support/{new.link}", "method": "get"}) in tags.found
    hidden = {a["name"]: a["value"] for tag, a in tags.found if tag == "input" and a["type"] == "hidden"}
    assert hidden == {"lang": "de", "step": "2"}
    steps = stranger.get(f"/support/{new.link}", query_string=hidden).text
    assert "Wir warten auf Ihren Computer." in steps
    assert f"/support/{new.link}/connect.bat?lang=de" in steps


def test_saying_no_ends_it(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    tags = Tags(stranger.get(f"/support/{new.link}").text)
    assert ("form", {"action": f"/support/{new.link}/end", "method": "post"}) in tags.found
    assert "No, I do not want this" in tags.all("input", "value")


def test_what_technicians_note_is_not_for_the_customer(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session(customer="Frau Huber", note="pays late", vnc_password="hunter2")
    for more in ("", TO_DO, EXPERTS, "?print=1"):
        text = stranger.get(f"/support/{new.link}{more}").text
        assert "Huber" not in text
        assert "pays late" not in text
        assert "hunter2" not in text
        assert new.code not in text


# What to do.


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("xp", ["connect.bat", "Open or Run"]),
        ("windows", ["connect.bat", "connect.ps1", "Run anyway"]),
        ("linux", ["connect.sh", "terminal"]),
        ("tightvnc", ["Attach Listening Viewer…", "localhost::5500"]),
        ("tightvnc13", ["Add New Client…", "localhost::5500"]),
        ("ultravnc", ["-autoreconnect ID:", "-connect localhost::5500 -run"]),
    ],
)
def test_each_way_has_its_steps(portal: Portal, stranger: FlaskClient, way: str, words: list[str]) -> None:
    tags = Tags(stranger.get(f"/support/{portal.session().link}?step=2&for={way}").text)
    told = tags.text + " ".join(tags.all("a", "href"))
    assert all(word in told for word in words)


def test_experts_get_a_line_for_each_server(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    number = portal.own.sessions.dial_facts(new.link).number
    text = Tags(stranger.get(f"/support/{new.link}{EXPERTS}").text).text
    for line in (
        "tvnserver.exe -controlapp -connect localhost::5500",
        "tvnserver.exe -controlservice -connect localhost::5500",
        f"tvnserver.exe -controlapp -dispatch localhost::5500/{number}",
        "WinVNC.exe -connect localhost::5500",
        f"winvnc.exe -autoreconnect ID:{number} -connect localhost::5500 -run",
        "vncconfig -connect localhost:5500",
        f"-connect repeater=ID:{number}+localhost:5500",
    ):
        assert line in text
    assert "stunnel" not in text


def test_the_sessions_own_port_is_told_everywhere(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_SESSION_PORTS="5501-5510")
    new = made.session()
    assert "localhost::5501" in made.browser().get(f"/support/{new.link}?step=2&for=tightvnc").text
    told = made.browser().get(f"/support/{new.link}", headers={"Accept": "application/json"}).json
    assert told == {
        "server": "localhost",
        "port": 5501,
        "sessionId": new.session.id,
        "state": "waiting",
        "recording": "off",
    }


@pytest.mark.parametrize(
    ("browser", "heading"),
    [
        ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", "Windows XP and older"),
        ("Mozilla/4.0 (compatible; MSIE 5.0; Windows 98)", "Windows XP and older"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0", "Windows 7, 8, 10, 11"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0", "Linux"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile", "What to do now"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)", "What to do now"),
        ("w3m/0.5.3", "Windows XP and older"),
        ("", "Windows XP and older"),
    ],
)
def test_a_visitor_sees_the_steps_for_their_computer_and_can_reach_all(
    portal: Portal, stranger: FlaskClient, browser: str, heading: str
) -> None:
    where = f"/support/{portal.session().link}"
    page = stranger.get(f"{where}{TO_DO}&lang=en", headers={"User-Agent": browser}).text
    assert f"<h1>{heading}</h1>" in page
    links = Tags(page).all("a", "href")
    offered = {way for way in Ways if any(link.endswith(f"&for={way}") for link in links)}
    assert len(offered | {Ways.KIT}) >= len(Ways) - 1
    assert all("lang=en" in link for link in links if "for=" in link)
    for link in links:
        if "for=" in link and "connect." not in link:
            assert stranger.get(link).status_code == 200


def test_a_choice_that_is_none_is_not_kept(portal: Portal, stranger: FlaskClient) -> None:
    page = stranger.get(f"/support/{portal.session().link}?step=2&for=<b>&lang=xx&x=y").text
    assert not {"<b>", "lang=xx", "x=y"} & {piece for piece in ("<b>", "lang=xx", "x=y") if piece in page}


def test_the_printed_steps_hold_neither_link_nor_button(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    page = stranger.get(f"/support/{new.link}?print=1&for=xp").text
    tags = Tags(page)
    assert new.link not in tags.text
    assert "http://127.0.0.1:8080/" in tags.text
    assert "_ _ _" in tags.text
    assert not {"form", "input"} & tags.names()
    assert "http-equiv" not in page.replace('http-equiv="Content-Type"', "")


# How far it is.


def test_the_state_is_a_sentence_a_word_and_a_colour(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_TIME_ZONE="UTC")
    new = made.session()
    where = f"/support/{new.link}"
    stranger = made.browser()
    assert 'class="state state-waiting"' in stranger.get(where + TO_DO).text
    call = made.arrive(code=new.code)
    made.own.calls.hold(call, 40001)
    connected = stranger.get(where + TO_DO).text
    assert 'class="state state-connected"' in connected
    assert "anna is not looking at your screen yet." in connected
    made.own.tickets.spend(made.own.tickets.issue(new.session.id, made.person("anna")).token)
    made.own.calls.take_seat(call)
    made.clock.forward(minutes=3)
    in_use = stranger.get(where).text
    assert 'class="state state-in_use"' in in_use
    assert "anna can see your screen since 10:00." in in_use
    assert "The connection is not encrypted:" in in_use


def test_an_encrypted_call_is_said_to_be_one(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    portal.own.calls.hold(portal.arrive(code=new.code, encrypted=True), 40001)
    text = stranger.get(f"/support/{new.link}").text
    assert "The connection is encrypted:" in text
    assert "not encrypted" not in text


def test_the_state_looks_for_news_by_itself_and_reading_is_left_in_peace(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    held = portal.held()
    assert 'http-equiv="refresh" content="5"' in stranger.get(f"/support/{new.link}{TO_DO}").text
    assert 'http-equiv="refresh" content="5"' in stranger.get(f"/support/{held.link}").text
    assert 'http-equiv="refresh" content="60"' in stranger.get(f"/support/{new.link}").text


def test_who_is_disturbed_by_it_stops_the_refresh_and_starts_it_again(portal: Portal, stranger: FlaskClient) -> None:
    held = portal.held()
    address = f"/support/{held.link}"
    still = stranger.get(f"{address}?reload=off").text
    assert "http-equiv" not in still.replace('http-equiv="Content-Type"', "")
    assert f'href="{address}"' in still
    assert f'href="{address}?reload=off"' in stranger.get(address).text
    assert 'content="5"' in stranger.get(f"{address}?reload=nonsense").text


# What every page is.


def test_every_page_is_plain_enough_for_old_browsers(portal: Portal, stranger: FlaskClient) -> None:
    for name, path in every_page(portal).items():
        answer = stranger.get(path, headers=OLD_BROWSER)
        assert answer.content_type == "text/html; charset=utf-8", name
        assert answer.text.startswith('<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN"'), name
        tags = Tags(answer.text)
        modern = {"script", "svg", "main", "header", "section", "nav", "button", "iframe"}
        assert not modern & tags.names(), name
        assert "/>" not in answer.text, name
        assert len(answer.data) > OWN_PAGE_LIMIT, name


def test_every_page_speaks_plainly_in_every_language(portal: Portal, stranger: FlaskClient) -> None:
    for name, path in every_page(portal).items():
        if name == "steps, experts":
            continue
        for language in LANGUAGES:
            text = Tags(stranger.get(f"{path}{'&' if '?' in path else '?'}lang={language}").text).text
            text = text.replace("localhost::5500", "")
            found = JARGON.search(re.sub(r'"%ProgramFiles.*?-run', "", text))
            assert not found, (name, language, found)


def test_pictures_are_small_and_their_size_is_told(portal: Portal, stranger: FlaskClient) -> None:
    seen = set()
    for path in every_page(portal).values():
        for tag, attributes in Tags(stranger.get(path).text).found:
            if tag == "img":
                file = stranger.get(attributes["src"] or "", buffered=True).data
                with Image.open(io.BytesIO(file)) as picture:
                    assert (picture.format, picture.mode) == ("PNG", "P")
                    assert len(picture.getcolors() or ()) in range(2, 17)
                    assert [str(side) for side in picture.size] == [attributes["width"], attributes["height"]]
                assert len(file) < 4096
                # Each only shows what the sentence beside it says.
                assert attributes["alt"] == " "
                seen.add(attributes["src"])
    assert len(seen) == len(list(Path(customer.__file__).parent.glob("static/pictures/*.png")))


def test_no_page_leads_elsewhere(portal: Portal, stranger: FlaskClient) -> None:
    for name, path in every_page(portal).items():
        for tag, attributes in Tags(stranger.get(path).text).found:
            for attribute in ("src", "href", "action"):
                assert (attributes.get(attribute) or "/").startswith(("/", "?lang=")), (name, tag)


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
    assert answer.json == {
        "server": "localhost",
        "port": 5500,
        "sessionId": new.session.id,
        "state": "waiting",
        "recording": "off",
    }
    assert "Accept" in answer.headers["Vary"]


# Visits.


def test_opening_the_page_is_remembered_with_the_address_behind_the_proxy(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_TRUSTED_PROXIES="127.0.0.1", REACHBACK_PLAIN_HTTP_CUSTOMERS="yes")
    new = made.session()
    made.browser().get(f"/support/{new.link}", headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
    opened = made.own.sessions.events(new.session.id)[-1]
    assert (opened.kind, opened.address) == ("page_opened", "198.51.100.7")
    assert made.own.sessions.get(new.session.id).state == "waiting"


def test_an_address_that_no_trusted_proxy_wrote_is_not_believed(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    stranger.get(f"/support/{new.link}", headers={"X-Forwarded-For": "198.51.100.7"})
    assert portal.own.sessions.events(new.session.id)[-1].address == "127.0.0.1"


def test_a_link_checker_is_not_a_visit(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    assert stranger.head(f"/support/{new.link}").status_code == 200
    assert portal.own.sessions.get(new.session.id).state == "created"
    portal.own.sessions.end(new.session.id, portal.person("anna"))
    assert stranger.head(f"/support/{new.link}").status_code == 410
    assert stranger.head(f"/support/{UNKNOWN}").status_code == 404


# Links that lead nowhere, and ends.


def test_an_unknown_link_says_so_without_repeating_it(stranger: FlaskClient) -> None:
    answer = stranger.get(f"/support/{UNKNOWN}", headers=OLD_BROWSER)
    assert answer.status_code == 404
    assert "This link is not known" in answer.text
    assert UNKNOWN not in answer.text


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


def test_the_end_is_told_in_the_language_that_was_chosen(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.held()
    [action] = Tags(stranger.get(f"/support/{new.link}?lang=fr").text).all("form", "action")
    ended = stranger.post(action, follow_redirects=True)
    assert ended.status_code == 410
    assert "L’aide est terminée" in ended.text


def test_following_a_link_never_ends_a_session(portal: Portal, stranger: FlaskClient) -> None:
    new = portal.session()
    assert stranger.get(f"/support/{new.link}/end").status_code == 405
    assert not portal.own.sessions.get(new.session.id).ended


# Where computers dial.


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
    where = f"/support/{portal.session().link}{EXPERTS}"
    answer = portal.browser().get(where, headers={"Host": host, **OLD_BROWSER})
    assert f"-connect {dialled}::5500" in answer.text


@pytest.mark.parametrize("host", ["evil&calc.exe", "a b", "x|y", '"quoted"', "-calc", ""])
@pytest.mark.parametrize("more", ["", EXPERTS, "?print=1", "?step=2&for=ultravnc"])
def test_a_host_that_is_none_does_not_reach_a_command_line(portal: Portal, host: str, more: str) -> None:
    answer = portal.browser().get(f"/support/{portal.session().link}{more}", headers={"Host": host})
    assert answer.status_code in {200, 400}
    assert "calc" not in answer.text
    assert "quoted" not in answer.text
    assert answer.status_code == 400 or more != EXPERTS or "-connect 127.0.0.1::5500" in answer.text


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
        connection.exec_driver_sql("UPDATE technicians SET name = '<b>a</b>%(x)s' WHERE name = 'anna'")
        connection.commit()
    boss = portal.person("<b>a</b>%(x)s")
    new = portal.own.sessions.create(by=boss)
    for more in ("", *(f"?step=2&for={way}&lang={language}" for way in Ways for language in LANGUAGES), "?print=1"):
        text = stranger.get(f"/support/{new.link}{more}").text
        assert "<b>a</b>" not in text
        assert "&lt;b&gt;a&lt;/b&gt;%(x)s" in text
    portal.own.calls.hold(portal.arrive(code=new.code), 40001)
    assert "&lt;b&gt;a&lt;/b&gt;%(x)s is not looking" in stranger.get(f"/support/{new.link}").text
