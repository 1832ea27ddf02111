from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from .conftest import Portal, csrf_of

ELSEWHERE = "192.0.2.10"


def scraped(made: Portal) -> dict[str, float]:
    text = made.browser().get("/metrics").text
    return {
        sample.name + "".join(f"{{{name}={value}}}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_rows_and_this_node_are_told(portal: Portal) -> None:
    portal.held()
    found = scraped(portal)
    assert found["reachback_node{node=main}"] == 1
    assert found["reachback_register_up"] == 1
    assert found["reachback_sessions{state=connected}"] == 1


def test_answers_and_wrong_sign_ins_are_counted(portal: Portal) -> None:
    before = scraped(portal)
    client = portal.browser()
    form = {"name": "anna", "password": "wrong", "csrf_token": csrf_of(client.get("/sign-in"))}
    assert client.post("/sign-in", data=form).status_code == 401
    after = scraped(portal)
    for name in ("reachback_sign_in_failures_total{reason=password}", "reachback_http_responses_total{status=4xx}"):
        assert after[name] == before.get(name, 0) + 1, name
    assert (
        scraped(portal)["reachback_http_responses_total{status=2xx}"]
        == after["reachback_http_responses_total{status=2xx}"]
    )


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_ask(portal: Portal, peer: str) -> None:
    assert portal.browser().get("/metrics", environ_base={"REMOTE_ADDR": peer}).status_code == 200


@pytest.mark.parametrize("peer", [ELSEWHERE, "", "unix:"])
def test_to_everybody_else_there_is_nothing(portal: Portal, peer: str) -> None:
    assert portal.browser("anna").get("/metrics", environ_base={"REMOTE_ADDR": peer}).status_code == 404


def test_a_network_may_ask_that_the_setting_names_and_then_no_other(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_METRICS="192.0.2.0/24")
    assert made.browser().get("/metrics", environ_base={"REMOTE_ADDR": ELSEWHERE}).status_code == 200
    assert made.browser().get("/metrics").status_code == 404


def test_none_is_from_nowhere(make_portal: Callable[..., Portal]) -> None:
    assert make_portal(REACHBACK_METRICS="none").browser().get("/metrics").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": ELSEWHERE},
        {"X-Forwarded-For": f"127.0.0.1, {ELSEWHERE}"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-Proto": "https"},
        {"Forwarded": "for=127.0.0.1"},
    ],
)
def test_a_proxy_on_this_machine_that_no_setting_names_hides_nobody(portal: Portal, headers: dict[str, str]) -> None:
    assert portal.browser().get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Forwarded-For": ELSEWHERE}, 404),
        ({"X-Forwarded-For": f"127.0.0.1, {ELSEWHERE}"}, 404),
        ({"X-Forwarded-Proto": "https"}, 404),
        ({"X-Forwarded-For": "127.0.0.1"}, 200),
        ({}, 200),
    ],
)
def test_through_a_trusted_proxy_the_address_counts_that_it_saw(
    make_portal: Callable[..., Portal], headers: dict[str, str], status: int
) -> None:
    made = make_portal(REACHBACK_TRUSTED_PROXIES="127.0.0.1")
    assert made.browser().get("/metrics", headers=headers).status_code == status


def test_what_processes_counted_is_told_while_the_register_does_not_answer(portal: Portal, tmp_path: Path) -> None:
    portal.browser().get("/sign-in")
    portal.own.engine.dispose()
    for file in tmp_path.glob("reachback.db*"):
        file.unlink()
    (tmp_path / "reachback.db").mkdir()
    found = scraped(portal)
    assert found["reachback_register_up"] == 0
    assert "reachback_sessions{state=created}" not in found
    assert found["reachback_http_responses_total{status=2xx}"] >= 1
    assert scraped(portal)["reachback_database_errors_total{process=portal}"] >= 1


def test_no_name_address_or_secret_is_told(portal: Portal) -> None:
    new = portal.held(customer="Miller & Sons")
    text = portal.browser().get("/metrics").text
    for secret in (new.link, new.code, new.session.id, "Miller", "anna", "198.51.100.7", "FRONT-DESK"):
        assert secret not in text
