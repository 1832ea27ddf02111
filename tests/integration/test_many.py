"""Many customers at once: each is held for its own session, and none for another's."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from sessions.views import NewSession
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.processes import Installation, wait_until

from .conftest import Measured

CUSTOMERS = 30


def test_thirty_at_once_with_codes(running: Installation, measured: Measured) -> None:
    sessions = [running.waiting() for _ in range(CUSTOMERS)]
    with ExitStack() as open_ones, ThreadPoolExecutor(CUSTOMERS) as customers:
        servers = [open_ones.enter_context(_server(running, new)) for new in sessions]
        began = time.monotonic()
        list(customers.map(lambda server: server.greet(), servers))
        wait_until(lambda: len(_held(running)) == CUSTOMERS)
        measured(f"{CUSTOMERS} customers at once → all held", time.monotonic() - began)
        for new in sessions:
            view = running.is_held(new)
            assert view
            assert view.call
            assert (view.call.desktop, view.call.matched_by) == (new.session.id, "id")
        assert len({row["port"] for row in _held(running)}) == CUSTOMERS


@pytest.mark.parametrize("seed", range(10))
def test_in_any_order_from_one_address(running: Installation, seed: int) -> None:
    """Some with codes, some without, in a random order: no call is ever held for a session that is not its own."""
    chance = random.Random(seed)
    with_code = [running.waiting() for _ in range(3)]
    without = 3
    codes = [new.code for new in with_code] + [None] * without
    chance.shuffle(codes)
    names = {new.code: new.session.id for new in with_code}
    with ExitStack() as open_ones, ThreadPoolExecutor(len(codes)) as customers:
        servers = [
            FakeVncServer(running.call_address, code=code, name=names.get(code or "", "nobody")) for code in codes
        ]
        for server in servers:
            open_ones.enter_context(server)
        list(customers.map(lambda server: server.greet(), servers))
        # Which of the codeless ones found exactly one session waiting is chance; a wrong owner never is.
        wait_until(lambda: len(running.open_calls()) == len(codes))
        for row in running.open_calls():
            if row["matched_by"] == "id":
                assert row["session_id"] == row["desktop"]
            elif row["matched_by"] == "address":
                assert row["desktop"] == "nobody"
            else:
                assert row["session_id"] is None
        owners = [row["session_id"] for row in running.open_calls() if row["session_id"]]
        assert len(owners) == len(set(owners))


def test_a_second_call_with_the_same_code_is_parked(running: Installation) -> None:
    new = running.waiting()
    with _server(running, new) as first, _server(running, new) as second:
        first.greet()
        wait_until(lambda: running.is_held(new))
        second.greet()
        (call,) = wait_until(running.calls.parked)
        assert call.session_id is None


def _server(running: Installation, new: NewSession) -> FakeVncServer:
    return FakeVncServer(running.call_address, code=new.code, name=new.session.id)


def _held(running: Installation) -> list[dict[str, object]]:
    return [row for row in running.open_calls() if row["state"] == "held"]
