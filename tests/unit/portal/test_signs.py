from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from portal import signs
from portal.signs import answers, give_signs
from service.notify import Notifier

REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as one:
        yield one


def refuse_once(listening: socket.socket) -> None:
    with listening.accept()[0] as asked:
        asked.recv(4096)
        asked.sendall(REFUSAL)


def test_any_answer_is_one(listening: socket.socket) -> None:
    answering = threading.Thread(target=refuse_once, args=(listening,))
    answering.start()
    assert answers("0.0.0.0", listening.getsockname()[1], tls=False)
    answering.join()


def test_silence_and_a_closed_door_are_none(listening: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signs, "ANSWER_SECONDS", 0.2)
    port = listening.getsockname()[1]
    assert not answers("127.0.0.1", port, tls=False)
    assert not answers("127.0.0.1", port, tls=True)
    listening.close()
    assert not answers("127.0.0.1", port, tls=False)


def test_without_a_watchdog_nobody_is_asked(listening: socket.socket) -> None:
    before = threading.active_count()
    give_signs(Notifier(), *listening.getsockname(), tls=False)
    assert threading.active_count() == before
