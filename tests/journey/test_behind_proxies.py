"""One story in a real browser through each proxy, with the files of `deploy/`.

By HTTPS and `wss://` for the technician, by plain HTTP for the customer, and by PROXY for the call where the proxy can.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import sync_playwright

from tests.fakes.certificates import write_certificate
from tests.journey.browsers import WINDOW, launched
from tests.journey.computers import ON_GROUND, X11vnc
from tests.journey.house import House
from tests.journey.people import Customer, Technician
from tests.processes import ADMIN, ADMIN_PASSWORD, installed
from tests.proxies import NAME, STARTS, places, settings_for, started

COLOUR = "#336699"


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    """An installation, and where its proxies shall be."""
    folder = tmp_path_factory.mktemp("behind-proxies")
    chosen = places(*write_certificate(folder, "web", names=[NAME]))
    with installed(folder, **settings_for(chosen["nginx"])) as installation:
        installation.start_all("portal", "listener", "websockify")
        yield installation, chosen


@pytest.mark.parametrize("name", STARTS)
def test_a_whole_story_through_a_proxy(behind, programs, name):
    installation, chosen = behind
    place = chosen[name]
    proxy = started(name, installation, place)
    house = House(installation.settings, proxy.process, ADMIN_PASSWORD, installation.api(), installation.environ)
    # The certificate is the test's own; its name leads to the proxy.
    options = (f"--host-resolver-rules=MAP {NAME} {place.address}", "--ignore-certificate-errors")
    with sync_playwright() as playwright, launched(playwright, *options) as browser:
        technician = Technician(browser.new_context(viewport=WINDOW), house)
        board = technician.sign_in(ADMIN)
        created = board.create("Mrs Gray")
        link = created.link.replace(house.url, f"http://{NAME}:{place.http}")
        page = Customer(browser.new_context(java_script_enabled=False)).open(link)
        assert page.url.startswith("http://")
        computer = X11vnc(programs, code=created.code)
        computer.paint(COLOUR)
        host, port = proxy.calls
        computer.dial(port, host)
        board.wait_for_call("Mrs Gray", "Front desk", "Code")
        viewer = board.connect("Mrs Gray")
        viewer.wait_for("connected")
        viewer.wait_for_colour(ON_GROUND, COLOUR)
        (socket,) = technician.sockets
        assert socket.startswith(f"wss://{NAME}:{place.https}/websockify?")
        house.end_all()
        assert technician.complaints() == []
