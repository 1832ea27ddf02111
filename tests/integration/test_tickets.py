"""Tickets at the WebSocket, and the loopback ports they lead to."""

from __future__ import annotations

import contextlib
import re
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from websockets.exceptions import InvalidHandshake, InvalidStatus

from reachback.ports import is_listening
from sessions.redaction import redact
from sessions.tickets import TicketRegister
from sessions.views import NewSession
from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer, read_to_end
from tests.processes import Installation, wait_until
from token_plugin.bridge import MAX_FROM_BROWSER

from .conftest import exchange, held, joined

MADE_UP = "abcdefghijklmnopqrstuvwxyz"


def refused(url: str, origin: str | None = None) -> str:
    """The words of a 403."""
    with pytest.raises(InvalidStatus) as refusal:
        FakeViewer(url, origin=origin)
    response = refusal.value.response
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    return response.body.decode()


def with_token(installation: Installation, token: str) -> str:
    return f"{installation.settings.public_websocket}?token={token}"


def port_of(installation: Installation, new: NewSession) -> int:
    return int(installation.call_row(new)["port"])


def is_free(installation: Installation, new: NewSession) -> bool:
    return installation.state(new) == "connected"


def test_a_spent_ticket(running: Installation) -> None:
    with held(running) as (new, _server):
        url = running.websocket_url(new)
        with FakeViewer(url) as viewer:
            viewer.greet()
            assert "already used" in refused(url)


def test_an_expired_ticket(running: Installation) -> None:
    def long_ago() -> datetime:
        return datetime.now(UTC) - timedelta(seconds=61)

    with held(running) as (new, _server):
        token = TicketRegister(running.engine, clock=long_ago).issue(new.session.id, running.admin).token
        assert "not used in time" in refused(with_token(running, token))
        assert is_free(running, new)


def test_a_foreign_ticket(running: Installation) -> None:
    with held(running) as (new, _server), held(running) as (other, _):
        ticket = running.tickets.issue(new.session.id, running.admin).token.partition(".")[2]
        words = refused(with_token(running, f"{other.session.id}.{ticket}"))
        assert "belongs to another session" in words
        assert is_free(running, new)
        assert is_free(running, other)


@pytest.mark.parametrize("token", ["", MADE_UP, f"nosuch.{MADE_UP}", "'; DROP TABLE tickets; --", "%00", "x" * 5000])
def test_a_made_up_ticket(running: Installation, token: str) -> None:
    assert "never issued here" in refused(with_token(running, token.replace(" ", "%20")))


def test_no_ticket_at_all(running: Installation) -> None:
    assert "never issued here" in refused(running.settings.public_websocket)


def test_a_ticket_for_a_call_since_replaced_on_the_same_port(running: Installation) -> None:
    with held(running) as (new, server):
        url = running.websocket_url(new)
        server.hang_up()
        wait_until(lambda: running.lost_row(new))
        with FakeVncServer(running.call_address, code=new.code) as again:
            again.greet()
            wait_until(lambda: running.is_held(new))
            # The kernel may give the new call the old one's port; here it surely has.
            view = running.is_held(new)
            assert view
            assert view.call
            running.change("UPDATE calls SET port = :port WHERE state = 'lost'", port=_port(running, view.call.id))
            assert "is over" in refused(url)
            assert is_free(running, new)
            with FakeViewer(running.websocket_url(new)) as viewer:
                exchange(again, viewer.greet())


def test_a_ticket_of_an_ended_session(running: Installation) -> None:
    with held(running) as (new, _server):
        url = running.websocket_url(new)
        running.sessions.end(new.session.id, running.admin)
        assert "is over" in refused(url)


def test_a_bare_connection_to_a_held_calls_port_gets_not_one_byte(running: Installation) -> None:
    with held(running) as (new, server):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port_of(running, new)), 5) as bare:
                bare.sendall(b"RFB 003.008\n\x01\x01")
                assert read_to_end(bare, 2) == b""
        assert is_free(running, new)
        with FakeViewer(running.websocket_url(new)) as viewer:
            exchange(server, viewer.greet())


