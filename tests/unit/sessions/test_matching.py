"""Each row of the rule that tells whose a call is, and what speaks against."""

from __future__ import annotations

import pytest

from sessions.call_values import Arrival
from sessions.matching import LINGER, Claims, MatchedBy, Said
from sessions.secrets import number_of

from .conftest import PORTS, claims

HOME = "198.51.100.7"
ELSEWHERE = "203.0.113.9"
NOBODYS = "123456789"


def facts(desk, new, placement):
    """How a session's call was matched, and whether it is confirmed."""
    assert placement.session_id == new.session.id
    assert desk.calls.hold(placement.call_id, 40001)
    call = desk.sessions.get(new.session.id).call
    return call.matched_by, call.confirmed


@pytest.mark.parametrize("how", [MatchedBy.ID, MatchedBy.DISPATCHER, MatchedBy.SNI])
def test_a_code_is_told_with_the_way_it_was_said(desk, how):
    new = desk.waiting(HOME)
    assert facts(desk, new, desk.place(HOME, new.code, how=how)) == (how, True)


@pytest.mark.parametrize("how", [MatchedBy.ID, MatchedBy.DISPATCHER, MatchedBy.SNI])
def test_the_number_of_the_link_is_as_good_as_the_code(desk, how):
    new = desk.waiting(HOME)
    number = desk.sessions.dial_facts(new.link).number
    assert number == number_of(new.link)
    assert number != new.code
    assert facts(desk, new, desk.place(HOME, number, how=how)) == (how, True)


def test_a_session_port(desk):
    new = desk.waiting(HOME)
    assert new.session.port in PORTS
    assert facts(desk, new, desk.place(HOME, port=new.session.port)) == ("port", True)


def test_a_port_alone_is_no_proof(desk):
    new = desk.session()
    assert facts(desk, new, desk.place(HOME, port=new.session.port)) == ("port", False)


def test_a_port_from_where_the_page_was_not_opened_is_unconfirmed(desk):
    new = desk.waiting(HOME)
    assert facts(desk, new, desk.place(ELSEWHERE, port=new.session.port)) == ("port", False)


def test_a_port_from_where_anothers_page_was_opened_is_parked(desk):
    desk.waiting(ELSEWHERE)
    new = desk.waiting(HOME)
    assert desk.place(ELSEWHERE, port=new.session.port).session_id is None


@pytest.fixture
def leased_anew(desk):
    """A port whose first session, opened at HOME, has ended just now, and the session that has it instead."""
    first, *_others = [desk.waiting(HOME), *(desk.session() for _ in PORTS[1:])]
    desk.sessions.end(first.session.id, desk.anna)
    new = desk.session()
    assert new.session.port == first.session.port
    return new


def test_the_same_address_may_have_the_port_again_for_its_next_session(desk, leased_anew):
    desk.sessions.open_page(leased_anew.link, HOME)
    assert facts(desk, leased_anew, desk.place(HOME, port=leased_anew.session.port)) == ("port", True)


def test_a_script_that_cannot_ask_is_not_given_to_a_customer_elsewhere_while_its_time_lasts(desk, leased_anew):
    desk.sessions.open_page(leased_anew.link, ELSEWHERE)
    desk.sessions.extend(leased_anew.session.id, 120, desk.anna)
    desk.clock.forward(minutes=60)
    assert desk.place(HOME, port=leased_anew.session.port).session_id is None
    desk.clock.forward(minutes=61)
    assert facts(desk, leased_anew, desk.place(HOME, port=leased_anew.session.port)) == ("port", False)


def test_a_port_that_no_session_has_is_parked_though_the_address_would_fit(desk):
    new = desk.waiting(HOME)
    free = next(port for port in PORTS if port != new.session.port)
    assert desk.place(HOME, port=free).session_id is None


def test_a_code_on_anothers_port_is_parked(desk):
    one, other = desk.waiting(HOME), desk.waiting(ELSEWHERE)
    assert desk.place(HOME, one.code, port=other.session.port).session_id is None
    assert desk.place(ELSEWHERE, NOBODYS, port=other.session.port).session_id is None
    assert facts(desk, one, desk.place(HOME, one.code, port=one.session.port)) == ("id", True)


def test_two_codes_must_agree(desk):
    one, other = desk.waiting(HOME), desk.waiting(HOME)
    outer = Said(MatchedBy.SNI, one.code)
    assert _said(desk, outer, Said(MatchedBy.ID, other.code)).session_id is None
    assert _said(desk, outer, Said(MatchedBy.ID, NOBODYS)).session_id is None
    number = desk.sessions.dial_facts(one.link).number
    assert facts(desk, one, _said(desk, outer, Said(MatchedBy.ID, number))) == ("sni", True)


def _said(desk, *said):
    return desk.calls.arrived(Arrival(Claims(HOME, said), "front-desk", 1024, 768))


def test_an_encrypted_call_says_so_to_technicians_and_in_the_audit(desk):
    new = desk.waiting(HOME)
    placement = desk.place(HOME, new.code, encrypted=True)
    desk.calls.hold(placement.call_id, 40001)
    assert desk.sessions.get(new.session.id).call.encrypted
    told = {event.kind: event.details.get("encrypted") for event in desk.sessions.events(new.session.id)}
    assert told["call_arrived"] is True
    assert told["call_matched"] is True


# The address.


