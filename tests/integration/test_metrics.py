"""What Prometheus reads of an installation that runs: counted in three processes, told by one."""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import ProxyHandler, build_opener

import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import InvalidStatus

from meters.catalogue import METERS
from sessions.figures import FIGURES
from tests.fakes.fake_viewer import FakeViewer
from tests.integration.conftest import exchange, held
from tests.processes import Installation, free_ports, wait_until

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


def test_prometheus_itself_scrapes_a_node_and_evaluates_every_rule(whole: Installation, tmp_path: Path) -> None:
    """With the files of deploy/, but for where the node is and how often it is asked."""
    deploy = Path(__file__).parents[2] / "deploy" / "prometheus"
    (tmp_path / "alerts.yml").write_text((deploy / "alerts.yml").read_text())
    told = (deploy / "prometheus.yml").read_text()
    told = told.replace("127.0.0.1:8080", str(whole.settings.http)).replace(": 15s", ": 1s")
    (tmp_path / "prometheus.yml").write_text(told)
    (port,) = free_ports(1)
    options = (f"--storage.tsdb.path={tmp_path / 'data'}", f"--web.listen-address=127.0.0.1:{port}")
    whole.start("prometheus", "prometheus", f"--config.file={tmp_path / 'prometheus.yml'}", *options)

    def ask(path: str) -> Any:
        try:
            with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=10) as answer:
                return json.loads(answer.read())["data"]
        except urllib.error.URLError:
            return None

    def value(expression: str) -> str | None:
        found = ask(f"query?query={quote(expression)}")
        return found["result"][0]["value"][1] if found and found["result"] else None

    wait_until(lambda: value('up{job="reachback"}') == "1", 60, "Prometheus asked the portal")
    wait_until(lambda: value('reachback_listeners{node="main",draining="no"}') == "1", 60)

    def evaluated() -> list[str] | None:
        rules = [rule for group in ask("rules")["groups"] for rule in group["rules"]]
        return [rule["health"] for rule in rules] if all(rule["health"] != "unknown" for rule in rules) else None

    assert set(wait_until(evaluated, 60, "every rule was evaluated")) == {"ok"}
