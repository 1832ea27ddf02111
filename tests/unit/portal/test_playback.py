from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from sessions.models import Recording

from .conftest import PASSWORD, START, Portal, csrf_of

HOSTILE = "<img src=x onerror=alert(1)>\u202e"
CONFIG = re.compile(r'<script id="playback-config" type="application/json">(.*?)</script>', re.DOTALL)


def keep(portal: Portal, customer: str = "Mrs Gray", desktop: str = "FRONT-DESK", **given: object) -> int:
    """A recording of ten minutes; answers its number."""
    new = portal.session(customer=customer, reference="T-2041")
    row = {
        "session_id": new.session.id,
        "call_id": portal.arrive(code=new.code, desktop=desktop),
        "begun_by_id": portal.person("anna").id,
        "state": "done",
        "reason": "The call was over.",
        "file": f"{new.session.id}.rbrec",
        "begun_at": START,
        "ended_at": START + timedelta(minutes=10),
        "bytes": 12_300_000,
        "milliseconds": 600_000,
        "sha256": "ab" * 32,
    }
    with portal.own.engine.begin() as connection:
        return int(connection.execute(insert(Recording).returning(Recording.id), row | given).scalar_one())


def customers(page: str) -> list[str]:
    return re.findall(r'<bdi class="reel__customer">([^<]*)</bdi>', page)


def test_the_list_says_whose_when_and_how_much(portal: Portal, anna: FlaskClient) -> None:
    number = keep(portal)
    text = anna.get("/console/recordings").text
    assert customers(text) == ["Mrs Gray"]
    for shown in ("1 recording", "T-2041", "FRONT-DESK", "10:00", "12.3 MB", "anna", "Complete"):
        assert shown in text
    assert f'href="/console/recordings/{number}"' in text
    assert f'href="/api/recordings/{number}/file"' in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Mrs Gray"]),
        ("state=", ["Mr Brown", "Mrs Gray"]),
        ("state=deleted", ["Mr Brown"]),
        ("state=nonsense", ["Mrs Gray"]),
        ("search=gray+front", ["Mrs Gray"]),
        ("search=brown", []),
        ("session=nothing", []),
        ("page=7", ["Mrs Gray"]),
        ("page=-1", ["Mrs Gray"]),
        ("page=%D9%A2", ["Mrs Gray"]),
        ("search=%00%1f", ["Mrs Gray"]),
    ],
)
def test_what_was_asked_for_is_found(portal: Portal, anna: FlaskClient, query: str, found: list[str]) -> None:
    keep(portal)
    keep(portal, "Mr Brown", state="deleted", begun_at=START + timedelta(hours=1))
    assert customers(anna.get(f"/console/recordings?{query}").text) == found


def test_the_player_knows_where_to_ask(portal: Portal, anna: FlaskClient) -> None:
    number = keep(portal)
    answer = anna.get(f"/console/recordings/{number}")
    found = CONFIG.search(answer.text)
    assert found
    assert json.loads(found[1]) == {
        "index_url": f"/api/recordings/{number}/index",
        "file_url": f"/api/recordings/{number}/file?play=1",
        "begun_at": START.isoformat(),
    }
    for shown in ("The call was over.", "ab" * 32, "Complete", "T-2041", "FRONT-DESK"):
        assert shown in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy
    assert "connect-src 'self';" in policy


def test_the_picture_is_in_the_frame_that_has_nothing(portal: Portal, anna: FlaskClient) -> None:
    text = anna.get(f"/console/recordings/{keep(portal)}").text
    frame = re.search(r"<iframe[^>]*>", text)
    assert frame
    assert 'src="/viewer-frame" sandbox="allow-scripts"' in frame[0]


def test_a_deleted_recording_is_remembered_and_not_played(portal: Portal, anna: FlaskClient) -> None:
    text = anna.get(f"/console/recordings/{keep(portal, state='deleted', reason='It was older than that.')}").text
    assert "This recording was deleted." in text
    assert "It was older than that." in text
    assert "playback-config" not in text
    assert "/file" not in text


def test_only_admins_are_offered_to_delete_and_never_what_still_runs(portal: Portal, anna: FlaskClient) -> None:
    portal.own.technicians.add("root", "admin", password=PASSWORD)
    root, number = portal.browser("root"), keep(portal)
    for path in ("/console/recordings", f"/console/recordings/{number}"):
        assert "Delete the recording" in root.get(path).text
        assert "Delete the recording" not in anna.get(path).text
    running = keep(portal, state="running", ended_at=None, reason=None, sha256=None)
    assert "Delete the recording" not in root.get(f"/console/recordings/{running}").text


def test_a_form_deletes_a_recording(portal: Portal) -> None:
    portal.own.technicians.add("root", "admin", password=PASSWORD)
    root, number = portal.browser("root"), keep(portal)
    token = csrf_of(root.get(f"/console/recordings/{number}"))
    for status in (303, 410):
        assert root.post(f"/console/recordings/{number}/delete", data={"csrf_token": token}).status_code == status
    assert portal.own.recordings.get(number).state == "deleted"


@pytest.mark.parametrize("number", ["7", str(2**70)])
def test_what_never_was_is_not_found(anna: FlaskClient, number: str) -> None:
    assert anna.get(f"/console/recordings/{number}").status_code == 404


def test_names_of_strangers_are_text(portal: Portal, anna: FlaskClient) -> None:
    number = keep(portal, HOSTILE, HOSTILE, reason=HOSTILE)
    for path in ("/console/recordings", f"/console/recordings/{number}"):
        text = anna.get(path).text
        assert "<img" not in text
        assert "&lt;img" in text
        assert "\u202e" not in text


def test_the_pages_speak_of_recordings_only_where_there_may_be_any(make_portal: Callable[..., Portal]) -> None:
    link = 'href="/console/recordings"'
    off = make_portal()
    assert link not in off.browser("anna").get("/console").text
    keep(off)
    assert link in off.browser("anna").get("/console").text


def test_where_recording_is_allowed_the_pages_lead_to_recordings(make_portal: Callable[..., Portal]) -> None:
    allowed = make_portal(REACHBACK_RECORDING="on-demand")
    assert 'href="/console/recordings"' in allowed.browser("anna").get("/console").text


def test_a_session_leads_to_its_recordings(portal: Portal, anna: FlaskClient) -> None:
    number = keep(portal)
    (session,) = (one.session_id for one in [portal.own.recording_search.one(number)] if one)
    assert f'href="/console/recordings/{number}"' in anna.get(f"/console/sessions/{session}/history").text
    assert f'href="/console/recordings?session={session}&amp;state="' in anna.get("/console/history").text
    other = portal.session(customer="Nothing recorded")
    assert "Recordings</h2>" not in anna.get(f"/console/sessions/{other.session.id}/history").text
