from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from portal.security_headers import content_security_policy, viewer_policy

from .conftest import Portal

PAGES = ["/", "/sign-in", "/console", "/healthz", "/api/sessions", "/nowhere", "/support/unknown", "/static/tokens.css"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_keeps_to_itself(anna: FlaskClient, path: str) -> None:
    headers = anna.get(path, buffered=True).headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("path", [path for path in PAGES if not path.startswith("/static/")])
def test_nothing_but_plain_files_is_kept_by_browsers(anna: FlaskClient, path: str) -> None:
    assert anna.get(path).headers["Cache-Control"] == "no-store"


def test_plain_files_are_asked_for_anew_and_not_sent_anew(anna: FlaskClient) -> None:
    first = anna.get("/static/tokens.css", buffered=True)
    assert first.headers["Cache-Control"] == "no-cache"
    again = anna.get("/static/tokens.css", headers={"If-None-Match": first.headers["ETag"]}, buffered=True)
    assert again.status_code == 304


def test_the_viewer_alone_may_open_a_websocket(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_PUBLIC_WEBSOCKET="wss://help.example.org/websockify")
    new = made.held()
    policy = made.browser("anna").get(f"/console/sessions/{new.session.id}").headers["Content-Security-Policy"]
    assert "connect-src 'self' wss://help.example.org;" in policy
    assert "frame-src 'self'" in policy
    assert policy == content_security_policy(viewer_policy("wss://help.example.org/websockify"))


def test_the_picture_s_frame_reaches_nothing_and_only_we_may_frame_it(stranger: FlaskClient) -> None:
    answer = stranger.get("/viewer-frame")
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'none'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
    )
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "Set-Cookie" not in answer.headers


def test_every_other_page_is_nobody_s_frame(anna: FlaskClient) -> None:
    assert anna.get("/console").headers["X-Frame-Options"] == "DENY"


def test_no_page_has_a_script_or_a_style_within(portal: Portal, anna: FlaskClient) -> None:
    new = portal.held()
    for path in ("/", "/console", "/viewer-frame", f"/console/sessions/{new.session.id}", f"/support/{new.link}"):
        text = anna.get(path).text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick=" not in text
        scripts = [piece.partition(">")[0] for piece in text.split("<script")[1:]]
        assert all(" src=" in script or 'type="application/json"' in script for script in scripts)
