from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import Portal


@pytest.fixture
def websocket_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def whole(make_portal: Callable[..., Portal], websocket_port: int) -> Portal:
    made = make_portal(REACHBACK_WEBSOCKET=f"0.0.0.0:{websocket_port}")
    made.own.listeners.begin("main")
    return made


def test_all_parts_answer(whole: Portal) -> None:
    answer = whole.browser().get("/healthz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "parts": {"database": "ok", "listener": "ok", "websocket": "ok"}}
    assert "Set-Cookie" not in answer.headers


def test_a_listener_that_fell_silent_is_missed_after_five_seconds(whole: Portal) -> None:
    whole.clock.forward(seconds=4.9)
    assert whole.browser().get("/healthz").status_code == 200
    whole.clock.forward(seconds=0.1)
    answer = whole.browser().get("/healthz")
    assert answer.status_code == 503
    assert answer.json["parts"] == {"database": "ok", "listener": "failing", "websocket": "ok"}


def test_a_listener_that_never_spoke_is_missed(make_portal: Callable[..., Portal], websocket_port: int) -> None:
    made = make_portal(REACHBACK_WEBSOCKET=f"127.0.0.1:{websocket_port}")
    assert made.browser().get("/healthz").json["parts"]["listener"] == "failing"


def test_a_closed_websocket_port_is_said(make_portal: Callable[..., Portal]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    made = make_portal(REACHBACK_WEBSOCKET=f"127.0.0.1:{port}")
    made.own.listeners.begin("main")
    assert made.browser().get("/healthz").json["parts"]["websocket"] == "failing"


def test_a_database_that_is_gone_fails_what_depends_on_it_without_a_word_about_where(
    whole: Portal, tmp_path: Path
) -> None:
    whole.own.engine.dispose()
    for file in tmp_path.glob("reachback.db*"):
        file.unlink()
    (tmp_path / "reachback.db").mkdir()
    answer = whole.browser().get("/healthz")
    assert answer.status_code == 503
    assert answer.json["parts"] == {"database": "failing", "listener": "failing", "websocket": "ok"}
    assert str(tmp_path) not in answer.text


def test_a_node_that_is_whole_is_ready(whole: Portal) -> None:
    answer = whole.browser().get("/healthz/ready")
    assert answer.status_code == 200
    assert answer.json == {"status": "ready", "parts": {"database": "ok", "listener": "ok", "websocket": "ok"}}


def test_a_node_whose_listener_drains_takes_no_calls_until_its_successor_is_there(whole: Portal) -> None:
    (old,) = whole.own.listeners.present()
    whole.own.listeners.drain(old.id)
    answer = whole.browser().get("/healthz/ready")
    assert answer.status_code == 503
    assert answer.json["status"] == "not ready"
    whole.own.listeners.begin("main")
    assert whole.browser().get("/healthz/ready").status_code == 200


def test_another_nodes_listener_makes_nobody_ready_here(
    make_portal: Callable[..., Portal], websocket_port: int
) -> None:
    made = make_portal(REACHBACK_WEBSOCKET=f"127.0.0.1:{websocket_port}", REACHBACK_NODE="north")
    made.own.listeners.begin("south")
    assert made.browser().get("/healthz/ready").json["parts"]["listener"] == "failing"
    made.own.listeners.begin("north")
    assert made.browser().get("/healthz/ready").status_code == 200


def test_a_portal_that_answers_is_live_whatever_else_failed(make_portal: Callable[..., Portal], tmp_path: Path) -> None:
    made = make_portal()
    made.own.engine.dispose()
    for file in tmp_path.glob("reachback.db*"):
        file.unlink()
    answer = made.browser().get("/healthz/live")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert "Set-Cookie" not in answer.headers
    assert not list(tmp_path.glob("reachback.db*")), "no database was touched"


@pytest.mark.parametrize("path", ["/healthz/live", "/healthz/ready"])
def test_a_load_balancer_asks_over_plain_http_from_another_machine(whole: Portal, path: str) -> None:
    answer = whole.browser().get(path, environ_base={"REMOTE_ADDR": "192.0.2.10"})
    assert answer.status_code == 200
