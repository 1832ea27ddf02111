from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from sessions.audit import AuditRegister
from sessions.call_values import Totals
from sessions.calls import CallRegister
from sessions.errors import (
    ControlTaken,
    NotInControl,
    NotOffered,
    NotSeated,
    NotWatching,
    NotYourSeat,
    RegisterError,
    UnknownSeat,
)
from sessions.views import NewSession, TechnicianView

VERBS = ("ask", "withdraw", "offer", "accept", "decline", "give", "take", "release", "leave")


@dataclass
class Room:
    """A held call at which anna has control, and bert and carl watch. ida is an admin, and not there."""

    desk: Any
    new: NewSession
    call: int
    anna: TechnicianView
    bert: TechnicianView
    carl: TechnicianView
    ida: TechnicianView
    annas: int
    berts: int
    carls: int

    @property
    def verbs(self):
        return self.desk.seats

    def in_control(self) -> list[int]:
        modes = self.desk.calls.modes()
        return [seat for seat, mode in modes.items() if mode == "control"]

    def seat(self, seat_id: int):
        return self.desk.seat(self.new, seat_id)


@pytest.fixture
def room(desk) -> Room:
    new, call = desk.held()
    bert, carl, ida = desk.person("bert"), desk.person("carl"), desk.person("ida", "admin")
    seats = [desk.sit(new, call, who) for who in (desk.anna, bert, carl)]
    return Room(desk, new, call, desk.anna, bert, carl, ida, *seats)


# Who sits down how.


def test_the_first_has_control_and_the_others_watch(room):
    assert room.desk.calls.modes() == {room.annas: "control", room.berts: "watch", room.carls: "watch"}
    taken = room.desk.events("seat_taken")
    assert [(who, details["mode"], details["seat"]) for _, who, details in taken] == [
        ("anna", "control", room.annas),
        ("bert", "watch", room.berts),
        ("carl", "watch", room.carls),
    ]


def test_who_only_wants_to_watch_watches_though_nobody_has_control(desk):
    new, call = desk.held()
    seat = desk.sit(new, call, mode="watch")
    assert desk.calls.modes() == {seat: "watch"}
    assert desk.state(new) == "in_use"
    again = desk.sit(new, call)
    assert desk.calls.modes() == {seat: "watch", again: "control"}


def test_who_has_control_and_comes_back_has_it_again_and_the_older_seat_leaves(room):
    again = room.desk.sit(room.new, room.call)
    assert room.in_control() == [again]
    assert room.desk.calls.seats_to_end() == [room.annas]
    assert room.seat(room.annas).mode == "watch"
    room.desk.calls.seat_left(room.annas)
    (left,) = room.desk.events("seat_left")
    assert left[2]["reason"] == "The technician came back: a newer seat took its place."
    assert left[2]["mode"] == "control"
    assert room.in_control() == [again]
    assert room.desk.state(room.new) == "in_use"


def test_a_second_seat_to_watch_leaves_the_first_alone(room):
    second = room.desk.sit(room.new, room.call, mode="watch")
    assert room.in_control() == [room.annas]
    assert room.desk.calls.modes()[second] == "watch"
    assert room.desk.calls.seats_to_end() == []


def test_no_more_sit_down_than_there_are_seats(room):
    small = CallRegister(room.desk.engine, room.desk.clock, max_seats=3)
    for who, expected in ((room.ida, None), (room.anna, "anna")):
        room.desk.tickets.spend(room.desk.tickets.issue(room.new.session.id, who).token)
        taken = small.take_seat(room.call)
        assert (taken and taken.view.technician) == expected
        room.desk.clock.forward(seconds=10)


def test_a_seat_that_has_to_leave_has_control_no_more(room):
    room.desk.people.make_password("anna", room.ida)
    assert room.in_control() == []
    room.verbs.take(room.berts, room.bert)
    assert room.in_control() == [room.berts]
    with pytest.raises(UnknownSeat):
        room.verbs.give(room.annas, room.bert)


# How control moves.


def test_asked_for_and_given(room):
    room.verbs.ask(room.berts, room.bert)
    room.verbs.ask(room.berts, room.bert)
    assert room.seat(room.berts).asks
    room.verbs.give(room.berts, room.anna)
    assert room.in_control() == [room.berts]
    assert not room.seat(room.berts).asks
    told = room.desk.events("control_asked", "control_given")
    assert [(kind, who) for kind, who, _ in told] == [("control_asked", "bert"), ("control_given", "anna")]
    assert told[1][2] == {"desktop": "front-desk", "technician": "bert", "seat": room.berts, "mode": "control"}


