"""Passwords and refusals in the customer's greeting, as the board then tells them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from sessions.views import CallView
from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer, Refused
from tests.processes import Installation, wait_until

from .conftest import exchange

VERSIONS = [(3, 3), (3, 7), (3, 8)]


LAST_PARTS: Iterator[int] = count(10)


@pytest.fixture
def address() -> str:
    """A loopback address of the test's own: a refusal from one address is not repeated on the board for a while."""
    return f"127.0.1.{next(LAST_PARTS)}"


def fail(running: Installation, address: str, **given: Any) -> str:
    """Greet from `address` in a way that fails; answers the reason that the board then shows."""
    with FakeVncServer(running.call_address, source=address, **given) as server, pytest.raises(Refused):
        server.greet()
    return reason_on_the_board(running, address)


def reason_on_the_board(running: Installation, address: str) -> str:
    def told() -> list[CallView]:
        return [call for call in running.calls.refused() if call.address == address]

    (call,) = wait_until(told)
    assert call.state == "refused"
    assert call.reason
    return call.reason


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("password", ["s3cret", "password1"])
def test_a_sessions_password_opens_the_server(running: Installation, password: str, version: tuple[int, int]) -> None:
    new = running.session(vnc_password=password)
    with FakeVncServer(running.call_address, code=new.code, password=password, version=version) as server:
        server.greet()
        wait_until(lambda: running.is_held(new))
        with FakeViewer(running.websocket_url(new)) as viewer:
            exchange(server, viewer.greet())
    for process in running.processes:
        assert password not in process.log


def test_a_password_is_found_by_address_too(running: Installation) -> None:
    new = running.waiting(vnc_password="s3cret")
    with FakeVncServer(running.call_address, password="s3cret", one_by_one=True) as server:
        server.greet()
        wait_until(lambda: running.is_held(new))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_wrong_password_is_told_on_the_board(running: Installation, address: str, version: tuple[int, int]) -> None:
    new = running.session(vnc_password="wrong")
    told = fail(running, address, code=new.code, password="s3cret", version=version)
    words = ' and said "password check failed!"' if version == (3, 8) else ""
    assert told.startswith(f"The VNC server did not accept the session's VNC password{words}:")
    assert running.state(new) == "created"


def test_a_password_that_nobody_stored_is_told_on_the_board(running: Installation, address: str) -> None:
    told = fail(running, address, code=running.session().code, password="s3cret")
    assert told.startswith("The VNC server asks for a password: store its VNC password")


def test_a_password_where_no_session_is_known_is_told_on_the_board(running: Installation, address: str) -> None:
    told = fail(running, address, password="s3cret")
    assert told.startswith("The VNC server asks for a password: store its VNC password")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_servers_refusal_is_told_on_the_board(running: Installation, address: str, version: tuple[int, int]) -> None:
    told = fail(running, address, refusal="Too many\nauthentication \x1b[31mfailures", version=version)
    assert told == 'The VNC server refused the connection and said "Too many authentication [31mfailures".'


def test_a_computer_that_dials_again_and_again_has_one_row_with_its_newest_words(
    running: Installation, address: str
) -> None:
    fail(running, address, refusal="for the first time")
    fail(running, address, refusal="for the second time")
    wait_until(lambda: "second" in reason_on_the_board(running, address))


@pytest.mark.parametrize("name", ["", "\x1b]0;evil\x07desk", "<script>alert(1)</script>", "n" * 4000, "日本語"])
def test_a_desktops_name_is_cleaned_and_cut(running: Installation, name: str) -> None:
    with FakeVncServer(running.call_address, name=name) as server:
        server.greet()
        (call,) = wait_until(running.calls.parked)
        assert call.desktop is not None
        assert len(call.desktop) <= 128
        assert call.desktop.isprintable()


def test_an_empty_desktop_is_refused(running: Installation, address: str) -> None:
    with FakeVncServer(running.call_address, source=address, width=0) as server:
        with pytest.raises(Refused):
            server.greet()
        server.read_to_end(2)
    assert "nothing to show" in reason_on_the_board(running, address)
