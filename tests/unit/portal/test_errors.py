from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from portal.errors import OTHERWISE, STATUSES, sentence
from sessions import errors

from .conftest import Portal


def test_a_refusal_is_a_page_for_people_and_json_for_programs(stranger: FlaskClient) -> None:
    page = stranger.get("/nowhere")
    assert page.status_code == 404
    assert page.mimetype == "text/html"
    assert "There is nothing at this address." in page.text
    told = stranger.get("/nowhere", headers={"Accept": "application/json"})
    assert told.json == {"error": {"code": "not_found", "message": "There is nothing at this address."}}


@pytest.mark.parametrize("path", ["/nowhere<script>", "/console/sessions/%3Cscript%3E", "/support/%3Cscript%3E"])
def test_no_refusal_repeats_what_was_asked(anna: FlaskClient, path: str) -> None:
    answer = anna.get(path)
    assert answer.status_code == 404
    assert "script" not in answer.text.replace("/static/", "").replace("description", "")


def test_a_stranger_who_changes_something_is_told_to_sign_in(stranger: FlaskClient) -> None:
    answer = stranger.post("/console/sessions")
    assert answer.status_code == 401
    assert "Sign in" in answer.text


def test_a_stale_page_says_what_to_do(anna: FlaskClient) -> None:
    answer = anna.post("/console/sessions", data={"csrf_token": "old"})
    assert answer.status_code == 403
    assert "Open it again" in answer.text


def test_a_fault_of_ours_is_a_page_without_its_cause(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object, **_named: object) -> None:
        raise RuntimeError("the cellar is flooded")

    monkeypatch.setattr(type(portal.own.sessions), "open_page", broken)
    portal.app.testing = False
    portal.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = portal.browser().get("/support/abcdefghijklmnopqrstuvwxyz")
    assert answer.status_code == 500
    assert "cellar" not in answer.text
    assert "abcdefghijklmnopqrstuvwxyz" not in answer.text
    assert "Nothing has happened to your computer" in answer.text


def test_a_form_that_is_too_long_is_refused(anna: FlaskClient) -> None:
    assert anna.post("/console/sessions", data={"note": "x" * 70_000}).status_code == 413


def test_every_refusal_of_the_register_has_a_status_below_500() -> None:
    found = set(STATUSES.values()) | {OTHERWISE}
    assert all(400 <= status < 500 for status in found)
    assert STATUSES[errors.LinkEnded] == STATUSES[errors.SessionEnded] == 410


def test_marshmallows_complaints_become_one_sentence() -> None:
    assert sentence({"json": {"minutes": ["Not a valid integer."]}}) == "minutes: Not a valid integer."
    assert sentence({"minutes": ["minutes is wrong."]}) == "minutes is wrong."
    assert sentence({"json": ["Invalid input type."]}) == "Invalid input type."
    assert sentence({}) == ""
