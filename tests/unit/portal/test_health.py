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
