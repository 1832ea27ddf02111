from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from portal import viewer

from .conftest import Portal

CONFIG = re.compile(r'<script id="viewer-config" type="application/json">(.*?)</script>', re.DOTALL)


def test_the_page_knows_where_to_ask(portal: Portal, anna: FlaskClient) -> None:
    new = portal.held(customer="Huber")
    page = anna.get(f"/console/sessions/{new.session.id}")
    found = CONFIG.search(page.text)
    assert page.status_code == 200
    assert found
    here = f"/api/sessions/{new.session.id}"
    assert json.loads(found[1]) == {
        "session_id": new.session.id,
        "technician": "anna",
        "call_id": portal.own.sessions.get(new.session.id).call.id,
        "session_url": here,
        "tickets_url": f"{here}/tickets",
        "outcome_url": f"{here}/tickets/outcome",
        "seats_url": f"{here}/seats",
        "mode": "control",
        "takes_control": False,
        "recording_url": f"{here}/recording",
        "extend_url": f"{here}/extend",
        "expires_at": new.session.expires_at.isoformat(),
        "now": portal.own.clock().isoformat(),
        "board_url": "/console",
    }
    assert 'name="csrf-token"' in page.text


@pytest.mark.parametrize(("asked", "mode"), [("watch", "watch"), ("control", "control"), ("root", "control")])
def test_the_address_says_whether_the_technician_only_watches(
    portal: Portal, anna: FlaskClient, asked: str, mode: str
) -> None:
    found = CONFIG.search(anna.get(f"/console/sessions/{portal.held().session.id}?mode={asked}").text)
    assert found
    assert json.loads(found[1])["mode"] == mode


def test_names_from_the_customers_machine_are_escaped(portal: Portal, anna: FlaskClient) -> None:
    new = portal.session(customer="</script><script>alert(1)</script>")
    portal.own.calls.hold(portal.arrive(code=new.code, desktop="<img src=x onerror=alert(2)>"), 40001)
    text = anna.get(f"/console/sessions/{new.session.id}").text
    assert "<script>alert" not in text
    assert "<img" not in text


def test_an_auditor_sees_the_page_and_is_offered_no_change(
    portal: Portal, anna: FlaskClient, olga: FlaskClient
) -> None:
    here = f"/console/sessions/{portal.held(note='Printer').session.id}"
    hidden = re.compile(r'<button[^>]* id="end"[^>]* hidden>')
    assert hidden.search(olga.get(here).text)
    assert not hidden.search(anna.get(here).text)
    assert "data-extend" not in olga.get(here).text
    assert 'id="record"' in anna.get(here).text
    assert 'id="record"' not in olga.get(here).text
    assert re.search(r'<textarea[^>]* id="note"[^>]* readonly>', olga.get(here).text)


def test_the_page_holds_no_secret(portal: Portal, anna: FlaskClient) -> None:
    new = portal.session(vnc_password="hunter2")
    text = anna.get(f"/console/sessions/{new.session.id}").text
    assert new.link not in text
    assert new.code not in text
    assert "hunter2" not in text


def test_an_unknown_session_and_an_ended_one_have_pages_of_their_own(portal: Portal, anna: FlaskClient) -> None:
    new = portal.session()
    portal.own.sessions.end(new.session.id, portal.person("anna"))
    ended = anna.get(f"/console/sessions/{new.session.id}")
    assert ended.status_code == 410
    assert "This session has ended" in ended.text
    unknown = anna.get("/console/sessions/000000000000")
    assert unknown.status_code == 404
    assert "There is no such session" in unknown.text


def test_where_novnc_is_missing_the_page_names_the_cure(
    portal: Portal, anna: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewer, "NOVNC", tmp_path)
    answer = anna.get(f"/console/sessions/{portal.held().session.id}")
    assert answer.status_code == 503
    assert "make run" in answer.text
    assert "npm ci" in answer.text
    assert anna.get("/novnc/core/rfb.js").status_code == 404


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the shape of the noVNC package."""
    folder = tmp_path / "novnc"
    for name in ("core/rfb.js", "vendor/pako/lib/zlib/inflate.js", "docs/API.md", "package.json", "corers/x.js"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("export default 1;\n")
    (tmp_path / "secret.js").write_text("secret")
    monkeypatch.setattr(viewer, "NOVNC", folder)
    return folder


@pytest.mark.parametrize("name", ["core/rfb.js", "vendor/pako/lib/zlib/inflate.js"])
def test_novncs_modules_are_served_and_revalidated(package: Path, stranger: FlaskClient, name: str) -> None:
    answer = stranger.get(f"/novnc/{name}", buffered=True)
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert stranger.get(f"/novnc/{name}", headers=tag, buffered=True).status_code == 304


@pytest.mark.parametrize(
    "name",
    [
        "package.json",
        "docs/API.md",
        "corers/x.js",
        "core/../package.json",
        "core/../../secret.js",
        "core/%2e%2e/%2e%2e/secret.js",
        "core//../package.json",
        "core",
        "core/",
        "core/nothing.js",
        "../secret.js",
        "core/%00.js",
    ],
)
def test_nothing_else_of_the_package_is_served(package: Path, stranger: FlaskClient, name: str) -> None:
    assert stranger.get(f"/novnc/{name}", buffered=True).status_code == 404


def test_our_own_modules_are_served_from_their_folder_only(
    stranger: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.js").write_text("export {};\n")
    (tmp_path / "package.json").write_text("{}")
    monkeypatch.setattr(viewer, "MODULES", tmp_path / "src")
    answer = stranger.get("/viewer/main.js", buffered=True)
    assert answer.mimetype == "text/javascript"
    # The picture's frame has an origin of its own, and may read them all the same.
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert stranger.get("/viewer/../package.json").status_code == 404
    assert stranger.get("/viewer/%2e%2e/package.json").status_code == 404


@pytest.mark.parametrize(("page", "script"), [("/console/sessions/{}", "main.js"), ("/viewer-frame", "frame.js")])
def test_the_modules_that_the_pages_name_exist(portal: Portal, anna: FlaskClient, page: str, script: str) -> None:
    text = anna.get(page.format(portal.held().session.id)).text
    named = re.findall(r'<(?:script|link|iframe)[^>]* (?:src|href)="(/[^"]+)"', text)
    assert f"/viewer/{script}" in named
    for address in named:
        assert anna.get(address, buffered=True).status_code == 200, address


def test_nodes_with_names_of_their_own_may_all_be_connected_to(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal(REACHBACK_PUBLIC_WEBSOCKET="wss://{node}.help.example.org/websockify")
    page = portal.browser("anna").get(f"/console/sessions/{portal.held().session.id}")
    assert "connect-src 'self' wss://*.help.example.org;" in page.headers["Content-Security-Policy"]