def test_another_computer_may_be_connected_from_the_same_address(desk):
    first = desk.waiting(HOME)
    desk.calls.hold(desk.place(HOME, desktop="north").call_id, 40001)
    second = desk.waiting(HOME)
    assert desk.state(first) == "connected"
    assert desk.place(HOME, desktop="south").session_id == second.session.id


def test_a_computer_that_dials_again_is_not_given_to_its_neighbours_session(desk):
    desk.waiting(HOME)
    desk.calls.hold(desk.place(HOME, desktop="north").call_id, 40001)
    desk.waiting(HOME)
    placement = desk.place(HOME, desktop="north")
    assert (placement.session_id, placement.rival) == (None, None)


def test_a_computer_whose_session_ended_is_not_given_to_its_neighbours_session(desk):
    first, _second = desk.waiting(HOME), desk.waiting(HOME)
    placement = desk.place(HOME, desktop="north")
    desk.calls.claim(placement.call_id, first.session.id, desk.anna)
    desk.calls.hold(placement.call_id, 40001)
    desk.sessions.end(first.session.id, desk.anna)
    desk.calls.lost(placement.call_id, "The session ended.")
    desk.clock.forward(hours=1)
    assert desk.place(HOME, desktop="north").session_id is None
    assert desk.place(HOME, desktop="south").session_id is not None


def test_right_after_a_neighbours_end_nobody_is_told_by_the_address(desk):
    first, second = desk.waiting(HOME), desk.waiting(HOME)
    desk.sessions.end(first.session.id, desk.anna)
    assert desk.place(HOME).session_id is None
    desk.clock.forward(seconds=LINGER.total_seconds())
    assert desk.place(HOME).session_id == second.session.id


def test_the_same_computer_may_come_back_for_its_next_session(desk):
    first = desk.waiting(HOME)
    placement = desk.place(HOME)
    desk.calls.hold(placement.call_id, 40001)
    desk.sessions.end(first.session.id, desk.anna)
    desk.calls.lost(placement.call_id, "The session ended.")
    desk.clock.forward(seconds=1)
    second = desk.waiting(HOME)
    assert desk.place(HOME).session_id == second.session.id


# A second call.


def second(desk, new, placement):
    (view,) = [call for call in desk.calls.parked() if call.id == placement.call_id]
    return view.second_of == new.session.id and placement.session_id is None


@pytest.mark.parametrize("said", ["code", "port", "nothing"])
def test_a_second_call_names_its_rival(desk, said):
    new, first = desk.held()
    placement = {
        "code": lambda: desk.place(HOME, new.code),
        "port": lambda: desk.place(HOME, port=new.session.port),
        "nothing": lambda: desk.place(HOME),
    }[said]()
    assert placement.rival == first
    assert second(desk, new, placement)
    assert desk.sessions.events(new.session.id)[-1].details["second_by"]


def test_another_computer_of_the_same_address_is_no_second_call(desk):
    new, _ = desk.held()
    placement = desk.place(HOME, desktop="another")
    assert placement.rival is None
    assert not second(desk, new, placement)


def test_a_second_call_takes_the_place_of_one_that_is_over(desk):
    new, first = desk.held()
    placement = desk.place(HOME, new.code, how=MatchedBy.DISPATCHER)
    assert desk.calls.succeed(placement.call_id, first) is None  # not while the first one is open
    desk.calls.lost(first, "Replaced.")
    assert desk.calls.succeed(placement.call_id, first) == new.session.id
    assert desk.calls.hold(placement.call_id, 40002)
    call = desk.sessions.get(new.session.id).call
    assert (call.id, call.matched_by, call.second_of) == (placement.call_id, "dispatcher", None)
    assert "call_replaced" in {event.kind for event in desk.sessions.events(new.session.id)}


def test_a_second_call_has_no_place_in_a_session_that_ended(desk):
    new, first = desk.held()
    placement = desk.place(HOME, new.code)
    desk.calls.lost(first, "Replaced.")
    desk.sessions.end(new.session.id, desk.anna)
    assert desk.calls.succeed(placement.call_id, first) is None


def test_a_second_call_that_was_claimed_meanwhile_stays_where_it_is(desk):
    new, first = desk.held()
    other = desk.session()
    placement = desk.place(HOME, new.code)
    desk.calls.claim(placement.call_id, other.session.id, desk.anna)
    desk.calls.lost(first, "Replaced.")
    assert desk.calls.succeed(placement.call_id, first) is None
    assert desk.calls.hold(placement.call_id, 40002)
    assert desk.sessions.get(other.session.id).call.matched_by == "claim"


# Passwords.


def test_a_caller_that_only_found_a_port_gets_no_answer_to_its_challenge(desk):
    new = desk.waiting(HOME)
    assert desk.calls.password_for(claims(HOME, port=new.session.port))
    assert desk.calls.password_for(claims(ELSEWHERE, port=new.session.port)) is None


def test_a_second_call_is_answered_like_the_first(desk):
    new, _ = desk.held()
    expected = desk.sessions.dial_facts(new.link).password
    assert desk.calls.password_for(claims(ELSEWHERE, new.code)).text == expected
    assert desk.calls.password_for(claims(HOME)).text == expected


def test_no_password_outlives_its_session(desk, engine):
    new = desk.waiting(HOME)
    desk.sessions.end(new.session.id, desk.anna)
    with engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT sealed_vnc_password, sealed_script_password FROM sessions").all()
    assert kept == [(None, None)]
