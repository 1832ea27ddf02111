from __future__ import annotations

import pytest
from sqlalchemy import select, text

from sessions.errors import LinkEnded, SessionEnded, UnknownLink, UnknownSession
from sessions.models import Base
from sessions.register import SessionRegister


def kinds(desk, new):
    return [event.kind for event in desk.sessions.events(new.session.id)]


def test_a_new_session(desk):
    new = desk.session(customer="Mrs Gray", note="slow", minutes=30)
    assert (new.session.state, new.session.customer, new.session.note) == ("created", "Mrs Gray", "slow")
    assert (new.session.expires_at - desk.clock.now).total_seconds() == 1800
    assert new.session.created_by == "anna"
    assert not new.session.ended
    assert new.link not in repr(new)
    assert new.code not in repr(new)
    assert desk.sessions.get(new.session.id) == new.session
    assert kinds(desk, new) == ["created"]


def test_only_digests_are_stored(desk, engine):
    new = desk.session(vnc_password="8letters")
    token = desk.tokens.make(desk.anna.id, "script").token
    with engine.connect() as connection:
        tables = [connection.execute(select(table)).all() for table in Base.metadata.sorted_tables]
    dump = repr(tables)
    assert new.session.id in dump
    for secret in (new.link, new.code, "8letters", token, "correct horse battery"):
        assert secret not in dump


def test_opening_the_page_makes_it_wait_and_is_audited_once_per_address(desk):
    new = desk.session()
    assert desk.sessions.open_page(new.link, "198.51.100.7").state == "waiting"
    desk.sessions.open_page(new.link, "198.51.100.7")
    desk.sessions.open_page(new.link, "203.0.113.9")
    assert kinds(desk, new) == ["created", "page_opened", "page_opened"]


def test_unknown_link(desk):
    with pytest.raises(UnknownLink):
        desk.sessions.open_page("a" * 26, "198.51.100.7")
    with pytest.raises(UnknownLink):
        desk.sessions.by_link("a" * 26)
    with pytest.raises(UnknownLink):
        desk.sessions.end_by_link("a" * 26, "198.51.100.7")


def test_ending(desk):
    new = desk.waiting()
    desk.sessions.end(new.session.id, desk.anna)
    desk.sessions.end(new.session.id, desk.anna)
    assert desk.state(new) == "closed"
    assert kinds(desk, new).count("ended") == 1
    with pytest.raises(LinkEnded):
        desk.sessions.open_page(new.link, "198.51.100.7")
    view = desk.sessions.by_link(new.link)
    assert view.ended
    assert view.ended_at == desk.clock.now
    with pytest.raises(UnknownSession):
        desk.sessions.end("nosuchsess", desk.anna)


def test_the_customer_ends(desk):
    new = desk.waiting()
    assert desk.sessions.end_by_link(new.link, "198.51.100.7").state == "closed"
    assert desk.sessions.events(new.session.id)[-1].actor == "customer"


def test_ending_forgets_code_and_password(desk, engine):
    new = desk.session(vnc_password="8letters")
    desk.sessions.end(new.session.id, desk.anna)
    with engine.connect() as connection:
        row = connection.execute(text("SELECT code_digest, sealed_vnc_password FROM sessions")).one()
    assert tuple(row) == (None, None)


def test_time_up_is_true_before_any_timer_says_so(desk):
    new = desk.session(minutes=10)
    desk.clock.forward(minutes=10)
    view = desk.sessions.get(new.session.id)
    assert (view.ended, view.state) == (True, "expired")
    assert desk.sessions.list() == []
    assert [one.id for one in desk.sessions.list(ended=True)] == [new.session.id]
    with pytest.raises(LinkEnded):
        desk.sessions.open_page(new.link, "198.51.100.7")
    assert desk.sessions.expire() == 1
    assert desk.sessions.expire() == 0
    assert kinds(desk, new) == ["created", "time_up"]


def test_extending(desk):
    new = desk.session(minutes=10)
    view = desk.sessions.extend(new.session.id, 20, desk.anna)
    assert (view.expires_at - desk.clock.now).total_seconds() == 1800
    desk.clock.forward(hours=1)
    with pytest.raises(SessionEnded):
        desk.sessions.extend(new.session.id, 20, desk.anna)


def test_minutes_are_bounded(desk):
    assert (desk.session(minutes=0).session.expires_at - desk.clock.now).total_seconds() == 60
    week = 7 * 24 * 3600
    new = desk.session(minutes=10**9)
    assert (new.session.expires_at - desk.clock.now).total_seconds() == week
    desk.sessions.extend(new.session.id, 10**9, desk.anna)
    assert (desk.sessions.get(new.session.id).expires_at - desk.clock.now).total_seconds() == week


def test_newest_first(desk):
    first = desk.session()
    desk.clock.forward(seconds=1)
    second = desk.session()
    assert [one.id for one in desk.sessions.list()] == [second.session.id, first.session.id]


def test_events_of_nothing(desk):
    with pytest.raises(UnknownSession):
        desk.sessions.events("nosuchsess")


def test_a_password_needs_the_vault(desk, engine):
    with pytest.raises(ValueError, match="vault"):
        SessionRegister(engine, desk.clock).create(by=desk.anna, vnc_password="8letters")


def test_a_code_in_use_is_not_given_twice(engine, desk):
    same, other = bytes(8), bytes(7) + b"\1"
    draws = iter([same, bytes(6), bytes(16), same, other, b"\1" * 6, bytes(15) + b"\1"])
    register = SessionRegister(engine, desk.clock, lambda _: next(draws))
    assert register.create(by=desk.anna).code != register.create(by=desk.anna).code
