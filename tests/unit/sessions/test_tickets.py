from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from sessions.calls import CallRegister
from sessions.errors import (
    CallReplaced,
    NoCallHeld,
    NotYourTurn,
    SeatsFull,
    SessionEnded,
    TicketElsewhere,
    TicketExpired,
    TicketForeign,
    TicketRefused,
    TicketSpent,
    TicketUnknown,
    UnknownMode,
    UnknownSession,
)
from sessions.tickets import TicketRegister
from sessions.views import Endpoint


def issue(desk, new):
    return desk.tickets.issue(new.session.id, desk.anna).token


def refused(desk, new, token):
    return type(desk.tickets.why_refused(new.session.id, token))


def test_a_ticket_leads_to_its_call_once(desk):
    new, call = desk.held(port=40007)
    ticket = desk.tickets.issue(new.session.id, desk.anna)
    assert (ticket.expires_at - desk.clock.now).total_seconds() == 60
    assert ticket.token not in repr(ticket)
    assert desk.tickets.why_refused(new.session.id, ticket.token) is None
    assert desk.tickets.spend(ticket.token) == Endpoint("127.0.0.1", 40007, new.session.id, call)
    with pytest.raises(TicketSpent):
        desk.tickets.spend(ticket.token)
    assert refused(desk, new, ticket.token) is TicketSpent


def test_expired(desk):
    new, _ = desk.held()
    token = issue(desk, new)
    desk.clock.forward(seconds=60)
    with pytest.raises(TicketExpired):
        desk.tickets.spend(token)
    assert refused(desk, new, token) is TicketExpired


@pytest.mark.parametrize("made_up", ["", ".", "x" * 4000, "0123456789ab." + "a" * 26, "a" * 26, "\x00é"])
def test_made_up(desk, made_up):
    new, _ = desk.held()
    with pytest.raises(TicketUnknown):
        desk.tickets.spend(made_up)
    assert refused(desk, new, made_up) is TicketUnknown


def test_foreign(desk):
    one, call_id = desk.held()
    two = desk.session()
    other_call, _ = desk.arrive("203.0.113.9", two.code)
    desk.calls.hold(other_call, 40002)
    token = issue(desk, one)
    moved = f"{two.session.id}.{token.partition('.')[2]}"
    with pytest.raises(TicketForeign):
        desk.tickets.spend(moved)
    assert refused(desk, two, token) is TicketForeign
    assert desk.calls.take_seat(other_call) is None
    assert desk.calls.take_seat(call_id) is None


def test_a_ticket_for_a_call_since_replaced_on_the_same_port(desk):
    new, call_id = desk.held(port=40001)
    token = issue(desk, new)
    desk.calls.lost(call_id, "hung up")
    again, _ = desk.arrive(code=new.code)
    desk.calls.hold(again, 40001)
    with pytest.raises(CallReplaced):
        desk.tickets.spend(token)
    assert refused(desk, new, token) is CallReplaced


def test_a_ticket_of_an_ended_session(desk):
    new, _ = desk.held()
    token = issue(desk, new)
    desk.sessions.end(new.session.id, desk.anna)
    with pytest.raises(CallReplaced):
        desk.tickets.spend(token)


def test_when_none_is_issued(desk):
    waiting = desk.waiting()
    with pytest.raises(NoCallHeld):
        issue(desk, waiting)
    with pytest.raises(UnknownSession):
        desk.tickets.issue("nosuchsess", desk.anna)
    with pytest.raises(UnknownMode):
        desk.tickets.issue(waiting.session.id, desk.anna, "root")
    desk.sessions.end(waiting.session.id, desk.anna)
    with pytest.raises(SessionEnded):
        issue(desk, waiting)


def test_a_ticket_says_with_which_mode_its_seat_would_begin(desk):
    new, call_id = desk.held()
    bert = desk.person("bert")
    assert desk.tickets.issue(new.session.id, desk.anna).mode == "control"
    desk.sit(new, call_id)
    assert desk.tickets.issue(new.session.id, bert).mode == "watch"
    assert desk.tickets.issue(new.session.id, desk.anna).mode == "control"
    assert desk.tickets.issue(new.session.id, desk.anna, "watch").mode == "watch"


