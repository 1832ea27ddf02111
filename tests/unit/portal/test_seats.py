"""Control among several technicians, as scripts and pages settle it."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from portal.schemas import DEEDS
from sessions.seats import SeatRegister
from sessions.views import NewSession

from .conftest import Portal


def do(portal: Portal, new: NewSession, who: str, seat: int, deed: str) -> TestResponse:
    return portal.script(who)("POST", f"/sessions/{new.session.id}/seats/{seat}", json={"do": deed})


def code(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


def test_the_words_of_the_api_are_verbs_of_the_register() -> None:
    assert all(callable(getattr(SeatRegister, deed)) for deed in DEEDS)


def test_control_is_asked_for_and_given(portal: Portal) -> None:
    new = portal.held()
    annas, berts = portal.sit(new, "anna"), portal.sit(new, "bert")
    asked = do(portal, new, "bert", berts, "ask")
    assert asked.status_code == 200
    assert asked.json["seats"] == [
        {
            "id": annas,
            "technician": "anna",
            "mode": "control",
            "since": "2026-03-01T10:00:00Z",
            "asks": False,
            "offered": False,
        },
        {
            "id": berts,
            "technician": "bert",
            "mode": "watch",
            "since": "2026-03-01T10:00:00Z",
            "asks": True,
            "offered": False,
        },
    ]
    given = do(portal, new, "anna", berts, "give").json["seats"]
    assert [(seat["mode"], seat["asks"]) for seat in given] == [("watch", False), ("control", False)]
    address = portal.own.sessions.events(new.session.id)[-1].address
    assert address == "127.0.0.1"


def test_only_admins_take_control_from_another(portal: Portal) -> None:
    new = portal.held()
    portal.sit(new, "anna")
    berts = portal.sit(new, "bert")
    assert code(do(portal, new, "bert", berts, "take")) == (409, "control_taken")
    portal.join("ida", "admin")
    idas = portal.sit(new, "ida")
    assert do(portal, new, "ida", idas, "take").json["seats"][-1]["mode"] == "control"
    assert do(portal, new, "ida", idas, "release").status_code == 200
    assert do(portal, new, "bert", berts, "take").json["seats"][1]["mode"] == "control"


def test_what_is_refused(portal: Portal) -> None:
    new, other = portal.held(), portal.session()
    annas, berts = portal.sit(new, "anna"), portal.sit(new, "bert")
    assert code(do(portal, other, "anna", annas, "release")) == (404, "unknown_seat")
    assert code(do(portal, new, "anna", 2**70, "release")) == (404, "unknown_seat")
    assert code(do(portal, new, "anna", berts, "ask")) == (403, "not_your_seat")
    assert code(do(portal, new, "bert", annas, "give")) == (409, "not_in_control")
    assert code(do(portal, new, "anna", annas, "dance")) == (422, "invalid")
    assert code(do(portal, new, "olga", annas, "take")) == (403, "read_only")
    portal.own.calls.seat_left(berts)
    assert code(do(portal, new, "bert", berts, "take")) == (404, "unknown_seat")


def test_a_spent_ticket_tells_its_seat(portal: Portal) -> None:
    new = portal.held()
    anna, call = portal.person("anna"), portal.own.sessions.get(new.session.id).call
    token = portal.own.tickets.issue(new.session.id, anna).token

    def told() -> object:
        answer = portal.script("anna")("POST", f"/sessions/{new.session.id}/tickets/outcome", json={"token": token})
        return answer.json["seat_id"]

    assert told() is None
    portal.own.tickets.spend(token)
    assert call
    taken = portal.own.calls.take_seat(call.id)
    assert taken
    assert told() == taken.id


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([("bert", 1, "ask")], "bert (127.0.0.1) asked for control of computer FRONT-DESK."),
        ([("anna", 1, "offer")], "anna (127.0.0.1) offered bert control of computer FRONT-DESK."),
        ([("anna", 1, "give")], "anna (127.0.0.1) gave bert control of computer FRONT-DESK."),
        (
            [("anna", 1, "offer"), ("bert", 1, "accept")],
            "bert (127.0.0.1) took control of computer FRONT-DESK from anna, as was offered.",
        ),
        ([("anna", 0, "release")], "anna (127.0.0.1) gave up control of computer FRONT-DESK."),
        (
            [("anna", 0, "release"), ("bert", 1, "take")],
            "bert (127.0.0.1) took control of computer FRONT-DESK.",
        ),
        (
            [("ida", 2, "take")],
            "ida (127.0.0.1) took control of computer FRONT-DESK from anna, as an admin.",
        ),
    ],
)
def test_the_audit_tells_it_in_sentences(portal: Portal, steps: list[tuple[str, int, str]], sentence: str) -> None:
    new = portal.held()
    portal.join("ida", "admin")
    seats = [portal.sit(new, who) for who in ("anna", "bert", "ida")]
    for who, seat, deed in steps:
        assert do(portal, new, who, seats[seat], deed).status_code == 200
    rows = portal.script("olga")("GET", f"/events?session={new.session.id}").json["events"]
    assert rows[0]["sentence"] == sentence