def test_a_bare_connection_beside_a_seat_gets_not_one_byte(running: Installation) -> None:
    with joined(running) as (new, server, viewer):
        with socket.create_connection(("127.0.0.1", port_of(running, new)), 5) as bare:
            assert read_to_end(bare, 2) == b""
        exchange(server, viewer)


def test_a_ticket_spent_for_one_call_opens_no_other(running: Installation) -> None:
    with held(running) as (new, _server), held(running) as (other, _):
        endpoint = running.tickets.spend(running.tickets.issue(new.session.id, running.admin).token)
        with socket.create_connection(("127.0.0.1", port_of(running, other)), 5) as wrong:
            assert read_to_end(wrong, 2) == b""
        with socket.create_connection((endpoint.host, endpoint.port), 5) as right:
            assert right.recv(12) == b"RFB 003.008\n"


def test_only_as_many_connections_as_tickets(running: Installation) -> None:
    with held(running) as (new, _server), contextlib.ExitStack() as open_ones:
        for _ in range(2):
            endpoint = running.tickets.spend(running.tickets.issue(new.session.id, running.admin, "watch").token)
            address = (endpoint.host, endpoint.port)
            bare = [open_ones.enter_context(socket.create_connection(address, 5)) for _ in range(3)]
            assert len([one for one in bare if _first_bytes(one)]) == 1
        assert len(running.sessions.get(new.session.id).seats) == 2


def test_a_ticket_spent_and_not_used_in_time_opens_nothing(install: Callable[..., Installation]) -> None:
    installation = install(REACHBACK_SEAT_SECONDS="0.3")
    installation.start_listener()
    with held(installation) as (new, _server):
        endpoint = installation.tickets.spend(installation.tickets.issue(new.session.id, installation.admin).token)
        (row,) = installation.rows("SELECT spent_at FROM tickets")
        spent = datetime.fromisoformat(row["spent_at"]).replace(tzinfo=UTC)
        wait_until(lambda: datetime.now(UTC) > spent + timedelta(seconds=0.3))
        with socket.create_connection((endpoint.host, endpoint.port), 5) as late:
            assert read_to_end(late, 2) == b""


def test_two_tickets_race_for_the_last_seat(install: Callable[..., Installation]) -> None:
    installation = install(REACHBACK_MAX_SEATS="1")
    installation.start_listener()
    installation.start_websockify()
    with held(installation) as (new, server):
        modes = ("control", "watch")
        tokens = [installation.tickets.issue(new.session.id, installation.admin, mode).token for mode in modes]
        with FakeViewer(with_token(installation, tokens[0])) as first:
            first.greet()
            # The second ticket is good, the seat is taken: the call's port shows it the door.
            with FakeViewer(with_token(installation, tokens[1])) as second:
                assert second.read_to_end() == b""
            exchange(server, first)


def test_many_who_come_at_once_each_get_the_seat_of_their_own_ticket(running: Installation) -> None:
    with held(running) as (new, _server), contextlib.ExitStack() as open_ones:
        people = [running.people.add(f"p{number}").technician for number in range(5)]
        tokens = [running.tickets.issue(new.session.id, who, "watch").token for who in people]
        with ThreadPoolExecutor(5) as threads:
            viewers = list(threads.map(lambda token: FakeViewer(with_token(running, token)).greet(), tokens))
        for viewer in viewers:
            open_ones.enter_context(viewer)
        for who, token, viewer in zip(people, tokens, viewers, strict=True):
            seat = running.tickets.seat_of(new.session.id, token)
            assert seat
            running.seats.leave(seat, who)
            assert viewer.read_to_end() == b""
            wait_until(lambda gone=seat: gone not in {one.id for one in running.sessions.get(new.session.id).seats})


def test_a_giant_message_is_refused_and_says_so(running: Installation) -> None:
    with joined(running) as (new, server, viewer):
        # Announced, and begun: what websockify would otherwise wait for and keep. Not one byte more than is read, for
        # a close frame is lost where a connection is closed over unread bytes.
        header = bytes([0x82, 0xFF]) + (2**40).to_bytes(8, "big") + bytes(4)
        viewer.websocket.socket.sendall(header + bytes(MAX_FROM_BROWSER))
        assert viewer.read_to_end() == b""
        assert viewer.closing == (1009, f"a message of more than {MAX_FROM_BROWSER} bytes")
        wait_until(lambda: running.state(new) == "connected")
        server.hang_up()