def test_none_is_issued_where_every_seat_is_taken(desk):
    new, call_id = desk.held()
    small = TicketRegister(desk.engine, desk.clock, max_seats=2)
    desk.sit(new, call_id)
    second = desk.sit(new, call_id, desk.person("bert"))
    with pytest.raises(SeatsFull):
        small.issue(new.session.id, desk.person("carl"))
    assert small.issue(new.session.id, desk.anna).mode == "control", "in place of the older one"
    desk.calls.seat_left(second)
    assert small.issue(new.session.id, desk.person("dora")).mode == "watch"


def test_a_spent_ticket_names_its_seat_while_it_is_taken(desk):
    new, call_id = desk.held()
    token = issue(desk, new)
    assert desk.tickets.seat_of(new.session.id, token) is None
    desk.tickets.spend(token)
    assert desk.tickets.seat_of(new.session.id, token) is None
    seat = desk.calls.take_seat(call_id).id
    assert desk.tickets.seat_of(new.session.id, token) == seat
    assert desk.tickets.seat_of(desk.session().session.id, token) is None
    assert desk.tickets.seat_of(new.session.id, f"{new.session.id}.nothing") is None
    desk.calls.seat_left(seat)
    assert desk.tickets.seat_of(new.session.id, token) is None


def test_tickets_of_a_call_are_spent_one_by_one_so_that_no_seat_is_given_to_another(desk):
    new, call_id = desk.held()
    other, other_call = desk.session(), desk.arrive("203.0.113.9")[0]
    desk.calls.claim(other_call, other.session.id, desk.anna)
    desk.calls.hold(other_call, 40002)
    annas, berts = issue(desk, new), desk.tickets.issue(new.session.id, desk.person("bert"), "watch").token
    desk.tickets.spend(annas)
    with pytest.raises(NotYourTurn):
        desk.tickets.spend(berts)
    assert desk.tickets.spend(issue(desk, other)) == Endpoint("127.0.0.1", 40002, other.session.id, other_call)
    assert desk.calls.take_seat(call_id).view.technician == "anna"
    desk.tickets.spend(berts)
    assert desk.calls.take_seat(call_id).view.technician == "bert"


def test_a_ticket_whose_owner_never_came_holds_up_the_next_for_seconds_only(desk):
    new, call_id = desk.held()
    never, berts = issue(desk, new), desk.tickets.issue(new.session.id, desk.person("bert")).token
    desk.tickets.spend(never)
    desk.clock.forward(seconds=6)
    desk.tickets.spend(berts)
    assert desk.calls.take_seat(call_id).view.technician == "bert"


def test_of_many_who_spend_at_once_one_wins(desk):
    new, _ = desk.held()
    token = issue(desk, new)

    def spend(_):
        try:
            return desk.tickets.spend(token)
        except TicketRefused:
            return None

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(spend, range(24)))
    assert len([result for result in results if result]) == 1
    kinds = [event.kind for event in desk.sessions.events(new.session.id)]
    assert kinds.count("ticket_spent") == 1


def test_a_ticket_that_found_every_seat_taken_holds_up_nobody(desk):
    new, call_id = desk.held()
    small = CallRegister(desk.engine, desk.clock, max_seats=2)
    watches = [desk.tickets.issue(new.session.id, desk.person("bert"), "watch").token]
    watches += [desk.tickets.issue(new.session.id, desk.person("carl"), "watch").token]
    desk.sit(new, call_id)
    desk.tickets.spend(watches[0])
    assert small.take_seat(call_id)
    desk.tickets.spend(watches[1])
    assert small.take_seat(call_id) is None
    desk.tickets.spend(issue(desk, new))
    assert small.take_seat(call_id).view.technician == "anna", "in place of the older one"
    assert small.take_seat(call_id) is None


def test_a_ticket_names_its_node_and_opens_nothing_on_another(desk):
    number = desk.listeners.begin("one")
    desk.calls = CallRegister(desk.engine, desk.clock, listener_id=number)
    new, _ = desk.held()
    ticket = desk.tickets.issue(new.session.id, desk.anna)
    assert ticket.node == "one"
    with pytest.raises(TicketElsewhere, match="on another node"):
        TicketRegister(desk.engine, desk.clock, node="two").spend(ticket.token)
    assert TicketRegister(desk.engine, desk.clock, node="one").spend(ticket.token).port == 40001


def test_a_call_from_before_nodes_had_names_is_wherever_one_looks(desk):
    new, _ = desk.held()
    ticket = desk.tickets.issue(new.session.id, desk.anna)
    assert ticket.node is None
    assert TicketRegister(desk.engine, desk.clock, node="two").spend(ticket.token).port == 40001
