"""kill -9 of each part in turn: the others go on, and what was started again finds everything in order."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from reachback.parts import parts
from reachback.ports import is_listening, owners
from sessions.views import NewSession
from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.processes import Api, Installation, Process, wait_until

from .conftest import Measured, exchange, joined


@dataclass
class Whole:
    """All three parts, each started alone, with a technician at a customer's computer."""

    installation: Installation
    api: Api
    portal: Process
    listener: Process
    websockify: Process
    new: NewSession
    server: FakeVncServer
    viewer: FakeViewer

    def healthy(self) -> bool:
        return self.api("GET", "/healthz").status == 200

    def failing(self) -> list[str]:
        parts = self.api("GET", "/healthz").body["parts"]
        return [name for name, state in parts.items() if state != "ok"]

    def shown(self) -> dict[str, object]:
        answer = self.api("GET", f"/api/sessions/{self.new.session.id}")
        assert answer.status == 200
        return dict(answer.body)

    def ticket(self) -> str:
        answer = self.api("POST", f"/api/sessions/{self.new.session.id}/tickets", {"mode": "control"})
        assert answer.status == 201, answer
        return str(answer.body["websocket_url"])


@pytest.fixture
def make_whole(install: Callable[..., Installation]) -> Callable[[], object]:
    @contextmanager
    def make() -> Iterator[Whole]:
        installation = install()
        portal, listener, websockify = installation.start_all("portal", "listener", "websockify")
        api = installation.api()
        with joined(installation) as (new, server, viewer):
            whole = Whole(installation, api, portal, listener, websockify, new, server, viewer)
            wait_until(whole.healthy)
            exchange(server, viewer)
            yield whole

    return make


@pytest.fixture
def whole(make_whole: Callable[[], object]) -> Iterator[Whole]:
    with make_whole() as made:  # type: ignore[attr-defined]
        yield made


def test_the_listener_is_killed(whole: Whole, measured: Measured) -> None:
    whole.listener.kill()
    whole.server.read_to_end(1)
    assert whole.viewer.read_to_end(1) == b""
    wait_until(lambda: whole.failing() == ["listener"], 8)
    assert whole.shown()["customer"] == ""
    # What cannot be reached any more is told as that, not left hanging.
    began = time.monotonic()
    restarted = whole.installation.start_listener()
    measured("listener: kill -9, started again, listens after", time.monotonic() - began)
    assert "marked as lost" in restarted.log
    shown = whole.shown()
    assert (shown["state"], shown["call"], shown["seats"]) == ("waiting", None, [])
    (row,) = whole.installation.rows("SELECT state, reason FROM calls")
    assert tuple(row.values()) == ("lost", "The listener was restarted.")
    wait_until(whole.healthy, 5)
    dialled = time.monotonic()
    with FakeVncServer(whole.installation.call_address, code=whole.new.code) as again:
        again.greet()
        wait_until(lambda: whole.installation.is_held(whole.new), 2)
        measured("dialled again → held", time.monotonic() - dialled)
        with FakeViewer(whole.ticket()) as viewer:
            exchange(again, viewer.greet())


def test_websockifys_first_process_is_killed(whole: Whole, measured: Measured) -> None:
    whole.websockify.kill()
    exchange(whole.server, whole.viewer)
    wait_until(lambda: whole.failing() == ["websocket"], 3)
    began = time.monotonic()
    whole.installation.start_websockify()
    measured("websockify: kill -9, started again, listens after", time.monotonic() - began)
    wait_until(whole.healthy, 5)
    exchange(whole.server, whole.viewer)
    assert whole.shown()["state"] == "in_use"
    with joined(whole.installation) as (_new, server, viewer):
        exchange(server, viewer)
        exchange(whole.server, whole.viewer)


def test_the_process_of_one_connection_is_killed(whole: Whole) -> None:
    with joined(whole.installation) as (_new, server, viewer):
        first, *_others = sorted(child.pid for child in whole.websockify.family()[1:])
        os.kill(first, signal.SIGKILL)
        assert whole.viewer.read_to_end(1) == b""
        exchange(server, viewer)
    wait_until(lambda: whole.shown()["state"] == "connected", 1)
    assert whole.shown()["seats"] == []
    with FakeViewer(whole.ticket()) as again:
        exchange(whole.server, again.greet())


def test_the_portal_is_killed(whole: Whole, measured: Measured) -> None:
    whole.portal.kill()
    killed = time.monotonic()
    exchange(whole.server, whole.viewer)
    port = whole.installation.settings.http.port
    wait_until(lambda: not is_listening(port), 5, f"the worker lets go of the port: {owners(port)}")
    measured("the portal's first process killed → its worker is gone from the port", time.monotonic() - killed)
    exchange(whole.server, whole.viewer)
    with FakeVncServer(whole.installation.call_address) as meanwhile:
        meanwhile.greet()
        wait_until(whole.installation.calls.parked, 2)
        whole.installation.start_portal()
        wait_until(whole.healthy, 5)
        assert len(whole.api("GET", "/api/calls?parked=1").body) == 1
        assert whole.shown()["state"] == "in_use"
        exchange(whole.server, whole.viewer)


def test_the_portal_is_started_again_at_once(whole: Whole, measured: Measured) -> None:
    whole.portal.kill()
    killed = time.monotonic()
    again = whole.installation.start("portal", *_gunicorn(whole.installation))

    def answers() -> bool:
        try:
            return whole.healthy() and again.is_running
        except OSError:
            return False

    wait_until(answers, 10)
    wait_until(lambda: "Booting worker" in again.log, 10)
    measured("portal: kill -9, started again at once, a worker of its own after", time.monotonic() - killed)
    assert again.is_running
    exchange(whole.server, whole.viewer)


def test_a_listener_started_after_everything_was_killed(whole: Whole) -> None:
    for process in (whole.portal, whole.websockify, whole.listener):
        process.kill()
    whole.server.read_to_end(1)
    # Gunicorn's worker learns within a second that its master is gone, and answers until then.
    wait_until(lambda: not is_listening(whole.installation.settings.http.port))
    whole.installation.start_all("listener", "websockify", "portal")
    wait_until(whole.healthy, 10)
    assert whole.shown()["state"] == "waiting"
    with FakeVncServer(whole.installation.call_address, code=whole.new.code) as again:
        again.greet()
        wait_until(lambda: whole.installation.is_held(whole.new), 2)
        with FakeViewer(whole.ticket()) as viewer:
            exchange(again, viewer.greet())


def _gunicorn(installation: Installation) -> tuple[str, ...]:
    return parts(installation.settings)[0].command
