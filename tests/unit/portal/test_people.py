"""Admins and people."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from .conftest import PASSWORD, Portal, csrf_of


@pytest.fixture
def ida(portal: Portal) -> FlaskClient:
    """An admin's browser."""
    portal.own.technicians.add("ida", "admin", password=PASSWORD)
    return portal.browser("ida")


def post(client: FlaskClient, path: str = "", **fields: str) -> TestResponse:
    token = csrf_of(client.get("/console/people"))
    return client.post(f"/console/people{path}", data={"csrf_token": token, **fields})


def secret_of(page: TestResponse) -> str:
    found = re.search(r'made__secret">([^<]+)<', page.text)
    assert found
    return found[1]


def test_only_admins_see_people(portal: Portal, ida: FlaskClient, anna: FlaskClient) -> None:
    assert anna.get("/console/people").status_code == 403
    assert "Your role is technician" in anna.get("/console/people").text
    assert "/console/people" not in anna.get("/console").text
    page = ida.get("/console/people").text
    assert all(f"<strong>{name}</strong>" in page for name in ("anna", "ida", "olga"))


def test_somebody_is_added_and_changes_the_made_password_first(portal: Portal, ida: FlaskClient) -> None:
    made = post(ida, name="ben", role="technician")
    assert made.status_code == 201
    password = secret_of(made)
    assert password not in ida.get("/console/people").text
    ben = portal.own.technicians.check_password("ben", password)
    assert ben
    assert portal.own.technicians.person("ben").must_change_password
    for fields, word in (
        ({"name": "ben", "role": "admin"}, "exists already"),
        ({"name": "<b>", "role": "admin"}, "1 to 64"),
        ({"name": "cyd", "role": "king"}, "Choose a role"),
        ({"name": "cyd", "role": "admin", "openid_email": "x"}, "no e-mail"),
    ):
        refused = post(ida, **fields)
        assert refused.status_code in {409, 422}
        assert word in refused.text


def test_with_openid_there_is_no_password(portal: Portal, ida: FlaskClient) -> None:
    made = post(ida, name="olaf", role="technician", openid_email="olaf@example.org")
    assert "signs in with OpenID" in made.text
    assert "made__secret" not in made.text
    assert not portal.own.technicians.person("olaf").has_password


def test_everything_about_somebody_is_changed(portal: Portal, ida: FlaskClient, anna: FlaskClient) -> None:
    people = portal.own.technicians
    assert post(ida, "/anna/role", role="auditor").status_code == 303
    assert people.person("anna").role == "auditor"
    assert post(ida, "/anna/role", role="king").status_code == 422
    post(ida, "/anna/openid", openid_email="anna@example.org")
    assert people.person("anna").openid_email == "anna@example.org"
    assert anna.get("/console").status_code == 200
    post(ida, "/anna/sign-out")
    assert anna.get("/console").status_code == 302
    password = secret_of(post(ida, "/anna/password"))
    assert people.check_password("anna", password)
    assert post(ida, "/anna/second-factor-off").status_code == 409
    assert post(ida, "/nobody/role", role="admin").status_code == 404


def test_who_is_removed_is_out_and_can_be_restored(portal: Portal, ida: FlaskClient, anna: FlaskClient) -> None:
    assert post(ida, "/anna/remove").status_code == 303
    assert anna.get("/console").status_code == 302
    page = ida.get("/console/people").text
    assert "Removed" in page
    assert "/console/people/anna/restore" in page
    post(ida, "/anna/restore")
    assert portal.own.technicians.by_name("anna")


def test_the_last_admin_cannot_leave(portal: Portal, ida: FlaskClient) -> None:
    for path, fields in (("/ida/remove", {}), ("/ida/role", {"role": "technician"})):
        refused = post(ida, path, **fields)
        assert refused.status_code == 409
        assert "last admin" in refused.text
