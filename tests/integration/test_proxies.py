"""One journey through nginx, Caddy and HAProxy, with the files of `deploy/`, over TLS.

Then all three seats are left idle at the same time, for as many seconds as REACHBACK_TEST_IDLE_SECONDS says. A release
is proven with 300.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import pytest

from sessions.settings import Settings
from sessions.settings_list import SETTINGS
from tests.fakes.certificates import write_certificate
from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.processes import ADMIN, ADMIN_PASSWORD, Installation, free_ports, installed, wait_until
from tests.proxies import DEPLOY, NAME, STARTS, Proxy, examples, places, settings_for, started

from .conftest import exchange
from .visitors import Visitor

# Longer than the 60 s after which nginx and HAProxy, left alone, cut what is silent.
IDLE = float(os.environ.get("REACHBACK_TEST_IDLE_SECONDS", "75"))
TRUSTED = "127.0.0.1"
STRANGER = "127.0.0.99"
FORGED = "203.0.113.66"
FILES = ("nginx/reachback.conf", "nginx/reachback.stream.conf", "caddy/Caddyfile", "haproxy/reachback.cfg")
FORGERIES = {
    "X-Forwarded-For": f"{FORGED}, {TRUSTED}",
    "X-Real-IP": FORGED,
    "Forwarded": f"for={FORGED};proto=https",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example.org",
}

HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}

pytestmark = pytest.mark.timeout(240 + IDLE)


@dataclass
class Journey:
    """What one technician and one customer did through one proxy, and what is open between them."""

    name: str
    proxy: Proxy
    technician: str
    customer: str
    anna: Visitor
    session_id: str
    link: str
    websocket_url: str
    server: FakeVncServer
    viewer: FakeViewer


@dataclass
class House:
    """One installation behind three proxies."""

    installation: Installation
    proxies: dict[str, Proxy]
    journeys: dict[str, Journey]

    @property
    def https(self) -> str:
        return self.installation.settings.public_url

    @property
    def http(self) -> str:
        place = next(iter(self.proxies.values())).place
        return f"http://{NAME}:{place.http}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("behind-proxies")
    chosen = places(*write_certificate(folder, "web", names=[NAME]))
    with installed(folder, **settings_for(chosen["nginx"])) as installation:
        installation.start_all("portal", "listener", "websockify")
        proxies = {name: started(name, installation, place) for name, place in chosen.items()}
        with contextlib.ExitStack() as open_ones:
            made = House(installation, proxies, {})
            for number, name in enumerate(proxies):
                made.journeys[name] = _travel(made, name, number, open_ones)
            yield made


def _travel(house: House, name: str, number: int, open_ones: contextlib.ExitStack) -> Journey:
    """From the sign-in to the pictures, through one proxy; everybody says wrong things of themselves."""
    proxy, base = house.proxies[name], house.https
    technician, customer = f"127.0.0.{60 + number}", f"127.0.0.{70 + number}"
    anna = Visitor(proxy.place.address, technician, proxy.place.cert)
    form = {"csrf_token": anna.get(f"{base}/sign-in").csrf_token, "name": ADMIN, "password": ADMIN_PASSWORD}
    assert anna.post(f"{base}/sign-in", form).status == 303
    token = anna.get(f"{base}/console").csrf_token
    ask = {"X-CSRFToken": token, "Content-Type": "application/json"}
    made = json.loads(anna.ask("POST", f"{base}/api/sessions", ask, '{"customer": "Mrs Example"}').text)
    page = Visitor(proxy.place.address, customer).get(made["link"].replace(base, house.http), **FORGERIES)
    assert page.status == 200
    # It says no code: only the address of page and call brings the two together.
    server = open_ones.enter_context(FakeVncServer(proxy.calls, source=customer, name=f"TILL-{number}"))
    server.greet()
    path = f"{base}/api/sessions/{made['id']}"
    wait_until(lambda: json.loads(anna.get(path).text)["state"] == "connected", what="the call is matched")
    ticket = anna.ask("POST", f"{path}/tickets", ask, '{"mode": "control"}')
    assert ticket.status == 201, ticket.text
    url = json.loads(ticket.text)["websocket_url"]
    viewer = open_ones.enter_context(FakeViewer(url, origin=base, connection=anna.dial(url)))
    viewer.greet()
    exchange(server, viewer)
    link = made["link"].rpartition("/")[2]
    return Journey(name, proxy, technician, customer, anna, made["id"], link, url, server, viewer)


@pytest.fixture(params=STARTS)
def journey(house: House, request: pytest.FixtureRequest) -> Journey:
    return house.journeys[request.param]


def test_the_journey_ends_in_pictures(house: House, journey: Journey) -> None:
    exchange(journey.server, journey.viewer)
    view = house.installation.sessions.get(journey.session_id)
    assert view.state == "in_use"
    assert [seat.technician for seat in view.seats] == [ADMIN]


def test_the_customers_address_is_right_on_every_way(house: House, journey: Journey) -> None:
    """On the page by its header, for the call by PROXY (through Caddy it dialled the listener itself)."""
    (page,) = house.installation.rows("SELECT address FROM visits WHERE session_id = :id", id=journey.session_id)
    (call,) = house.installation.rows(
        "SELECT address, matched_by FROM calls WHERE session_id = :id", id=journey.session_id
    )
    assert page["address"] == journey.customer
    assert (call["address"], call["matched_by"]) == (journey.customer, "address")


def test_the_technicians_address_is_right(house: House, journey: Journey) -> None:
    signed_in = house.installation.rows("SELECT address FROM sign_ins")
    assert journey.technician in [row["address"] for row in signed_in]
    (websockify,) = [process for process in house.installation.processes if process.name == "websockify"]
    assert re.search(rf"{re.escape(journey.technician)} - - .*WebSocket connection", websockify.log)


def test_nobody_is_who_a_header_of_theirs_says(house: House) -> None:
    for table in ("visits", "sign_ins", "events", "calls"):
        rows = house.installation.rows(f"SELECT * FROM {table}")
        assert rows
        assert not any(FORGED in str(value) for row in rows for value in row.values())


def test_plain_http_is_for_customers_only(house: House, journey: Journey) -> None:
    visitor = Visitor(journey.proxy.place.address, STRANGER)
    for path in ("/", f"/support/{journey.link}", "/static/customer.css"):
        page = visitor.get(house.http + path)
        assert page.status == 200, path
        assert "Strict-Transport-Security" not in page.headers
        assert "Set-Cookie" not in page.headers
    for path in ("/sign-in", "/console", "/api/sessions", "/websockify", "/healthz"):
        page = visitor.get(house.http + path, **FORGERIES)
        assert page.status in {301, 308}, path
        assert page.headers["Location"].startswith(f"https://{NAME}"), path
    for path in (
        "//console",
        "/support/../console",
        "/support/%2e%2e/console",
        "/static/..%2fconsole",
        "/support//console",
    ):
        assert visitor.get(house.http + path, **FORGERIES).status in {301, 308, 400, 404}, path


@pytest.mark.parametrize("moved", ["SCRIPT_NAME", "Script-Name"])
def test_no_header_moves_the_path(house: House, journey: Journey, moved: str) -> None:
    page = Visitor(journey.proxy.place.address, STRANGER).get(f"{house.http}/support/console", **{moved: "/support"})
    assert page.status == 404


def test_a_wrong_ticket_is_refused_through_the_proxy(house: House, journey: Journey) -> None:
    answer = journey.anna.ask(
        "GET",
        journey.websocket_url.replace("wss://", "https://", 1),
        HANDSHAKE,
    )
    assert answer.status == 403
    assert "used" in answer.text


@pytest.mark.parametrize("header", [b"PROXY TCP4 203.0.113.66 203.0.113.1 4711 5500\r\n", bytes.fromhex(
    "0D0A0D0A000D0A515549540A 21 11 000C CB007142 CB007101 1267 157C"
)], ids=["line", "block"])  # fmt: skip
def test_a_proxy_line_of_ones_own_is_not_vnc(house: House, journey: Journey, header: bytes) -> None:
    """To the listener itself as through a proxy, which puts its own in front."""
    held = len(house.installation.open_calls())
    with socket.create_connection(journey.proxy.calls, 10, source_address=(STRANGER, 0)) as stranger:
        stranger.sendall(header + b"RFB 003.008\n")
        with contextlib.suppress(ConnectionError):
            assert stranger.recv(100) == b""
    assert len(house.installation.open_calls()) == held
    assert not house.installation.rows("SELECT * FROM calls WHERE address IN (:one, :two)", one=STRANGER, two=FORGED)


def test_what_a_stranger_says_to_the_portal_itself_is_not_believed(house: House) -> None:
    http = house.installation.settings.http
    visitor = Visitor(http.host, STRANGER)
    assert visitor.get(f"http://{http}/sign-in", **FORGERIES).status == 403


def test_a_health_check_leaves_no_row_and_no_word(house: House) -> None:
    """HAProxy has checked since it was started, every two seconds, and says what it finds."""
    listener = next(process for process in house.installation.processes if process.name == "listener")
    assert "hung up" not in listener.log
    assert "listener/listener is DOWN" not in house.proxies["haproxy"].process.log
    addresses = {row["address"] for row in house.installation.rows("SELECT address FROM calls")}
    assert addresses == {journey.customer for journey in house.journeys.values()}


@pytest.fixture(scope="module")
def idled(house: House) -> float:
    """All seats at once have had nothing to show for IDLE seconds; whoever is cut meanwhile is found afterwards."""
    for journey in house.journeys.values():
        exchange(journey.server, journey.viewer)
    began = time.monotonic()
    wait_until(lambda: time.monotonic() - began >= IDLE, IDLE + 30)
    return time.monotonic() - began


def test_after_a_long_silence_the_seat_is_alive(house: House, journey: Journey, idled: float) -> None:
    assert idled >= IDLE
    exchange(journey.server, journey.viewer)
    (call,) = house.installation.rows("SELECT state FROM calls WHERE session_id = :id", id=journey.session_id)
    assert call["state"] == "held"
    (seat,) = house.installation.rows("SELECT left_at FROM seats")[:1]
    assert seat["left_at"] is None


@pytest.mark.parametrize("file", FILES)
def test_the_settings_that_a_file_tells_are_understood(file: str) -> None:
    told = examples((DEPLOY / file).read_text())
    assert "REACHBACK_TRUSTED_PROXIES" in told
    assert {setting.name for setting in SETTINGS} >= set(told)
    assert Settings.from_env(told).trusted_proxies == (ip_network(TRUSTED),)


def test_no_log_holds_a_link_or_a_ticket(house: House) -> None:
    """Neither the access log nor anything else that a proxy writes; not even when nothing answers behind it.

    The last test of this house: afterwards it is in ruins.
    """
    for journey in house.journeys.values():
        journey.viewer.close()
        _when_the_websocket_is_in_the_log(journey.proxy)
    for process in house.installation.processes:
        if process.name in {"portal", "websockify"}:
            process.terminate()
    for journey in house.journeys.values():
        assert Visitor(journey.proxy.place.address, STRANGER).get(f"{house.http}/support/{journey.link}").status >= 500
        assert journey.anna.ask("GET", journey.websocket_url.replace("wss://", "https://", 1), HANDSHAKE).status >= 500
        said = journey.proxy.everything()
        for secret in (journey.link, journey.websocket_url.rpartition(".")[2], "token="):
            assert secret not in said, secret


def _when_the_websocket_is_in_the_log(proxy: Proxy) -> None:
    # Caddy 2.6 writes 0 for a connection that became one of another kind.
    wait_until(
        lambda: re.search(r'\b101\b|"status":0', proxy.access_log()),
        30,
        f"{proxy.process.name} has logged the WebSocket",
    )


@pytest.mark.parametrize("name", ["nginx", "haproxy"])
def test_sessions_with_ports_of_their_own(tmp_path: Path, name: str) -> None:
    place = places(*write_certificate(tmp_path, "web", names=[NAME]))[name]
    (port,) = free_ports(1, "0.0.0.0")
    with installed(tmp_path, **settings_for(place), REACHBACK_SESSION_PORTS=f"{port}-{port}") as installation:
        installation.start_listener()
        started(name, installation, place)
        new = installation.session()
        with FakeVncServer((place.address, port), source="127.0.0.88") as server:
            server.greet()
            wait_until(lambda: installation.is_held(new))
            row = installation.call_row(new)
            assert (row["matched_by"], row["address"]) == ("port", "127.0.0.88")