# Origins.


def test_a_page_of_another_origin_is_refused_and_spends_nothing(running: Installation) -> None:
    with held(running) as (new, server):
        url = running.websocket_url(new)
        for foreign in ("https://evil.example", "null", f"{running.settings.public_url}.evil.example", ""):
            assert "REACHBACK_ALLOWED_ORIGINS" in refused(url, origin=foreign)
        with FakeViewer(url, origin=running.settings.public_url) as viewer:
            exchange(server, viewer.greet())


def test_the_other_loopback_names_are_one_origin(running: Installation) -> None:
    with held(running) as (new, _server):
        origin = f"http://localhost:{running.settings.http.port}"
        with FakeViewer(running.websocket_url(new), origin=origin) as viewer:
            viewer.greet()


# Stock websockify.


def test_stock_websockify_spends_tickets_and_keeps_them_to_itself(install: Callable[..., Installation]) -> None:
    installation = install()
    installation.start_all("listener")
    stock = installation.start_stock_websockify()
    with held(installation) as (new, server), held(installation) as (other, _):
        url = installation.websocket_url(new)
        with FakeViewer(url) as viewer:
            exchange(server, viewer.greet())
            foreign = installation.tickets.issue(other.session.id, installation.admin).token.partition(".")[2]
            for refused_url in (
                url,
                with_token(installation, MADE_UP),
                with_token(installation, f"{new.session.id}.{foreign}"),
            ):
                with pytest.raises((InvalidHandshake, EOFError)):
                    FakeViewer(refused_url)
            exchange(server, viewer)
    wait_until(lambda: "already used" in stock.log)
    said = stock.log
    assert redact(said) == said
    ticket = url.rpartition(".")[2]
    assert re.fullmatch("[a-z2-7]{26}", ticket)
    for secret in (ticket, MADE_UP, foreign, new.link, new.code):
        assert secret not in said


def test_no_secret_in_any_log(running: Installation) -> None:
    with joined(running) as (new, server, viewer):
        exchange(server, viewer)
        refused(with_token(running, f"{new.session.id}.{MADE_UP}"))
    for process in running.processes:
        said = process.log
        assert redact(said) == said
        for secret in (MADE_UP, new.link, new.code):
            assert secret not in said


def test_waiting_for_a_request_has_an_end(running: Installation) -> None:
    began = time.monotonic()
    with socket.create_connection((running.settings.websocket.host, running.settings.websocket.port), 5) as silent:
        assert read_to_end(silent, 6) == b""
    assert time.monotonic() - began < 5


def test_a_request_that_never_ends_has_an_end(install: Callable[..., Installation]) -> None:
    installation = install()
    installation.start_all("listener")
    hurry = "from token_plugin import __main__, serve; serve.REQUEST_SECONDS = 1; __main__.main()"
    websockify = installation.start("websockify", sys.executable, "-c", hurry)
    port = installation.settings.websocket.port
    wait_until(lambda: is_listening(port))
    with held(installation) as (new, server), FakeViewer(installation.websocket_url(new)) as viewer:
        viewer.greet()
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), 5) as dripping:
            dripping.sendall(b"GET /?token=x HTTP/1.1\r\nX: ")
            dripping.settimeout(0.1)
            wait_until(lambda: _drop(dripping), 5, "the connection is closed")
        assert 0.9 < time.monotonic() - began < 3
        # Whoever has spent a ticket stays as long as they like.
        exchange(server, viewer)
        assert len(websockify.family()) == 2


def _drop(connection: socket.socket) -> bool:
    """Send one byte more; whether the connection is over."""
    try:
        connection.sendall(b"a")
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def _port(installation: Installation, call_id: int) -> int:
    (row,) = installation.rows("SELECT port FROM calls WHERE id = :id", id=call_id)
    return int(row["port"])


def _first_bytes(connection: socket.socket) -> bytes:
    connection.settimeout(2)
    with contextlib.suppress(ConnectionError):
        return connection.recv(12)
    return b""
