"""From the number to the end, in browsers of the year 2001, over plain HTTP."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import psutil
import pytest

from tests.journey.computers import X11vnc
from tests.journey.house import House, house_in
from tests.journey.old_browsers import IE6, IE8, Dillo, Fetched, InternetExplorer, TextBrowser
from tests.processes import free_ports, wait_until

HEAVIEST = 20_000
CUSTOMER = "Mrs Gray"


@pytest.fixture(scope="module")
def plain_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An installation whose customers may come over plain HTTP from anywhere; this machine has just one address."""
    with house_in(tmp_path_factory.mktemp("plain"), REACHBACK_PLAIN_HTTP_CUSTOMERS="yes") as house:
        yield house


@pytest.fixture
def session(plain_house: House) -> Iterator[dict[str, str]]:
    yield plain_house.api("POST", "/api/sessions", {"customer": CUSTOMER}).body
    plain_house.end_all()


def is_plain(browser: InternetExplorer, fetched: Fetched, status: int = 200) -> None:
    """A page that such a browser shows as it is meant."""
    assert fetched.status == status
    assert fetched.headers["content-type"] == "text/html; charset=utf-8"
    assert "location" not in fetched.headers
    assert "set-cookie" not in fetched.headers
    assert "strict-transport-security" not in fetched.headers
    assert "transfer-encoding" not in fetched.headers, "HTTP/1.0 knows no chunks"
    assert "script" not in fetched.page.tags
    assert browser.weight(fetched) <= HEAVIEST


@pytest.mark.parametrize(
    ("browser", "buttons", "states"),
    [
        (
            InternetExplorer(IE6),
            ("Weiter", "Ja, admin darf mir helfen", "Jetzt beenden"),
            ("Wir warten auf Ihren Computer.", "Verbunden.", "Beendet."),
        ),
        (
            InternetExplorer(IE8),
            ("Continue", "Yes, let admin help me", "End now"),
            ("Waiting for your computer.", "Connected.", "Finished."),
        ),
    ],
    ids=["IE 6", "IE 8"],
)
def test_from_the_number_to_the_end_as_internet_explorer(plain_house, session, programs, *, browser, buttons, states):
    front = browser.get(f"{plain_house.url}/")
    is_plain(browser, front)
    asked = browser.press(front, buttons[0], code=f"{session['code'][:3]} {session['code'][3:6]}-{session['code'][6:]}")
    is_plain(browser, asked)
    todo = browser.press(asked, buttons[1])
    is_plain(browser, todo)
    assert states[0] in todo.page.words
    assert re.search(r'http-equiv="refresh" content="5"', todo.text)

    X11vnc(programs).dial(plain_house.port)
    connected = wait_until(lambda: seen(browser, todo.url, states[1]), what="the page shows the call")
    is_plain(browser, connected)
    ended = browser.press(connected, buttons[2])
    is_plain(browser, ended, 410)
    assert states[2] in ended.page.words
    assert plain_house.api("GET", f"/api/sessions/{session['id']}").body["state"] == "closed"


def seen(browser: InternetExplorer, url: str, words: str) -> Fetched | None:
    fetched = browser.get(url)
    return fetched if words in fetched.page.words else None


def test_every_way_is_light_and_plain(plain_house, session):
    browser = InternetExplorer(IE6)
    todo = browser.get(f"{session['link']}?step=2&lang=en")
    ways = {words: link for words, link in todo.page.links.items() if "for=" in link or "print=" in link}
    assert {"Windows 7, 8, 10, 11", "TightVNC 1.3, by hand", "For experts", "Print these steps"} <= set(ways)
    for link in ways.values():
        is_plain(browser, browser.get(plain_house.url + link))


def test_a_text_browser_shows_and_sends_everything(plain_house, session, tmp_path):
    w3m = TextBrowser(tmp_path)
    front = w3m.dump(f"{plain_house.url}/")
    assert "Help with your computer" in front
    asked = w3m.dump(session["link"])
    assert "admin wants to help you with this computer" in asked
    assert "[Yes, let admin help me]" in asked
    todo = w3m.dump(f"{session['link']}?step=2&for=tightvnc")
    assert "Waiting for your computer." in todo
    assert f"127.0.0.1::{plain_house.port}" in todo
    assert "[End now]" in todo
    assert "[tray]" not in todo
    ended = w3m.post(f"{session['link']}/end", "")
    assert "Finished." in ended


def test_dillo_leads_from_the_number_to_the_end(plain_house, session, programs):
    dillo = Dillo(programs, f"{plain_house.url}/?lang=en")
    dillo.click(Dillo.FIELD)
    dillo.type(session["code"])
    dillo.click(Dillo.GO)
    dillo.wait_until_gone(Dillo.FIELD)
    dillo.click(Dillo.GO)
    dillo.wait_until_gone(Dillo.GO)
    assert plain_house.session(CUSTOMER)["state"] == "waiting"

    dillo.computer.dial(plain_house.port)
    wait_until(lambda: plain_house.session(CUSTOMER)["state"] == "connected", what="the call is held")
    # It leaves the looking for news to the person.
    dillo.reload()
    dillo.wait_for(Dillo.CONNECTED)
    dillo.click(Dillo.END)
    dillo.wait_until_gone(Dillo.END)
    assert plain_house.api("GET", f"/api/sessions/{session['id']}").body["state"] == "closed"


# From another machine. This one's own address, which is not a loopback address, stands for it.


@pytest.fixture(scope="module")
def elsewhere() -> str:
    found = [
        one.address
        for addresses in psutil.net_if_addrs().values()
        for one in addresses
        if one.family == socket.AF_INET and not one.address.startswith("127.")
    ]
    if not found:
        pytest.skip("this machine has no address but its loopback ones")
    return found[0]


@pytest.mark.parametrize("allowed", ["yes", "no"])
def test_from_elsewhere_plain_http_is_for_customers_and_only_where_it_is_allowed(tmp_path, elsewhere, allowed):
    [port] = free_ports(1)
    settings = {"REACHBACK_HTTP": f"0.0.0.0:{port}", "REACHBACK_PLAIN_HTTP_CUSTOMERS": allowed}
    with house_in(tmp_path, **settings) as house:
        session = house.api("POST", "/api/sessions", {"customer": CUSTOMER}).body
        path, browser = session["link"].removeprefix(house.url), InternetExplorer(IE6)
        for customers in ("/", path, f"{path}?step=2&for=xp"):
            fetched = browser.get(f"http://{elsewhere}:{port}{customers}")
            if allowed == "yes":
                is_plain(browser, fetched)
            else:
                is_plain(browser, fetched, 403)
                assert "REACHBACK_PLAIN_HTTP_CUSTOMERS=yes" in fetched.text
        for technicians in ("/sign-in", "/console", "/api/sessions", "/viewer/main.js"):
            refused = browser.get(f"http://{elsewhere}:{port}{technicians}")
            assert (refused.status, "set-cookie" in refused.headers) == (403, False)
            assert "X-Forwarded-Proto" in refused.text
            assert browser.get(f"{house.url}{technicians}").status in {200, 302, 401}