def test_asked_for_and_withdrawn_or_refused(room):
    room.verbs.ask(room.berts, room.bert)
    room.verbs.withdraw(room.berts, room.bert)
    assert not room.seat(room.berts).asks
    room.verbs.ask(room.berts, room.bert)
    room.verbs.decline(room.berts, room.anna)
    assert not room.seat(room.berts).asks
    assert room.in_control() == [room.annas]


def test_offered_and_accepted(room):
    room.verbs.offer(room.carls, room.anna)
    room.verbs.offer(room.berts, room.anna)
    assert (room.seat(room.carls).offered, room.seat(room.berts).offered) == (False, True)
    with pytest.raises(NotOffered):
        room.verbs.accept(room.carls, room.carl)
    room.verbs.accept(room.berts, room.bert)
    assert room.in_control() == [room.berts]
    assert not room.seat(room.berts).offered
    offered, taken = room.desk.events("control_offered", "control_taken")[1:]
    assert (offered[1], offered[2]["technician"]) == ("anna", "bert")
    assert (taken[1], taken[2]["former"], taken[2]["how"]) == ("bert", "anna", "accepted")


def test_offered_and_declined_or_taken_back(room):
    for who in (room.bert, room.anna):
        room.verbs.offer(room.berts, room.anna)
        room.verbs.decline(room.berts, who)
        assert not room.seat(room.berts).offered
    assert room.in_control() == [room.annas]


def test_an_offer_ends_with_the_control_of_who_made_it(room):
    room.verbs.offer(room.berts, room.anna)
    room.verbs.give(room.carls, room.anna)
    with pytest.raises(NotOffered):
        room.verbs.accept(room.berts, room.bert)
    room.verbs.offer(room.berts, room.carl)
    room.desk.calls.seat_left(room.carls)
    with pytest.raises(NotOffered):
        room.verbs.accept(room.berts, room.bert)


def test_released_and_taken_by_anybody(room):
    room.verbs.release(room.annas, room.anna)
    assert room.in_control() == []
    room.verbs.take(room.carls, room.carl)
    room.verbs.take(room.carls, room.carl)
    assert room.in_control() == [room.carls]
    told = room.desk.events("control_released", "control_taken")
    assert [(kind, who) for kind, who, _ in told] == [("control_released", "anna"), ("control_taken", "carl")]


def test_a_leaving_controller_leaves_nobody_in_control(room):
    room.desk.calls.seat_left(room.annas)
    assert room.in_control() == []
    assert room.desk.state(room.new) == "in_use"
    newcomer = room.desk.sit(room.new, room.call, room.ida)
    assert room.in_control() == [newcomer]


def test_a_leaving_watcher_takes_nothing_along(room):
    room.verbs.offer(room.berts, room.anna)
    room.desk.calls.seat_left(room.carls)
    assert room.in_control() == [room.annas]
    assert room.seat(room.berts).offered


def test_only_an_admin_takes_control_from_another(room):
    with pytest.raises(ControlTaken):
        room.verbs.take(room.berts, room.bert)
    idas = room.desk.sit(room.new, room.call, room.ida)
    room.verbs.take(idas, room.ida)
    assert room.in_control() == [idas]
    (taken,) = room.desk.events("control_taken")
    assert (taken[1], taken[2]["former"], taken[2]["how"]) == ("ida", "anna", "as_admin")


def test_everybody_takes_control_from_another_seat_of_their_own(room):
    second = room.desk.sit(room.new, room.call, mode="watch")
    room.verbs.take(second, room.anna)
    assert room.in_control() == [second]


# What is refused.


@pytest.mark.parametrize(
    ("verb", "seat", "who", "refusal"),
    [
        ("ask", "berts", "carl", NotYourSeat),
        ("ask", "annas", "anna", NotWatching),
        ("withdraw", "berts", "carl", NotYourSeat),
        ("offer", "carls", "bert", NotInControl),
        ("offer", "annas", "anna", NotWatching),
        ("accept", "berts", "anna", NotYourSeat),
        ("accept", "berts", "bert", NotOffered),
        ("decline", "berts", "carl", NotInControl),
        ("give", "berts", "bert", NotInControl),
        ("give", "annas", "anna", NotWatching),
        ("take", "annas", "ida", NotYourSeat),
        ("release", "annas", "bert", NotYourSeat),
        ("release", "berts", "bert", NotInControl),
        ("leave", "berts", "anna", NotYourSeat),
    ],
)
def test_refusals_change_nothing(room, verb, seat, who, refusal):
    before = room.desk.sessions.get(room.new.session.id).seats
    with pytest.raises(refusal):
        getattr(room.verbs, verb)(getattr(room, seat), getattr(room, who))
    assert room.desk.sessions.get(room.new.session.id).seats == before
    assert not [kind for kind, _, _ in room.desk.events(*(f"control_{end}" for end in ("asked", "given", "taken")))]


