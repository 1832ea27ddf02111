"""A receiver of webhooks that is down while much happens, two portals that send, and one of them killed.

It is down for 3 s as it comes; `REACHBACK_TEST_WEBHOOK_SECONDS=120` lets it be down for two minutes, which takes four.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reachback.parts import parts
from sessions.settings import Settings
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.fakes.webhook_receiver import Receiver
from tests.integration.conftest import Measured
from tests.processes import Installation, Process, free_ports, wait_until

DOWN_SECONDS = float(os.environ.get("REACHBACK_TEST_WEBHOOK_SECONDS", "3"))
# The pauses double, so that the next try comes as long after the receiver as it was away, and a fifth more.
PATIENCE = 2.5 * DOWN_SECONDS + 60

pytestmark = pytest.mark.timeout(int(DOWN_SECONDS + PATIENCE + 120))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver(free_ports(1)[0])
    yield made
    made.go_down()


@pytest.fixture
def telling(install: Callable[..., Installation], receiver: Receiver, tmp_path: Path) -> Installation:
    secret = tmp_path / "webhook_secret"
    secret.write_text("open sesame")
    installation = install(REACHBACK_WEBHOOK_URL=receiver.url, REACHBACK_WEBHOOK_SECRET_FILE=str(secret))
    installation.start_all("portal", "listener")
    return installation


def second_portal(installation: Installation) -> Process:
    http = f"127.0.0.1:{free_ports(1)[0]}"
    other = Settings.from_env(installation.environ | {"REACHBACK_HTTP": http})
    process = installation.start("second-portal", *parts(other)[0].command, REACHBACK_HTTP=http)
    return installation._when_it_listens(process, other.http.port)


def waiting(installation: Installation) -> int:
    (row,) = installation.rows("SELECT count(*) AS many FROM deliveries WHERE delivered_at IS NULL")
    return int(row["many"])


def test_a_receiver_that_is_down_misses_nothing(telling: Installation, receiver: Receiver, measured: Measured) -> None:
    api, doomed = telling.api(), second_portal(telling)
    began = time.monotonic()
    made = [api("POST", "/api/sessions", {"customer": f"customer {number}"}).body["id"] for number in range(10)]
    wait_until(lambda: telling.rows("SELECT 1 FROM deliveries WHERE tries > 0"), 30, "somebody tried")
    doomed.kill()
    for session_id in made[:5]:
        assert api("DELETE", f"/api/sessions/{session_id}").status == 204
    while time.monotonic() - began < DOWN_SECONDS:
        wait_until(lambda: waiting(telling) == 15, 30, "all of it waits")
        time.sleep(0.5)
    assert waiting(telling) == 15
    assert receiver.messages == []
    back = time.monotonic()
    receiver.come_up()
    wait_until(lambda: waiting(telling) == 0, PATIENCE, "all of it was delivered")
    measured(
        f"webhooks, after {DOWN_SECONDS:.0f} s without a receiver: until all 15 were taken", time.monotonic() - back
    )
    told = [(one.facts["session"]["id"], one.facts["event"]) for one in receiver.messages]
    for session_id in made:
        wanted = ["session.created", "session.ended"] if session_id in made[:5] else ["session.created"]
        assert [event for whose, event in told if whose == session_id] == wanted
    assert set(Counter(one.facts["id"] for one in receiver.messages).values()) == {1}


def test_what_the_listener_saw_is_told_too_and_no_secret_is_in_it_or_in_a_log(
    telling: Installation, receiver: Receiver
) -> None:
    receiver.come_up()
    api = telling.api()
    made = api("POST", "/api/sessions", {"customer": "Miller"}).body
    with FakeVncServer(telling.call_address, code=made["code"]) as server:
        server.greet()
        wait_until(lambda: len(receiver.messages) == 2, 30, "created and connected")
        api("DELETE", f"/api/sessions/{made['id']}")
        wait_until(lambda: len(receiver.messages) == 3, 30, "ended")
    created, connected, ended = (message.facts for message in receiver.messages)
    assert (created["by"], ended["session"]["state"]) == ("anna", "closed")
    assert connected["call"]["matched_by"] == "id"
    said = b"".join(message.body for message in receiver.messages).decode() + "".join(
        process.log for process in telling.processes
    )
    for secret in (made["link"].rpartition("/")[2], made["code"], "open sesame"):
        assert secret not in said
