from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from sessions.proof import HEADER, proof

from .conftest import Portal

PATH = "/healthz/echo"


def word(portal: Portal, ago: float = 0) -> dict[str, str]:
    return {HEADER: proof(portal.own.settings.secret_key(), portal.clock() - timedelta(seconds=ago))}


def test_the_doctor_is_told_what_arrived(make_portal: Callable[..., Portal]) -> None:
    portal = make_portal(REACHBACK_TRUSTED_PROXIES="192.0.2.1", REACHBACK_NODE="west")
    sent = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https", "Host": "support.example.org"}
    answer = portal.browser().get(PATH, headers=word(portal) | sent, environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    assert answer.json == {
        "node": "west",
        "peer": "192.0.2.1",
        "trusted": True,
        "client": "198.51.100.7",
        "secure": True,
        "host": "support.example.org",
        "forwarded": ["X-Forwarded-For", "X-Forwarded-Proto"],
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_also_over_plain_http_from_elsewhere_for_that_is_what_it_wants_to_know(portal: Portal) -> None:
    answer = portal.browser().get(PATH, headers=word(portal), environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    assert answer.status_code == 200
    assert answer.json["secure"] is False


@pytest.mark.parametrize("headers", [{}, {HEADER: ""}, {HEADER: "1.abc"}, {HEADER: "\xff\xfe.x"}])
def test_nobody_else_is_told_anything(portal: Portal, headers: dict[str, str]) -> None:
    assert portal.browser().get(PATH, headers=headers).status_code == 404


def test_an_old_word_opens_nothing(portal: Portal) -> None:
    assert portal.browser().get(PATH, headers=word(portal, ago=61)).status_code == 404
