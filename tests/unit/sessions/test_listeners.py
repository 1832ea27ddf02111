"""Which listeners there are, and whose calls are lost when one is gone."""

from __future__ import annotations

from sessions.call_values import Fate
from sessions.calls import CallRegister
from sessions.listeners import ListenerRegister
from sessions.recordings import LISTENER_DIED, RecordingRegister

from .conftest import Desk

HOME, ELSEWHERE = "198.51.100.7", "203.0.113.9"


def calls_of(desk: Desk, listener_id: int) -> CallRegister:
    return CallRegister(desk.engine, desk.clock, listener_id=listener_id)


def test_a_listener_is_seen_while_it_gives_signs_of_life(desk):
    assert desk.listeners.seen() is None
    number = desk.listeners.begin("one")
    desk.clock.forward(seconds=1)
    assert desk.listeners.is_here(number)
    assert desk.listeners.seen() == desk.listeners.seen("one") == desk.clock.now
    assert desk.listeners.seen("two") is None


def test_one_that_drains_is_present_and_does_not_count_as_seen(desk):
    old, new = desk.listeners.begin("one"), desk.listeners.begin("one")
    desk.listeners.drain(old)
    assert [(one.id, one.draining) for one in desk.listeners.present("one")] == [(old, True), (new, False)]
    desk.listeners.gone(new, "stopped")
    assert desk.listeners.seen("one") is None


def test_the_dead_do_not_rise(desk):
    quiet, alive = desk.listeners.begin("one"), desk.listeners.begin("two")
    desk.listeners.gone(quiet, "fell silent")
    assert [one.id for one in desk.listeners.present()] == [alive]
    assert not desk.listeners.is_here(quiet)


def test_only_the_calls_of_the_one_that_is_gone_are_lost(desk):
    first, second = desk.listeners.begin("one"), desk.listeners.begin("two")
    desk.calls = calls_of(desk, first)
    new, call_id = desk.held()
    desk.calls = calls_of(desk, second)
    other = desk.arrive(ELSEWHERE)[0]
    assert desk.listeners.gone(first, "The machine is gone.") == 1
    assert desk.state(new) == "waiting"
    assert [one.id for one in desk.calls.parked()] == [other]
    assert desk.listeners.gone(first, "again") == 0
    assert call_id != other


def test_a_listener_carries_out_what_was_decided_about_its_own_calls_only(desk):
    first, second = desk.listeners.begin("one"), desk.listeners.begin("two")
    desk.calls = calls_of(desk, first)
    new, call_id = desk.held()
    seat_id = desk.sit(new, call_id)
    assert calls_of(desk, first).modes() == {seat_id: "control"}
    desk.sessions.end(new.session.id, desk.anna)
    assert [(one.call_id, one.fate) for one in desk.calls.decisions()] == [(call_id, Fate.END)]
    assert calls_of(desk, second).decisions() == []
    assert calls_of(desk, second).modes() == {}
    assert calls_of(desk, second).seats_to_end() == []


def test_numbers_are_never_given_twice(desk):
    register = ListenerRegister(desk.engine, desk.clock)
    assert register.begin("one") < register.begin("one")


def test_a_held_call_is_contested_by_a_second_one_at_another_listener_alone(desk):
    old, new = desk.listeners.begin("one"), desk.listeners.begin("one")
    desk.calls = calls_of(desk, old)
    session, first = desk.held()
    assert desk.place(HOME, session.code).rival == first
    assert calls_of(desk, old).contested() == {}
    desk.calls = calls_of(desk, new)
    second = desk.place(HOME, session.code)
    assert second.rival == first
    assert calls_of(desk, old).contested() == {first: second.call_id}
    assert calls_of(desk, new).contested() == {}
    calls_of(desk, old).lost(first, "Replaced by a newer call of the same computer.")
    assert calls_of(desk, new).succeed(second.call_id, first) == session.session.id
    assert calls_of(desk, old).contested() == {}


def test_how_many_calls_each_listener_has(desk):
    old, new = desk.listeners.begin("one"), desk.listeners.begin("one")
    for listener_id in (old, old, new):
        desk.calls = calls_of(desk, listener_id)
        desk.arrive(ELSEWHERE)
    assert desk.calls.open_by_listener() == {old: 2, new: 1}
    desk.listeners.gone(old, "It died.")
    assert desk.calls.open_by_listener() == {new: 1}


def test_calls_elsewhere_are_those_of_others_by_address(desk):
    first, second = desk.listeners.begin("one"), desk.listeners.begin("two")
    desk.calls = calls_of(desk, first)
    desk.arrive(HOME)
    desk.arrive(HOME)
    desk.calls = calls_of(desk, second)
    desk.arrive(ELSEWHERE)
    assert calls_of(desk, second).elsewhere() == {HOME: 2}
    assert calls_of(desk, first).elsewhere() == {ELSEWHERE: 1}


def contested(desk: Desk):
    """A call that one listener holds, and a second one of the same computer that came to the other."""
    first, second = desk.listeners.begin("one"), desk.listeners.begin("two")
    desk.calls = calls_of(desk, first)
    new, old = desk.held()
    desk.calls = calls_of(desk, second)
    placed = desk.place(code=new.code)
    assert placed.rival == old
    return new, first, second, placed.call_id


def test_the_holder_learns_that_its_call_is_doubted(desk):
    new, first, second, here = contested(desk)
    held = desk.sessions.get(new.session.id).call
    assert held
    assert calls_of(desk, first).contested() == {held.id: here}
    assert calls_of(desk, second).contested() == {}


def test_a_silent_listeners_call_is_given_up_for_a_computer_that_is_here(desk):
    new, first, second, here = contested(desk)
    desk.calls = calls_of(desk, first)
    other, kept = desk.held(40002)
    desk.calls = calls_of(desk, second)
    assert desk.calls.succeed(here, kept) is None
    assert desk.calls.give_up(first, "silent") == 1
    assert desk.calls.give_up(first, "silent") == 0
    assert desk.calls.succeed(here, kept) == new.session.id
    assert desk.calls.hold(here, 40003)
    assert (desk.state(new), desk.state(other)) == ("connected", "connected")


def test_what_a_dead_node_recorded_is_cut_off_and_looked_through_when_it_is_back(desk):
    number = desk.listeners.begin("one")
    desk.calls = calls_of(desk, number)
    register = RecordingRegister(desk.engine, desk.clock, policy="always")
    _, call_id = desk.held()
    begun = register.begin(call_id)
    assert begun
    desk.listeners.gone(number, "The node stopped answering.")
    left = register.get(begun.id)
    assert (left.state, left.reason) == ("broken", LISTENER_DIED)
    assert [one.id for one in register.break_running("one")] == [begun.id]


def test_one_that_gave_a_sign_of_life_meanwhile_is_not_buried(desk):
    number = desk.listeners.begin("one")
    desk.calls = calls_of(desk, number)
    new, _call_id = desk.held()
    (silent,) = desk.listeners.present()
    desk.clock.forward(seconds=16)
    assert desk.listeners.is_here(number)
    assert desk.listeners.bury(silent, "fell silent") is None
    assert desk.state(new) == "connected"
    (silent,) = desk.listeners.present()
    assert desk.listeners.bury(silent, "fell silent") == 1
    assert desk.state(new) == "waiting"
    assert not desk.listeners.is_here(number)
