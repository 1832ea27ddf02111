"""Every way in which a computer can be told from another, through to the picture."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.fakes.certificates import DOMAIN, write_certificate
from tests.journey.computers import ON_GROUND, BehindDispatcher, BehindStunnel, X11vnc
from tests.journey.house import House, house_in
from tests.journey.story import COLOUR, the_journey
from tests.processes import free_ports

ELSEWHERE = "203.0.113.9"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An installation with a certificate for calls, a session port, and a trusted proxy here that has no TLS."""
    folder = tmp_path_factory.mktemp("callers")
    cert, key = write_certificate(folder)
    (port,) = free_ports(1)
    settings = {
        "REACHBACK_CALL_TLS_CERT": str(cert),
        "REACHBACK_CALL_TLS_KEY": str(key),
        "REACHBACK_SESSION_PORTS": f"{port}-{port}",
        "REACHBACK_TRUSTED_PROXIES": "127.0.0.1",
        "REACHBACK_PLAIN_HTTP_CUSTOMERS": "yes",
    }
    with house_in(folder, **settings) as house:
        yield house


def test_a_number_told_to_the_dispatcher(house, technician, customer, programs):
    board = technician.sign_in()
    created = board.create("Mrs Gray", vnc_password="p4ss-w")
    customer.open(created.link)
    computer = BehindDispatcher(programs, created.code, "p4ss-w")
    computer.furnish(COLOUR)
    computer.dial(house.port)
    the_journey(house, technician, board, computer, created, matched="Code")


def test_a_code_in_the_server_name_of_tls(house, technician, customer, programs):
    board = technician.sign_in()
    created = board.create("Mr Brown")
    customer.open(created.link)
    computer = BehindStunnel(programs, f"{created.code}.{DOMAIN}")
    computer.furnish(COLOUR)
    computer.dial(house.port)
    board.wait_for_call(created.customer, "Code, by TLS", "Encrypted")
    the_journey(house, technician, board, computer, created, matched="Code, by TLS")


def test_a_session_s_own_port(house, technician, customer, programs):
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    customer.open(created.link)
    computer = X11vnc(programs)
    computer.furnish(COLOUR)
    (port,) = house.settings.session_ports
    computer.dial(port)
    board.wait_for_call(created.customer, "Front desk", "Port", "127.0.0.1")
    viewer = board.connect(created.customer)
    viewer.wait_for("connected")
    viewer.wait_for_colour(ON_GROUND, COLOUR)


def test_a_code_from_elsewhere_than_the_page_is_not_confirmed(house, technician, customer, programs):
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    customer.context.set_extra_http_headers({"X-Forwarded-For": ELSEWHERE})
    customer.open(created.link)
    computer = X11vnc(programs, code=created.code)
    computer.furnish(COLOUR)
    computer.dial(house.port)
    band = board.band("The call for Mrs Gray is not confirmed")
    expect(band).to_contain_text("127.0.0.1")
    expect(board.row("Mrs Gray")).to_contain_text("Not confirmed")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    viewer.wait_for_colour(ON_GROUND, COLOUR)


def test_a_second_call_is_parked_and_said_while_the_first_answers(house, technician, customer, programs):
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    customer.open(created.link)
    first, second = X11vnc(programs, "Front desk", code=created.code), X11vnc(programs, "Back room", code=created.code)
    first.furnish(COLOUR)
    first.dial(house.port)
    board.wait_for_call("Mrs Gray", "Front desk")
    second.dial(house.port)
    expect(board.band("Back room")).to_contain_text("A second call for Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    viewer.wait_for_colour(ON_GROUND, COLOUR)
