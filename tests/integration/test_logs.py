"""One support case in the logs of three processes: joined by the session's number, without a secret."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.integration.conftest import exchange
from tests.processes import Api, Installation, wait_until

PROCESSES = ("portal", "listener", "websockify")


def lines(installation: Installation) -> list[dict[str, Any]]:
    return [json.loads(line) for process in installation.processes for line in process.log.splitlines()]


def one_case(installation: Installation) -> tuple[str, list[str]]:
    """A session from its creation to its end; answers its number, and the secrets that were on the way."""
    api = installation.api()
    made = api("POST", "/api/sessions", {"customer": "Miller"}).body
    with FakeVncServer(installation.call_address, code=made["code"]) as server:
        server.greet()
        wait_until(lambda: api("GET", f"/api/sessions/{made['id']}").body["state"] == "connected", 30)
        ticket = api("POST", f"/api/sessions/{made['id']}/tickets").body
        with FakeViewer(ticket["websocket_url"]) as viewer:
            viewer.greet()
            exchange(server, viewer)
            api("DELETE", f"/api/sessions/{made['id']}")
            wait_until(lambda: not installation.open_calls(), 30)
    return made["id"], [
        made["code"],
        made["link"].rpartition("/")[2],
        ticket["websocket_url"].rpartition(".")[2],
        api.token,
    ]


def test_the_lines_of_one_session_are_found_in_all_processes(install: Callable[..., Installation]) -> None:
    installation = install(REACHBACK_LOG_FORMAT="json", REACHBACK_NODE="north")
    installation.start_all(*PROCESSES)
    session, secrets = one_case(installation)
    wait_until(lambda: any("left" in line["message"] for line in lines(installation)), 30)
    found = lines(installation)
    assert {line["node"] for line in found} == {"north"}
    own = [line for line in found if line.get("session") == session]
    assert {line["process"] for line in own} == set(PROCESSES)
    assert len({line["call"] for line in own if "call" in line}) == 1
    said = {process: [line["message"] for line in own if line["process"] == process] for process in PROCESSES}
    assert any("api.create_session by anna: 201" in message for message in said["portal"])
    assert any("ticket was spent" in message for message in said["websockify"])
    assert any("takes a seat" in message for message in said["listener"])
    assert any("is over: The session ended." in message for message in said["listener"])
    assert any(line["logger"].startswith("gunicorn") for line in found if line["process"] == "portal")
    everything = "".join(process.log for process in installation.processes)
    for secret in secrets:
        assert secret not in everything


def test_lines_for_people_have_the_session_at_their_end(install: Callable[..., Installation]) -> None:
    installation = install()
    installation.start_all(*PROCESSES)
    session, secrets = one_case(installation)
    for process in installation.processes:
        assert f"[session {session}" in process.log, process.name
        assert not [secret for secret in secrets if secret in process.log]


def test_a_strangers_path_writes_no_line_and_names_no_session(install: Callable[..., Installation]) -> None:
    installation = install()
    installation.start_all("portal")
    forged = "2026-03-01 10:00:00,000 INFO portal: forged"
    stranger = Api(installation.api().base, "nobody's")
    assert stranger("POST", f"/api/sessions/{quote(chr(10) + forged)}/extend", {"minutes": 5}).status == 401
    wait_until(lambda: "by a stranger: 401" in installation.processes[0].log, 30)
    assert forged not in installation.processes[0].log


def test_a_journal_gets_each_lines_worth(install: Callable[..., Installation]) -> None:
    installation = install()
    log = installation.folder / "journal.log"
    with log.open("wb") as stream:
        status = os.fstat(stream.fileno())
        told = os.environ | installation.environ | {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        process = subprocess.Popen([sys.executable, "-m", "token_plugin"], stdout=stream, stderr=stream, env=told)
        try:
            wait_until(lambda: "listening for WebSockets" in log.read_text(), 30)
        finally:
            process.terminate()
            process.wait(30)
    assert "\n<6>INFO token_plugin.serve: listening for WebSockets" in "\n" + log.read_text()
    assert all(line.startswith("<6>") for line in log.read_text().splitlines())
