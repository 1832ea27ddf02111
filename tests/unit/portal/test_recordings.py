"""Recordings through the API: who may switch, see, play, download and delete them, and what is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from recordings.container import Encoder, Head, Point, Refresh
from sessions.recording_views import SWITCHED_OFF
from sessions.recordings import Ending
from sessions.views import NewSession, RecordingView

from .conftest import START, Portal

Script = Callable[..., TestResponse]


def some_file(*, end: bool = True) -> bytes:
    encoder = Encoder(Head("abc", 1, START, 1024, 768, "FRONT-DESK"))
    made = encoder.begin() + encoder.refresh(0, Refresh(Point(0, False, 1024, 768), "FRONT-DESK", b"primers"))  # noqa: FBT003
    made += encoder.data(700, b"pixels" * 1000) + encoder.whole(700)
    return made + encoder.end(2500, SWITCHED_OFF) if end else made


@pytest.fixture
def portal(make_portal: Callable[..., Portal]) -> Portal:
    made = make_portal(REACHBACK_RECORDING="on-demand")
    made.own.technicians.add("root", "admin", password=None, openid_email="root@example.org")
    return made


@pytest.fixture
def script_of(portal: Portal) -> Callable[[str], Script]:
    return portal.script


def begun(portal: Portal, new: NewSession | None = None) -> tuple[NewSession, RecordingView, Path]:
    """A recording that runs, with a file."""
    new = new or portal.held(customer="Huber")
    portal.own.recordings.want(new.session.id, portal.person("anna"), on=True)
    call = portal.own.sessions.get(new.session.id).call
    assert call
    made = portal.own.recordings.begin(call.id)
    assert made
    path = portal.own.settings.recordings.folder / made.file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(some_file(end=False))
    return new, made, path


def done(portal: Portal, new: NewSession | None = None) -> tuple[NewSession, RecordingView, Path]:
    """A recording that is done."""
    new, made, path = begun(portal, new)
    file = some_file()
    path.write_bytes(file)
    ending = Ending(len(file), 2500, hashlib.sha256(file).hexdigest(), SWITCHED_OFF)
    portal.own.recordings.finish(made.id, ending)
    return new, portal.own.recordings.get(made.id), path


def kinds(portal: Portal, new: NewSession, kind: str) -> list[str]:
    return [row.actor for row in portal.own.sessions.events(new.session.id) if row.kind == kind]


# Switching.


def test_a_technician_switches_it_on_and_off(portal: Portal, script_of: Callable[[str], Script]) -> None:
    new, anna = portal.held(), script_of("anna")
    path = f"/sessions/{new.session.id}"
    before = anna("GET", path).json
    assert (before["recording"], before["recording_policy"], before["recording_trouble"]) == ("off", "on-demand", None)
    assert anna("POST", f"{path}/recording", json={"on": True}).json["recording"] == "wanted"
    begun(portal, new)
    assert anna("GET", path).json["recording"] == "running"
    assert anna("POST", f"{path}/recording", json={"on": False}).json["recording"] == "running"


@pytest.mark.parametrize(("policy", "code"), [("off", "recording_off"), ("always", "recording_always")])
def test_the_policy_refuses(make_portal: Callable[..., Portal], policy: str, code: str) -> None:
    portal = make_portal(REACHBACK_RECORDING=policy)
    new, anna = portal.held(), portal.script("anna")
    answer = anna("POST", f"/sessions/{new.session.id}/recording", json={"on": True})
    assert (answer.status_code, answer.json["error"]["code"]) == (409, code)
    told = anna("GET", f"/sessions/{new.session.id}").json
    assert told["recording"] == ("wanted" if policy == "always" else "off")
    assert told["recording_policy"] == policy


@pytest.mark.parametrize("body", [{}, {"on": "yes"}, {"on": None}])
def test_it_is_switched_by_true_or_false_alone(portal: Portal, script_of: Callable[[str], Script], body: Any) -> None:
    path = f"/sessions/{portal.session().session.id}/recording"
    assert script_of("anna")("POST", path, json=body).status_code == 422


def test_why_it_stopped_is_told_while_it_is_wanted(portal: Portal, script_of: Callable[[str], Script]) -> None:
    new, made, _path = begun(portal)
    portal.own.recordings.finish(made.id, Ending(1, 1, "", "The disk has less than 2000 MB left."))
    told = script_of("anna")("GET", f"/sessions/{new.session.id}").json
    assert (told["recording"], told["recording_trouble"]) == ("wanted", "The disk has less than 2000 MB left.")
    script_of("anna")("POST", f"/sessions/{new.session.id}/recording", json={"on": False})
    told = script_of("anna")("GET", f"/sessions/{new.session.id}").json
    assert (told["recording"], told["recording_trouble"]) == ("off", None)


def test_the_board_says_what_is_recorded_and_what_is_not_although_it_should(portal: Portal) -> None:
    _new, made, _path = begun(portal)
    board = portal.browser("anna").get("/console").text
    assert "Recording</span>" in board
    portal.own.recordings.finish(made.id, Ending(1, 1, "", "The disk has less than 2000 MB left."))
    board = portal.browser("anna").get("/console").text
    assert 'Not recording<span class="visually-hidden">: The disk has less than 2000 MB left.' in board


# Looking.


def test_lists_and_one(portal: Portal, script_of: Callable[[str], Script]) -> None:
    new, made, _path = done(portal)
    olga = script_of("olga")
    (listed,) = olga("GET", f"/sessions/{new.session.id}/recordings").json
    assert listed == olga("GET", f"/recordings/{made.id}").json
    among = listed | {"reference": ""}
    assert olga("GET", "/recordings").json == {"recordings": [among], "page": 1, "pages": 1, "total": 1}
    assert (listed["computer"], listed["customer"], listed["begun_by"]) == ("FRONT-DESK", "Huber", "anna")
    assert "file" not in listed
    assert olga("GET", "/recordings?state=deleted").json["recordings"] == []
    assert olga("GET", "/recordings?search=huber&state=kept").json["total"] == 1
    assert olga("GET", "/recordings?state=odd").status_code == 422
    for path in ("/recordings/99", f"/recordings/{10**20}", "/recordings/99/index", "/recordings/99/file"):
        assert olga("GET", path).status_code == 404
    assert olga("GET", "/sessions/nothere/recordings").status_code == 404


def test_the_index(portal: Portal, script_of: Callable[[str], Script]) -> None:
    _new, made, _path = done(portal)
    told = script_of("anna")("GET", f"/recordings/{made.id}/index").json
    assert told["finished"] is True
    assert (told["milliseconds"], told["bytes"], told["activity"]) == (2500, 6000, [6000])
    assert told["points"][0]["whole_at"] == 700
    assert told["head"]["width"] == 1024


def test_the_index_of_a_running_one_grows(portal: Portal, script_of: Callable[[str], Script]) -> None:
    _new, made, path = begun(portal)
    anna = script_of("anna")
    first = anna("GET", f"/recordings/{made.id}/index").json
    assert (first["finished"], first["milliseconds"]) == (False, 700)
    path.write_bytes(some_file())
    assert anna("GET", f"/recordings/{made.id}/index").json["finished"] is True


def test_a_file_that_is_gone_or_damaged_is_told(portal: Portal, script_of: Callable[[str], Script]) -> None:
    _new, made, path = done(portal)
    anna = script_of("anna")
    path.write_bytes(b"GIF89a, not ours")
    answer = anna("GET", f"/recordings/{made.id}/index")
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "recording_damaged")
    path.unlink()
    for what in ("index", "file"):
        answer = anna("GET", f"/recordings/{made.id}/{what}")
        assert (answer.status_code, answer.json["error"]["code"]) == (410, "recording_gone")


# The file.


def test_the_whole_file(portal: Portal, script_of: Callable[[str], Script]) -> None:
    new, made, path = done(portal)
    answer = script_of("olga")("GET", f"/recordings/{made.id}/file")
    assert answer.status_code == 200
    assert hashlib.sha256(answer.data).hexdigest() == made.sha256
    answer.close()
    assert answer.headers["Content-Disposition"] == f"attachment; filename={made.file}"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    assert kinds(portal, new, "recording_downloaded") == ["olga"]
    assert kinds(portal, new, "recording_played") == []
    assert path.exists()


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("bytes=0-9", 0, 10), ("bytes=100-", 100, None), ("bytes=-20", -20, None)]
)
def test_a_part_of_it(
    portal: Portal, script_of: Callable[[str], Script], asked: str, first: int, last: int | None
) -> None:
    _new, made, path = done(portal)
    headers = {"Authorization": f"Bearer {portal.token('anna')}", "Range": asked}
    answer = portal.browser().get(f"/api/recordings/{made.id}/file?play=1", headers=headers)
    answer.close()
    file = path.read_bytes()
    assert answer.status_code == 206
    assert answer.data == file[first:last]
    assert answer.headers["Content-Range"].endswith(f"/{len(file)}")
    assert "attachment" not in answer.headers.get("Content-Disposition", "")


@pytest.mark.parametrize("asked", ["bytes=999999-", "bytes=9-3"])
def test_a_part_that_is_not_there(portal: Portal, asked: str) -> None:
    new, made, _path = done(portal)
    headers = {"Authorization": f"Bearer {portal.token('anna')}", "Range": asked}
    answer = portal.browser().get(f"/api/recordings/{made.id}/file?play=1", headers=headers)
    assert answer.status_code == 416
    assert kinds(portal, new, "recording_played") == []


def test_playing_is_many_requests_and_one_audit_row(portal: Portal) -> None:
    new, made, _path = done(portal)
    headers = {"Authorization": f"Bearer {portal.token('anna')}"}
    for start in range(0, 3000, 1000):
        part = {"Range": f"bytes={start}-{start + 999}"}
        portal.browser().get(f"/api/recordings/{made.id}/file?play=1", headers=headers | part).close()
    assert kinds(portal, new, "recording_played") == ["anna"]


def test_a_running_ones_file_is_sent_as_long_as_announced(portal: Portal, script_of: Callable[[str], Script]) -> None:
    _new, made, path = begun(portal)
    answer = script_of("anna")("GET", f"/recordings/{made.id}/file", buffered=False)
    with path.open("ab") as file:
        file.write(b"more" * 100_000)
    assert len(b"".join(answer.response)) == answer.content_length == len(some_file(end=False))
    answer.close()


# Deleting.


def test_an_admin_deletes_one(portal: Portal, script_of: Callable[[str], Script]) -> None:
    new, made, path = done(portal)
    root = script_of("root")
    assert root("DELETE", f"/recordings/{made.id}").status_code == 204
    assert not path.exists()
    told = root("GET", f"/recordings/{made.id}").json
    assert (told["state"], told["reason"]) == ("deleted", "root deleted it.")
    for verb, what in (("DELETE", ""), ("GET", "/index"), ("GET", "/file")):
        answer = root(verb, f"/recordings/{made.id}{what}")
        assert (answer.status_code, answer.json["error"]["code"]) == (410, "recording_gone")
    assert kinds(portal, new, "recording_deleted") == ["root"]


def test_a_running_one_is_not_deleted(portal: Portal, script_of: Callable[[str], Script]) -> None:
    _new, made, path = begun(portal)
    answer = script_of("root")("DELETE", f"/recordings/{made.id}")
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "recording_runs")
    assert path.exists()


@pytest.mark.parametrize("who", ["anna", "olga"])
def test_nobody_else_deletes(portal: Portal, script_of: Callable[[str], Script], who: str) -> None:
    _new, made, path = done(portal)
    assert script_of(who)("DELETE", f"/recordings/{made.id}").status_code == 403
    assert path.exists()


def test_an_auditor_sees_and_switches_nothing(portal: Portal, script_of: Callable[[str], Script]) -> None:
    new = portal.held()
    answer = script_of("olga")("POST", f"/sessions/{new.session.id}/recording", json={"on": True})
    assert answer.status_code == 403


def test_a_file_on_another_node_is_said_to_be_there(portal: Portal, script_of: Callable[[str], Script]) -> None:
    _, made, path = begun(portal)
    path.unlink()
    number = portal.own.listeners.begin("node-2")
    with portal.own.engine.begin() as connection:
        connection.execute(text("UPDATE calls SET listener_id = :number"), {"number": number})
    for part in ("index", "file"):
        answer = script_of("anna")("GET", f"/recordings/{made.id}/{part}")
        assert answer.status_code == 410
        assert "on the node node-2" in answer.json["error"]["message"]
