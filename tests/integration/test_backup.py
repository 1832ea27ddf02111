"""A backup of an installation at work, made an installation of elsewhere, which then works."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reachback.backups.reading import NOT_HERE
from sessions.listeners import ListenerRegister
from tests.integration.conftest import Measured, held
from tests.processes import Api, Installation, wait_until

REACHBACK = str(Path(sys.executable).with_name("reachback"))
WRITERS = 3


def reachback(one: Installation, *words: str, status: int = 0) -> str:
    """What `reachback` says in this installation's environment."""
    process = one.start("reachback", REACHBACK, *words)
    assert process.wait(60) == status, process.log
    return process.log


@contextmanager
def busy(api: Api) -> Iterator[list[int]]:
    """Scripts that make and end sessions all the while; what they did is counted."""
    over, done = threading.Event(), [0] * WRITERS

    def work(number: int) -> None:
        while not over.is_set():
            made = api("POST", "/api/sessions", {"customer": f"Customer {number}", "note": "x" * 200})
            assert made.status == 201
            assert api("DELETE", f"/api/sessions/{made.body['id']}").status == 204
            done[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: min(done) > 0, 30)
        yield done
    finally:
        over.set()
        for thread in threads:
            thread.join()


def rows(folder: Path) -> dict[str, list[Any]]:
    """Every row of every table of the register in `folder`, by its first column: a key or a number."""
    connection = sqlite3.connect(folder / "reachback.db")
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in names}
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    return found


def elsewhere(install: Callable[..., Installation]) -> Installation:
    """Another machine, on which nothing was started yet."""
    other = install()
    other.engine.dispose()
    shutil.rmtree(other.settings.state_dir)
    return other


@pytest.mark.timeout(180)
def test_a_backup_under_load_is_one_moment_and_makes_an_installation_elsewhere(
    install: Callable[..., Installation], tmp_path: Path, measured: Measured
) -> None:
    here, there = install(), elsewhere(install)
    here.start_all("portal", "listener", "websockify")
    under_load, at_rest = tmp_path / "under-load.tar.gz", tmp_path / "at-rest.tar.gz"
    with held(here) as (new, _server):
        with busy(here.api()) as done:
            before, begun = sum(done), time.monotonic()
            reachback(here, "backup", str(under_load))
            measured("backup under load", time.monotonic() - begun)
            measured("sessions made and ended meanwhile", sum(done) - before, "sessions")
            assert sum(done) > before
        assert here.is_held(new)
        reachback(there, "restore", str(under_load))
        one_moment = rows(there.settings.state_dir)
        live = rows(here.settings.state_dir)
        # The audit is only added to: what the backup has of it is its beginning, and every session has its first row.
        audited = [event for event in one_moment["events"] if NOT_HERE not in str(event)]
        assert audited == live["events"][: len(audited)]
        # What was held there is not held here.
        assert len(one_moment["events"]) - len(audited) == len(("call_lost", "call_over"))
        assert "held" not in {value for call in one_moment["calls"] for value in call}
        created = [event for event in one_moment["events"] if "created" in event]
        assert len(created) == len(one_moment["sessions"])
    wait_until(lambda: not here.open_calls(), 30)
    for process in here.processes:
        process.close()
    reachback(here, "backup", str(at_rest))
    reachback(there, "restore", "--force", str(at_rest))
    there.engine.dispose()
    same, original = rows(there.settings.state_dir), rows(here.settings.state_dir)
    # A listener that was killed is known to be gone where it never was.
    assert len(same.pop("listeners")) == len(original.pop("listeners"))
    assert ListenerRegister(there.engine).present() == []
    assert same == original
    there.start_all("portal", "listener", "websockify")
    with held(there) as (again, _server):
        assert there.is_held(again)


def test_a_running_installation_is_not_restored_over(install: Callable[..., Installation], tmp_path: Path) -> None:
    here = install()
    here.settings.secret_key()
    reachback(here, "backup", str(tmp_path / "b"))
    here.start_listener()
    before = rows(here.settings.state_dir)["technicians"]
    said = reachback(here, "restore", "--force", str(tmp_path / "b"), status=1)
    assert "Stop it first: `systemctl stop reachback.target`" in said
    assert rows(here.settings.state_dir)["technicians"] == before
