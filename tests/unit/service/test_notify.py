from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.notify import MAX_STATUS, Notifier


@contextmanager
def manager(address: str) -> Iterator[Callable[[], list[str]]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        listening.settimeout(10)
        yield lambda: listening.recv(4096).decode().split("\n")


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_the_manager_hears_every_word(kind: str, tmp_path: Path) -> None:
    address = str(tmp_path / "notify") if kind == "path" else f"@reachback-{secrets.token_hex(8)}"
    notifier = Notifier.from_env({"NOTIFY_SOCKET": address})
    with manager(address) as hear:
        notifier.ready("3 calls are here.")
        assert hear() == ["READY=1", "STATUS=3 calls are here."]
        notifier.reloading()
        assert [line.partition("=")[0] for line in hear()] == ["RELOADING", "MONOTONIC_USEC"]
        notifier.hand_over(42)
        assert hear() == ["MAINPID=42"]
        notifier.ping()
        assert hear() == ["WATCHDOG=1"]
        notifier.stopping()
        assert hear() == ["STOPPING=1"]


def test_a_status_is_one_line_and_no_other_assignment(tmp_path: Path) -> None:
    with manager(str(tmp_path / "notify")) as hear:
        Notifier(str(tmp_path / "notify")).status("It broke.\nMAINPID=1" + "x" * 5000)
        (line,) = hear()
        assert line.startswith("STATUS=It broke. MAINPID=1")
        assert len(line) == len("STATUS=") + MAX_STATUS


def test_without_a_manager_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    Notifier.from_env({}).ready("ready")
    assert caplog.records == []


def test_a_manager_that_is_gone_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Notifier(str(tmp_path / "nobody")).ping()
    assert [record.getMessage() for record in caplog.records] == [
        "the service manager cannot be told WATCHDOG: No such file or directory"
    ]


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_a_watchdog_counts_where_it_waits_for_this_process(environ: dict[str, str], seconds: float | None) -> None:
    assert Notifier.from_env(environ, pid=7).watchdog == seconds


def test_signs_come_three_times_as_often_as_the_watchdog_asks_and_never_more_seldom_than_wanted() -> None:
    assert Notifier().pause(10) == 10
    assert Notifier("", 60).pause(10) == 10
    assert Notifier("", 15).pause(10) == 5