def test_who_may_have_no_seat_settles_nothing(room):
    room.desk.people.change_role("bert", "auditor", room.ida)
    for verb in VERBS:
        with pytest.raises(NotSeated):
            getattr(room.verbs, verb)(room.berts, room.bert)


def test_a_seat_that_nobody_has(room):
    for verb, number in product(VERBS, (0, -1, 4711, 2**31, 2**80)):
        with pytest.raises(UnknownSeat):
            getattr(room.verbs, verb)(number, room.anna)


def test_a_seat_that_was_left_settles_nothing(room):
    room.desk.calls.seat_left(room.berts)
    with pytest.raises(UnknownSeat):
        room.verbs.take(room.berts, room.bert)
    room.desk.calls.lost(room.call, "hung up", Totals())
    with pytest.raises(UnknownSeat):
        room.verbs.take(room.carls, room.carl)
    assert room.desk.calls.modes() == {}


def test_a_seat_names_its_session(room):
    assert room.verbs.session_of(room.berts) == room.new.session.id
    with pytest.raises(UnknownSeat):
        room.verbs.session_of(4711)


# What is told afterwards.


def test_who_had_control_for_a_time_is_told_to_have_controlled(room):
    room.verbs.give(room.berts, room.anna)
    room.verbs.give(room.carls, room.bert)
    for seat in (room.annas, room.berts, room.carls):
        room.desk.calls.seat_left(seat)
    assert [details["mode"] for _, _, details in room.desk.events("seat_left")] == ["control"] * 3


def test_the_history_of_a_session_says_so_too(room):
    room.verbs.give(room.berts, room.anna)
    seats = AuditRegister(room.desk.engine, room.desk.clock).history(room.new.session.id).seats
    assert [(seat.technician, seat.mode) for seat in seats] == [
        ("anna", "control"),
        ("bert", "control"),
        ("carl", "watch"),
    ]


def test_who_ends_a_seat_of_their_own_has_nothing_left_there(room):
    room.verbs.offer(room.berts, room.anna)
    room.verbs.leave(room.annas, room.anna)
    assert room.in_control() == []
    assert not room.seat(room.berts).offered
    assert room.desk.calls.seats_to_end() == [room.annas]
    room.desk.calls.seat_left(room.annas)
    (left,) = room.desk.events("seat_left")
    assert (left[2]["mode"], left[2]["reason"]) == ("control", "The seat was withdrawn.")


def test_who_only_watched_is_told_to_have_watched(room):
    room.desk.calls.seat_left(room.berts)
    assert [details["mode"] for _, _, details in room.desk.events("seat_left")] == ["watch"]


# Many at once.


def test_of_two_who_take_at_once_one_has_it(room):
    for _ in range(20):
        (before,) = room.in_control()
        room.verbs.release(before, {room.annas: room.anna, room.berts: room.bert, room.carls: room.carl}[before])
        with ThreadPoolExecutor(2) as threads:
            both = [(room.berts, room.bert), (room.carls, room.carl)]
            won = list(threads.map(lambda one: _succeeds(room.verbs.take, *one), both))
        assert sorted(won) == [False, True]
        assert len(room.in_control()) == 1


def test_of_many_who_sit_down_at_once_one_has_control_and_each_has_their_own_seat(desk):
    new, call = desk.held()
    people = [desk.person(f"p{number}") for number in range(8)]

    def arrive(who: TechnicianView) -> bool:
        token = desk.tickets.issue(new.session.id, who).token
        while not _succeeds(desk.tickets.spend, token):
            pass
        taken = desk.calls.take_seat(call)
        return taken is not None and taken.view.technician == who.name

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(arrive, people))
    assert sorted(desk.calls.modes().values()) == ["control"] + ["watch"] * 7


def test_whatever_they_do_one_at_most_has_control(room):
    chance = random.Random(7)
    seats = {room.annas: room.anna, room.berts: room.bert, room.carls: room.carl}
    seats[room.desk.sit(room.new, room.call, room.ida)] = room.ida

    def act(_: int) -> None:
        verb, seat = chance.choice(VERBS[:-1]), chance.choice(list(seats))
        _succeeds(getattr(room.verbs, verb), seat, chance.choice([seats[seat], *seats.values()]))
        assert len(room.in_control()) <= 1

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(act, range(300)))
    assert len(room.desk.events("control_given", "control_taken")) > 5


def _succeeds(verb, *arguments) -> bool:
    try:
        verb(*arguments)
    except RegisterError:
        return False
    return True
