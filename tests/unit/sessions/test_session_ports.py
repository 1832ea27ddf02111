"""A session leases a port for as long as it lives."""

from __future__ import annotations

from sessions.register import SessionRegister

from .conftest import PORTS


def test_each_session_has_one_of_its_own(desk):
    assert {desk.session().session.port for _ in PORTS} == set(PORTS)


def test_where_all_are_leased_there_is_none(desk):
    made = [desk.session() for _ in range(len(PORTS) + 1)]
    assert made[-1].session.port is None
    assert desk.sessions.dial_facts(made[-1].link).port is None


def test_an_end_gives_the_port_back(desk):
    first, *others = [desk.session() for _ in PORTS]
    desk.sessions.end(first.session.id, desk.anna)
    assert desk.sessions.get(first.session.id).port is None
    assert desk.session().session.port == first.session.port
    assert len(others) == len(PORTS) - 1


def test_time_that_is_up_gives_it_back_before_any_timer(desk):
    first, *_ = [desk.session(minutes=5), *(desk.session() for _ in PORTS[1:])]
    desk.clock.forward(minutes=5)
    assert desk.sessions.get(first.session.id).port is None
    assert desk.session().session.port == first.session.port


def test_the_port_that_was_free_for_the_longest_time_comes_first(desk):
    ended = []
    for _ in PORTS:
        new = desk.session()
        ended.append(new.session.port)
        desk.sessions.end(new.session.id, desk.anna)
        desk.clock.forward(minutes=1)
    assert ended == list(PORTS)
    for port in PORTS:
        desk.clock.forward(minutes=1)
        new = desk.session()
        assert new.session.port == port
        desk.sessions.end(new.session.id, desk.anna)


def test_without_a_range_there_are_none(desk, engine):
    plain = SessionRegister(engine, desk.clock)
    assert plain.create(by=desk.anna).session.port is None


def test_a_register_without_a_vault_makes_no_password(desk, engine):
    plain = SessionRegister(engine, desk.clock)
    assert plain.dial_facts(plain.create(by=desk.anna).link).password is None
