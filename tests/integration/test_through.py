"""From the customer's server to the technician's browser and back."""

from __future__ import annotations

import hashlib
import random
import threading
import time

import pytest

from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.processes import Installation, wait_until

from .conftest import KEY, Measured, exchange, joined, raw_picture

BIG = 24 * 1024 * 1024


def test_matched_by_its_code(running: Installation) -> None:
    with joined(running, name="TILL-3", width=800, height=600) as (new, server, viewer):
        assert viewer.desktop == (800, 600, "TILL-3")
        exchange(server, viewer)
        view = running.sessions.get(new.session.id)
        assert view.state == "in_use"
        assert view.call
        assert (view.call.matched_by, view.call.confirmed, view.call.address) == ("id", True, "127.0.0.1")
        assert [seat.technician for seat in view.seats] == ["anna"]


def test_a_code_from_another_address_is_matched_and_marked(running: Installation) -> None:
    new = running.waiting("198.51.100.7")
    with FakeVncServer(running.call_address, code=new.code) as server:
        server.greet()
        view = wait_until(lambda: running.is_held(new))
        assert view.call
        assert (view.call.matched_by, view.call.confirmed) == ("id", False)


@pytest.mark.parametrize("version", [(3, 3), (3, 7), (3, 8)])
def test_matched_by_its_address(running: Installation, version: tuple[int, int]) -> None:
    new, other = running.waiting(), running.waiting("198.51.100.7")
    with FakeVncServer(running.call_address, version=version, one_by_one=True) as server:
        server.greet()
        view = wait_until(lambda: running.is_held(new))
        assert view.call
        assert view.call.matched_by == "address"
        assert running.state(other) == "waiting"
        with FakeViewer(running.websocket_url(new)) as viewer:
            exchange(server, viewer.greet())


def test_parked_and_claimed(running: Installation, measured: Measured) -> None:
    with FakeVncServer(running.call_address, name="WHO-IS-IT") as server:
        server.greet()
        (call,) = wait_until(running.calls.parked)
        assert (call.desktop, call.width, call.height) == ("WHO-IS-IT", 1024, 768)
        new = running.session()
        claimed = time.monotonic()
        running.calls.claim(call.id, new.session.id, running.admin)
        wait_until(lambda: running.is_held(new), 1.0, "held within a second of the claim")
        measured("claimed → held", time.monotonic() - claimed)
        with FakeViewer(running.websocket_url(new)) as viewer:
            exchange(server, viewer.greet())


def test_two_sessions_at_one_address_park_their_calls(running: Installation) -> None:
    first, second = running.waiting(), running.waiting()
    with FakeVncServer(running.call_address, name="A") as a, FakeVncServer(running.call_address, name="B") as b:
        a.greet()
        b.greet()
        wait_until(lambda: len(running.calls.parked()) == 2)
        assert {running.state(first), running.state(second)} == {"waiting"}
        by_name = {call.desktop: call.id for call in running.calls.parked()}
        running.calls.claim(by_name["A"], second.session.id, running.admin)
        running.calls.claim(by_name["B"], first.session.id, running.admin)
        for new, server, name in ((second, a, "A"), (first, b, "B")):
            wait_until(lambda new=new: running.is_held(new), 1.0)
            with FakeViewer(running.websocket_url(new)) as viewer:
                exchange(server, viewer.greet())
                assert viewer.desktop == (1024, 768, name)


def test_large_transfers_both_ways_arrive_whole_and_are_counted(running: Installation, measured: Measured) -> None:
    down = raw_picture(random.Random(1).randbytes(BIG), 4096)
    up = [_text(random.Random(number).randbytes(60_000)) for number in range(BIG // 60_000)]
    with joined(running) as (new, server, viewer):
        sending = threading.Thread(target=server.send, args=(down,))
        typing = threading.Thread(target=lambda: [viewer.send(one) for one in up])
        reading = threading.Thread(target=lambda: [server.hear(one) for one in up])
        began = time.monotonic()
        for thread in (sending, typing, reading):
            thread.start()
        got = viewer.read(len(down), 30)
        for thread in (sending, typing, reading):
            thread.join(30)
        measured(f"{BIG >> 20} MiB each way at once", time.monotonic() - began)
        assert hashlib.sha256(got).digest() == hashlib.sha256(down).digest()
        running.sessions.end(new.session.id, running.admin)
    row = wait_until(lambda: running.lost_row(new))
    # The greeting on the customer's side: ID block, version, security, result, ServerInit.
    greeting = 250 + 12 + 2 + 4 + len(server.server_init())
    assert row["bytes_from_customer"] == len(down) + greeting
    assert row["bytes_to_customer"] >= sum(map(len, up))


def _text(words: bytes) -> bytes:
    return b"\x06\0\0\0" + len(words).to_bytes(4, "big") + words


def test_last_words_of_a_server_that_has_finished_arrive(running: Installation, measured: Measured) -> None:
    last = raw_picture(random.Random(3).randbytes(3 * 1024 * 1024), 1024)
    with joined(running) as (new, server, viewer):
        sending = threading.Thread(target=lambda: (server.send(last), server.finish()))
        sending.start()
        assert viewer.read_to_end() == last
        read = time.monotonic()
        assert viewer.closing == (1000, "The call is over.")
        sending.join()
        server.read_to_end()
        wait_until(lambda: running.state(new) == "waiting")
        measured("last words read → the session waits again", time.monotonic() - read)
        assert time.monotonic() - read < 1.0
    assert running.call_row(new)["reason"] == "The customer's computer hung up."


@pytest.mark.parametrize("how", ["close", "vanish"])
def test_a_technician_leaves_and_the_call_stays(running: Installation, measured: Measured, how: str) -> None:
    with joined(running) as (new, server, viewer):
        exchange(server, viewer)
        left = time.monotonic()
        getattr(viewer, how)()
        # What was held down is let go of.
        server.hear(KEY[:1] + b"\0" + KEY[2:])
        measured("technician left → the key is let go of", time.monotonic() - left)
        wait_until(lambda: running.state(new) == "connected", 1.0)
        view = running.sessions.get(new.session.id)
        assert view.seats == ()
        assert view.call
        wait_until(lambda: (call := running.sessions.get(new.session.id).call) and call.resumable, 1.0)
        with FakeViewer(running.websocket_url(new)) as again:
            exchange(server, again.greet())
            assert running.state(new) == "in_use"
            assert (call := running.sessions.get(new.session.id).call) is not None
            assert call.id == view.call.id


@pytest.mark.parametrize("by", ["technician", "customer"])
def test_ending_closes_both_legs_within_a_second(running: Installation, measured: Measured, by: str) -> None:
    with joined(running) as (new, server, viewer):
        exchange(server, viewer)
        ended = time.monotonic()
        if by == "technician":
            running.sessions.end(new.session.id, running.admin)
        else:
            running.sessions.end_by_link(new.link, "127.0.0.1")
        ends: dict[str, float] = {}
        watching = threading.Thread(target=lambda: (server.read_to_end(3), ends.update(customer=time.monotonic())))
        watching.start()
        assert viewer.read_to_end(3) == b""
        ends["technician"] = time.monotonic()
        watching.join()
        for side, at in ends.items():
            measured(f"ended by {by} → the {side}'s socket at its end", at - ended)
        assert max(ends.values()) - ended < 1.0
    assert running.state(new) == "closed"
    row = wait_until(lambda: running.lost_row(new))
    assert row["reason"] == "The session ended."
