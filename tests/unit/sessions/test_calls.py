from __future__ import annotations

import itertools
import random

import pytest

from sessions.call_values import Decision, Fate, Totals, VncPassword
from sessions.errors import NotClaimable, SessionEnded, SessionHasCall, UnknownCall, UnknownSession

from .conftest import claims

HOME = "198.51.100.7"
ELSEWHERE = "203.0.113.9"


def call_of(desk, new):
    return desk.sessions.get(new.session.id).call


def test_by_code(desk):
    new = desk.session()
    call_id, session_id = desk.arrive(code=new.code)
    assert session_id == new.session.id
    assert desk.state(new) == "created"
    assert desk.calls.hold(call_id, 40001)
    assert desk.state(new) == "connected"
    call = call_of(desk, new)
    assert (call.desktop, call.width, call.height, call.matched_by, call.confirmed) == (
        "front-desk",
        1024,
        768,
        "id",
        True,
    )


def test_a_code_from_where_the_page_was_not_opened_is_unconfirmed(desk):
    new = desk.waiting(HOME)
    call_id, session_id = desk.arrive(ELSEWHERE, new.code)
    assert session_id == new.session.id
    desk.calls.hold(call_id, 40001)
    assert call_of(desk, new).confirmed is False


def test_a_wrong_code_is_parked_though_the_address_would_fit(desk):
    desk.waiting(HOME)
    call_id, session_id = desk.arrive(HOME, code="123456789")
    assert session_id is None
    assert [call.id for call in desk.calls.parked()] == [call_id]


def test_by_address_when_exactly_one_session_waits(desk):
    new = desk.waiting(HOME)
    desk.waiting(ELSEWHERE)
    _, session_id = desk.arrive(HOME)
    assert session_id == new.session.id


def test_two_waiting_behind_one_address_are_never_guessed(desk):
    one, two = desk.waiting(HOME), desk.waiting(HOME)
    assert [desk.arrive(HOME)[1], desk.arrive(HOME)[1]] == [None, None]
    assert len(desk.calls.parked()) == 2
    assert {desk.state(one), desk.state(two)} == {"waiting"}


def test_a_session_whose_page_was_not_opened_is_not_matched_by_address(desk):
    desk.session()
    assert desk.arrive(HOME)[1] is None


def test_a_second_call_for_a_session_is_parked(desk):
    new, _ = desk.held()
    assert desk.arrive(HOME, new.code)[1] is None
    assert desk.arrive(HOME)[1] is None


def test_a_decided_but_not_yet_held_call_counts_as_the_sessions(desk):
    new = desk.waiting(HOME)
    assert desk.arrive(HOME)[1] == new.session.id
    assert desk.arrive(HOME)[1] is None


def test_ended_and_expired_sessions_get_no_calls(desk):
    new = desk.waiting(HOME)
    desk.sessions.end(new.session.id, desk.anna)
    assert desk.arrive(HOME, new.code)[1] is None
    late = desk.waiting(HOME)
    desk.clock.forward(days=1)
    assert desk.arrive(HOME, late.code)[1] is None
    assert desk.arrive(HOME)[1] is None


def test_a_session_that_ends_between_match_and_hold(desk):
    new = desk.waiting(HOME)
    call_id, _ = desk.arrive(HOME)
    desk.sessions.end(new.session.id, desk.anna)
    assert desk.calls.hold(call_id, 40001) is False
    assert desk.calls.decisions() == [Decision(call_id, Fate.END, new.session.id)]


def test_holding_twice_or_undecided(desk):
    _, call_id = desk.held()
    assert desk.calls.hold(call_id, 40002) is False
    parked, _ = desk.arrive(ELSEWHERE)
    assert desk.calls.hold(parked, 40002) is False


@pytest.mark.long
def test_any_order_of_two_customers_behind_one_address_is_never_wrong(desk):
    chance = random.Random(7)
    for _ in range(100):
        pair = [desk.waiting(HOME), desk.waiting(HOME)]
        steps = [(new, code) for new in pair for code in (None, new.code)]
        chance.shuffle(steps)
        calls = []
        for new, code in steps:
            call_id, session_id = desk.arrive(HOME, code)
            assert session_id in ((None, new.session.id) if code else (None, *(p.session.id for p in pair)))
            if session_id and code is None:
                # Only right when the other session was already taken by its own code.
                other = next(p for p in pair if p.session.id != session_id)
                assert call_of(desk, other) is not None
            if session_id:
                desk.calls.hold(call_id, 40001)
            calls.append(call_id)
        for call_id in calls:
            desk.calls.lost(call_id, "over")
        for new in pair:
            desk.sessions.end(new.session.id, desk.anna)


def test_claiming(desk):
    one, _two = desk.waiting(HOME), desk.waiting(HOME)
    call_id, _ = desk.arrive(HOME)
    assert desk.calls.decisions() == []
    desk.calls.claim(call_id, one.session.id, desk.anna)
    assert desk.calls.parked() == []
    assert desk.calls.decisions() == [Decision(call_id, Fate.HOLD, one.session.id)]
    assert desk.calls.hold(call_id, 40001)
    assert desk.calls.decisions() == []
    assert call_of(desk, one).matched_by == "claim"
    assert "claimed" in [event.kind for event in desk.sessions.events(one.session.id)]


