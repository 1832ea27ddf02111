"""The customer is told that their screen is recorded: beforehand where that is known, and while it happens."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.languages import LANGUAGES
from sessions.recording_views import SWITCHED_OFF
from sessions.recordings import Ending
from sessions.views import NewSession

from .conftest import Portal

NOW = {
    "en": "Your screen is being recorded.",
    "de": "Ihr Bildschirm wird aufgezeichnet.",
    "es": "Se está grabando su pantalla.",
    "fr": "Votre écran est enregistré.",
    "pt": "A sua tela está sendo gravada.",
    "ru": "Ваш экран записывается.",
}
LATER = "Your screen will be recorded as soon as somebody looks at it."
BEFOREHAND = "<strong>What can be seen of your screen is recorded</strong>"
STEPS = "?step=2"

MakePortal = Callable[..., Portal]


def page(portal: Portal, new: NewSession, query: str = "") -> str:
    answer = portal.browser().get(f"/support/{new.link}{query}")
    assert answer.status_code == 200
    return answer.text


def told(portal: Portal, new: NewSession) -> object:
    answer = portal.browser().get(f"/support/{new.link}", headers={"Accept": "application/json"})
    return answer.json["recording"]


def begin(portal: Portal, new: NewSession) -> int:
    call = portal.own.sessions.get(new.session.id).call
    made = portal.own.recordings.begin(call.id) if call else None
    assert made
    return made.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_while_it_is_recorded_the_page_says_so_without_script(make_portal: MakePortal, language: str) -> None:
    portal = make_portal(REACHBACK_RECORDING="always")
    new = portal.held()
    begin(portal, new)
    # As Internet Explorer 6 asks for it.
    text = page(portal, new, f"?lang={language}")
    assert f"<strong>{NOW[language]}</strong>" in text
    assert "<script" not in text
    assert told(portal, new) == "running"


def test_what_a_technician_decides_is_said_from_then_on_and_no_longer(make_portal: MakePortal) -> None:
    portal = make_portal(REACHBACK_RECORDING="on-demand")
    new, anna = portal.held(), portal.person("anna")
    assert "recorded" not in page(portal, new)
    assert told(portal, new) == "off"
    portal.own.recordings.want(new.session.id, anna, on=True)
    assert LATER in page(portal, new)
    assert told(portal, new) == "wanted"
    recording = begin(portal, new)
    assert NOW["en"] in page(portal, new)
    portal.own.recordings.want(new.session.id, anna, on=False)
    portal.own.recordings.finish(recording, Ending(1, 1, "", SWITCHED_OFF))
    assert "recorded" not in page(portal, new)
    assert told(portal, new) == "off"


def test_where_everything_is_recorded_it_is_said_before_anybody_agrees(make_portal: MakePortal) -> None:
    portal = make_portal(REACHBACK_RECORDING="always")
    new = portal.session()
    assert BEFOREHAND in page(portal, new)
    assert LATER in page(portal, new, STEPS)
    assert "aufgezeichnet</strong>" in page(portal, new, "?lang=de")


def test_where_nothing_is_recorded_nothing_is_said(portal: Portal) -> None:
    new = portal.session()
    assert "recorded" not in page(portal, new) + page(portal, new, STEPS) + page(portal, portal.held())
