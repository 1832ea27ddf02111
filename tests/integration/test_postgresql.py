"""All of it on PostgreSQL: sessions, a held call, a ticket, seats; decisions that take effect at once; a server that is
started again under everybody's hands.
"""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import psutil
import pytest

from reverse_listener.rounds import ROUND_SECONDS
from sessions.audit import AuditRegister, Filters
from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer, read_to_end
from tests.postgres import Server
from tests.processes import Installation, installed, wait_until, with_admin

from .conftest import Measured, exchange, held, joined
from .test_drain import process_of, reload_listener

# A restart takes seconds here, and the machine may be busy.
LONG = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of this file's own: it is stopped."""
    own = Server(Path(mkdtemp(prefix="reachback-postgres-")))
    own.make()
    own.start()
    yield own
    own.close()


@pytest.fixture
def here(server: Server, tmp_path: Path) -> Iterator[Installation]:
    url = server.url(server.new())
    with_admin(url)
    with installed(tmp_path, REACHBACK_DATABASE_URL=url) as installation:
        installation.start_all("listener", "websockify", "portal")
        yield installation


def test_from_a_session_to_its_end(here: Installation) -> None:
    api = here.api()
    made = api("POST", "/api/sessions", {"customer": "Mr Gr\u0000ay"}).body
    with FakeVncServer(here.call_address, code=made["code"]) as computer:
        computer.greet()
        wait_until(lambda: api("GET", f"/api/sessions/{made['id']}").body["call"], LONG)
        ticket = api("POST", f"/api/sessions/{made['id']}/tickets", {"mode": "control"}).body
        with FakeViewer(ticket["websocket_url"]) as viewer:
            viewer.greet()
            exchange(computer, viewer)
            assert [seat["mode"] for seat in api("GET", f"/api/sessions/{made['id']}").body["seats"]] == ["control"]
        wait_until(lambda: api("GET", f"/api/sessions/{made['id']}").body["state"] == "connected", LONG)
        assert api("DELETE", f"/api/sessions/{made['id']}").status == 204
        read_to_end(computer.socket)
    wait_until(lambda: not here.open_calls(), LONG)
    kinds = [event["kind"] for event in api("GET", f"/api/sessions/{made['id']}/events").body]
    assert kinds == [
        "created",
        "call_arrived",
        "call_matched",
        "ticket_issued",
        "ticket_spent",
        "seat_taken",
        "seat_left",
        "last_seat_left",
        "ended",
        "call_over",
    ]


def test_a_decision_takes_effect_at_once(here: Installation, measured: Measured) -> None:
    took = []
    for _ in range(11):
        with held(here) as (new, computer):
            began = time.monotonic()
            here.sessions.end(new.session.id, here.admin)
            read_to_end(computer.socket)
            took.append(time.monotonic() - began)
    measured("PostgreSQL: from a session's end to its call's, median", statistics.median(took))
    # That nobody waits for a round is shown in test_rounds; a busy machine says nothing about that.
    assert statistics.median(took) < 4 * ROUND_SECONDS


def restarted(server: Server, meanwhile: Callable[[], object]) -> None:
    server.stop()
    meanwhile()
    server.start()


def test_a_restart_of_the_server_loses_nothing(here: Installation, server: Server) -> None:
    staying, leaving, ended = here.waiting(), here.waiting(), here.waiting()
    coming = here.waiting()
    api, without_proxy = here.api(), build_opener(ProxyHandler({}))
    with (
        FakeVncServer(here.call_address, code=staying.code) as stays,
        FakeVncServer(here.call_address, code=leaving.code) as leaves,
        FakeVncServer(here.call_address, code=ended.code) as computer,
        FakeVncServer(here.call_address, code=coming.code) as comes,
    ):
        for one in (stays, leaves, computer):
            one.greet()
        wait_until(lambda: all(here.is_held(new) for new in (staying, leaving, ended)), LONG)
        with FakeViewer(here.websocket_url(staying)) as viewer, FakeViewer(here.websocket_url(leaving)) as goes:
            viewer.greet()
            goes.greet()

            def meanwhile() -> None:
                leaves.hang_up()
                assert api("GET", "/api/sessions").body["error"]["code"] == "unavailable"
                with pytest.raises(HTTPError, match="503") as page:
                    without_proxy.open(f"http://{here.settings.http}/support/{staying.link}", timeout=10)
                assert b"try once more" in page.value.read()
                exchange(stays, viewer)

            restarted(server, meanwhile)
            comes.greet()
            wait_until(lambda: here.is_held(coming), LONG)
            wait_until(lambda: here.lost_row(leaving), LONG)
            exchange(stays, viewer)
            here.sessions.end(ended.session.id, here.admin)
            read_to_end(computer.socket)
            assert here.state(staying) == "in_use"
        wait_until(lambda: here.state(staying) == "connected", LONG)
    wait_until(lambda: not here.open_calls(), LONG)
    rows = AuditRegister(here.engine).find(Filters(), oldest_first=True).rows
    for kind in ("call_arrived", "call_matched", "call_over"):
        told = [row.session_id for row in rows if row.kind == kind]
        assert sorted(map(str, told)) == sorted(new.session.id for new in (staying, leaving, ended, coming)), kind
    assert [row.kind for row in rows].count("seat_left") == 2
    assert not here.rows("SELECT 1 FROM seats WHERE left_at IS NULL")


def test_told_to_stop_while_the_server_is_gone_everything_ends_soon(here: Installation, server: Server) -> None:
    listener = here.processes[0]
    with joined(here), joined(here) as (_new, computer, _viewer):
        serving = process_of(here, reload_listener(here))
        with joined(here) as (_other, its_computer, _its_viewer):
            # A server that is stopped waits for connections of ours, too.
            here.engine.dispose()
            server.stop()
            try:
                os.kill(serving, signal.SIGTERM)
                # Well within what systemd leaves a unit to stop; the one that drains has nobody else to stop it.
                assert listener.wait(20) == 0
                for one in (computer, its_computer):
                    one.read_to_end(LONG)
                wait_until(lambda: not psutil.pid_exists(serving), LONG)
            finally:
                server.start()
