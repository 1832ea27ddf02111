from __future__ import annotations

from datetime import timedelta

from sessions.calls import CallRegister
from sessions.figures import FIGURES, FigureRegister
from sessions.listeners import ListenerRegister

from .conftest import Desk


def figures(desk: Desk) -> dict[str, dict[tuple[str, ...], float]]:
    found = FigureRegister(desk.engine, desk.clock).read("north")
    assert [one.figure for one in found] == list(FIGURES)
    return {one.figure.name.removeprefix("reachback_"): dict(one.numbers) for one in found}


def test_an_empty_register_has_noughts_for_what_is_known_beforehand(desk: Desk) -> None:
    found = figures(desk)
    assert found["sessions"] == {(state,): 0 for state in ("created", "waiting", "connected", "in_use")}
    assert found["seats"] == {("control",): 0, ("watch",): 0}
    assert found["tickets_lately"] == {("spent",): 0, ("expired",): 0, ("open",): 0}
    assert found["calls"] == found["listeners"] == {}
    assert found["deliveries_waiting"] == found["recordings_bytes"] == {(): 0}


def test_sessions_by_state_and_none_whose_time_is_up(desk: Desk) -> None:
    desk.session()
    desk.waiting()
    desk.session(minutes=1)
    desk.clock.forward(minutes=2)
    found = figures(desk)["sessions"]
    assert (found["created",], found["waiting",]) == (1, 1)


def test_open_calls_by_state_way_and_node(desk: Desk) -> None:
    number = desk.listeners.begin("north")
    desk.calls = CallRegister(desk.engine, desk.clock, listener_id=number)
    _, held = desk.held()
    desk.arrive("203.0.113.9")
    gone, _ = desk.arrive("203.0.113.10")
    desk.calls.lost(gone, "hung up")
    assert held
    assert figures(desk)["calls"] == {("held", "id", "north"): 1, ("parked", "none", "north"): 1}


def test_seats_and_tickets(desk: Desk) -> None:
    new, call = desk.held()
    desk.sit(new, call)
    desk.tickets.issue(new.session.id, desk.anna)
    found = figures(desk)
    assert found["seats"] == {("control",): 1, ("watch",): 0}
    assert found["tickets_lately"] == {("spent",): 1, ("expired",): 0, ("open",): 1}
    desk.clock.forward(minutes=2)
    assert figures(desk)["tickets_lately"] == {("spent",): 1, ("expired",): 1, ("open",): 0}
    desk.clock.forward(minutes=70)
    assert set(figures(desk)["tickets_lately"].values()) == {0}


def test_listeners_and_how_long_a_node_was_silent(desk: Desk) -> None:
    old = desk.listeners.begin("north")
    desk.listeners.drain(old)
    desk.listeners.begin("north")
    gone = desk.listeners.begin("south")
    desk.listeners.gone(gone, "stopped")
    desk.clock.forward(seconds=4)
    found = figures(desk)
    assert found["listeners"] == {("north", "yes"): 1, ("north", "no"): 1}
    assert found["listener_silent_seconds"] == {("north",): 4}


def test_no_other_nodes_clock_makes_its_listener_silent(desk: Desk) -> None:
    ListenerRegister(desk.engine, lambda: desk.clock() - timedelta(seconds=30)).begin("south")
    desk.listeners.begin("north")
    found = figures(desk)
    assert found["listeners"] == {("north", "no"): 1, ("south", "no"): 1}
    assert found["listener_silent_seconds"] == {("north",): 0}
