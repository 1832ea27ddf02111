"""What Prometheus reads of an installation that runs: counted in three processes, told by one."""

from __future__ import annotations

import socket
import subprocess
import urllib.error
from collections.abc import Callable
from urllib.request import ProxyHandler, build_opener

import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import InvalidStatus

from meters.catalogue import METERS
from sessions.figures import FIGURES
from tests.fakes.fake_viewer import FakeViewer
from tests.integration.conftest import exchange, held
from tests.processes import Installation, wait_until

SECONDS = 30.0


def scrape(installation: Installation) -> str:
    with build_opener(ProxyHandler({})).open(f"http://{installation.settings.http}/metrics", timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def numbers(text: str) -> dict[str, float]:
    return {
        sample.name + "".join(f"{{{name}={value}}}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def checked(text: str) -> str:
    """What promtool has to say about it."""
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


@pytest.fixture
def whole(install: Callable[..., Installation]) -> Installation:
    installation = install()
    installation.start_all("portal", "listener", "websockify")
    return installation


def test_one_support_case_is_counted_wherever_it_passes(whole: Installation) -> None:
    with socket.create_connection(whole.call_address) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        stranger.recv(100)
    with held(whole) as (new, server), FakeViewer(whole.websocket_url(new)) as viewer:
        viewer.greet()
        exchange(server, viewer)
        with (
            pytest.raises(InvalidStatus),
            FakeViewer(f"{whole.settings.public_websocket}?token=x.y"),
        ):
            pass

        def seen() -> dict[str, float] | None:
            found = numbers(scrape(whole))
            is_whole = found.get("reachback_attach_seconds_count") and found.get("reachback_websockets_open") == 1
            return found if is_whole and found["reachback_websockets_refused_total{reason=unknown}"] else None

        found = wait_until(seen, SECONDS, "everything was counted")
        text = scrape(whole)
    assert found["reachback_calls{matched_by=id}{node=main}{state=held}"] == 1
    assert found["reachback_sessions{state=in_use}"] == found["reachback_seats{mode=control}"] == 1
    assert found["reachback_calls_arrived_total{matched_by=id}"] == 1
    assert found["reachback_calls_turned_away_total{reason=not_vnc}"] == 1
    assert found["reachback_websockets_total"] == found["reachback_ticket_seconds_count"] == 1
    assert found["reachback_greeting_seconds_count"] == found["reachback_seat_wait_seconds_count"] == 1
    assert found["reachback_call_bytes_total{direction=from_customer}"] > 20
    assert found["reachback_customer_connections"] == 1
    assert found["reachback_round_seconds_count"] > 0
    assert checked(text) == ""
    told = {family.name for family in text_string_to_metric_families(text)}
    assert told == {"reachback_node", "reachback_register_up", *METERS, *(figure.name for figure in FIGURES)}


def test_counters_go_on_after_every_process_was_killed_and_started_anew(whole: Installation) -> None:
    with held(whole):
        wait_until(lambda: numbers(scrape(whole)).get("reachback_calls_arrived_total{matched_by=id}") == 1, SECONDS)
    for process in whole.processes:
        process.close()
    whole.start_all("portal", "listener", "websockify")
    with held(whole):
        wait_until(lambda: numbers(scrape(whole)).get("reachback_calls_arrived_total{matched_by=id}") == 2, SECONDS)
    assert len(list(whole.settings.metrics_dir.glob("*.db"))) <= 8, "one set of files a process, and no more"


def test_from_elsewhere_there_is_nothing(install: Callable[..., Installation]) -> None:
    installation = install(REACHBACK_METRICS="192.0.2.1")
    installation.start_portal()
    with pytest.raises(urllib.error.HTTPError) as refusal:
        scrape(installation)
    with refusal.value:
        assert refusal.value.code == 404