def test_what_cannot_be_claimed(desk):
    one, two = desk.waiting(HOME), desk.waiting(HOME)
    call_id, _ = desk.arrive(HOME)
    with pytest.raises(UnknownCall):
        desk.calls.claim(999, one.session.id, desk.anna)
    with pytest.raises(UnknownSession):
        desk.calls.claim(call_id, "nosuchsess", desk.anna)
    desk.calls.claim(call_id, one.session.id, desk.anna)
    with pytest.raises(NotClaimable):
        desk.calls.claim(call_id, two.session.id, desk.anna)
    other, _ = desk.arrive(ELSEWHERE)
    with pytest.raises(SessionHasCall):
        desk.calls.claim(other, one.session.id, desk.anna)
    desk.sessions.end(two.session.id, desk.anna)
    with pytest.raises(SessionEnded):
        desk.calls.claim(other, two.session.id, desk.anna)


def test_losing_a_held_call_makes_its_session_wait_again(desk):
    new, call_id = desk.held()
    desk.calls.lost(call_id, "hung up", Totals(10, 20))
    assert desk.state(new) == "waiting"
    assert call_of(desk, new) is None
    over = desk.sessions.events(new.session.id)[-1]
    assert (over.kind, over.call_id) == ("call_over", call_id)
    assert over.details["bytes_from_customer"] == 10
    desk.calls.lost(call_id, "again")
    assert desk.sessions.events(new.session.id)[-1] == over


def test_losing_a_parked_call(desk):
    call_id, _ = desk.arrive(ELSEWHERE)
    desk.calls.lost(call_id, "hung up")
    assert desk.calls.parked() == []


def test_forgetting_what_a_killed_listener_left(desk):
    new, call_id = desk.held()
    token = desk.tickets.issue(new.session.id, desk.anna).token
    desk.tickets.spend(token)
    assert desk.calls.take_seat(call_id)
    desk.arrive(ELSEWHERE)
    assert desk.calls.forget("the listener was restarted") == 2
    assert desk.state(new) == "waiting"
    assert desk.sessions.get(new.session.id).seats == ()
    assert desk.calls.parked() == []


def test_refused_calls_are_shown_for_ten_minutes(desk):
    desk.calls.refuse(HOME, "the server's own words")
    assert [(call.address, call.reason) for call in desk.calls.refused()] == [(HOME, "the server's own words")]
    desk.clock.forward(seconds=20)
    desk.calls.refuse(HOME, "other words")
    assert [call.reason for call in desk.calls.refused()] == ["other words"]
    desk.clock.forward(seconds=20)
    desk.calls.refuse(HOME, "once more")
    assert len(desk.calls.refused()) == 1
    desk.clock.forward(minutes=10)
    assert desk.calls.refused() == []


def test_a_seat_needs_a_ticket_spent_for_this_very_call(desk):
    new, call_id = desk.held()
    assert desk.calls.take_seat(call_id) is None
    token = desk.tickets.issue(new.session.id, desk.anna).token
    assert desk.calls.take_seat(call_id) is None
    desk.tickets.spend(token)
    seat = desk.calls.take_seat(call_id)
    assert (seat.view.technician, seat.view.mode) == ("anna", "control")
    assert desk.state(new) == "in_use"
    assert desk.sessions.get(new.session.id).seats == (seat.view,)
    desk.calls.seat_left(seat.id)
    desk.calls.seat_left(seat.id)
    assert desk.state(new) == "connected"
    assert desk.calls.take_seat(call_id) is None


def test_a_spent_ticket_is_admitted_only_for_seconds(desk):
    new, call_id = desk.held()
    desk.tickets.spend(desk.tickets.issue(new.session.id, desk.anna).token)
    desk.clock.forward(seconds=10)
    assert desk.calls.take_seat(call_id) is None


def test_a_ticket_spent_for_a_call_does_not_open_the_next_one(desk):
    new, call_id = desk.held(port=40001)
    desk.tickets.spend(desk.tickets.issue(new.session.id, desk.anna).token)
    desk.calls.lost(call_id, "hung up")
    again, _ = desk.arrive(HOME, new.code)
    assert desk.calls.hold(again, 40001)
    assert desk.calls.take_seat(again) is None
    assert desk.calls.take_seat(call_id) is None


def test_an_expired_session_gives_no_seat(desk):
    new, call_id = desk.held()
    desk.sessions.extend(new.session.id, 1, desk.anna)
    desk.tickets.spend(desk.tickets.issue(new.session.id, desk.anna).token)
    desk.sessions.end(new.session.id, desk.anna)
    assert desk.calls.take_seat(call_id) is None


def test_decisions_tell_of_ended_and_expired_sessions(desk):
    new, call_id = desk.held()
    assert desk.calls.decisions() == []
    desk.clock.forward(days=1)
    assert desk.calls.decisions() == [Decision(call_id, Fate.END, new.session.id)]


STORED = VncPassword("8letters", is_stored=True)


def test_passwords(desk):
    new = desk.session(vnc_password="8letters")
    desk.sessions.open_page(new.link, HOME)
    assert desk.calls.password_for(claims(ELSEWHERE, new.code)) == STORED
    assert desk.calls.password_for(claims(HOME)) == STORED
    assert desk.calls.password_for(claims(ELSEWHERE)) is None
    assert desk.calls.password_for(claims(HOME, "123456789")) is None


def test_a_session_without_a_stored_password_has_one_for_scripts(desk):
    new = desk.session()
    given = desk.sessions.dial_facts(new.link).password
    assert given is not None
    assert len(given) == 8
    assert desk.calls.password_for(claims(HOME, new.code)) == VncPassword(given, is_stored=False)
    assert desk.sessions.dial_facts(desk.session(vnc_password="8letters").link).password is None


def test_calls_are_numbered_once(desk):
    numbers = [desk.arrive(ELSEWHERE)[0] for _ in range(3)]
    assert numbers == sorted(set(numbers))
    assert all(b > a for a, b in itertools.pairwise(numbers))
