"""Whoever tries codes is slowed, then refused; an honest customer is served all the same."""

from __future__ import annotations

import random

import pytest

from sessions.call_values import GUESSING, OVER, Patience
from sessions.errors import BadCode, MistypedCode, TooManyGuesses, UnknownCode
from sessions.guesses import MAX_WRONG, MAX_WRONG_IN_ALL, WINDOW, origin_of
from sessions.register import MAX_LINKS
from sessions.secrets import check_digit, new_code
from tests.databases import SQLITE

from .conftest import claims

GUESSER = "203.0.113.9"
HOME = "198.51.100.7"
ATTEMPTS = 1_000


def wrong_codes(*right, seed=7):
    """Well-formed codes, none of them `right`, without end."""
    draw = random.Random(seed)
    while True:
        code = new_code(draw.randbytes)
        if code not in right:
            yield code


def test_the_code_opens_a_new_link_to_its_session(desk):
    new = desk.session()
    link = desk.sessions.open_by_code(f"{new.code[:3]} {new.code[3:6]}-{new.code[6:]}", HOME)
    assert link != new.link
    assert desk.sessions.by_link(link).id == new.session.id
    assert desk.sessions.open_page(new.link, HOME).id == new.session.id


@pytest.mark.parametrize("typed", ["", "12345678", "1234567890", "12345678x", "help", "１２３４５６７８９"])
def test_what_is_no_code_is_said_and_not_counted(desk, typed):
    for _ in range(MAX_WRONG + 1):
        with pytest.raises(BadCode) as refusal:
            desk.sessions.open_by_code(typed, HOME)
        assert type(refusal.value) is BadCode


def test_a_slip_of_the_finger_is_said_and_not_counted(desk):
    new = desk.session()
    for at in range(9):
        slip = str((int(new.code[at]) + 1) % 10)
        with pytest.raises(MistypedCode):
            desk.sessions.open_by_code(new.code[:at] + slip + new.code[at + 1 :], HOME)
    assert desk.sessions.open_by_code(new.code, HOME)


def test_the_code_of_a_session_that_ended_is_unknown(desk):
    new = desk.session()
    desk.sessions.end(new.session.id, desk.anna)
    with pytest.raises(UnknownCode):
        desk.sessions.open_by_code(new.code, HOME)


def test_a_code_whose_time_is_up_is_unknown_before_any_timer(desk):
    new = desk.session(minutes=5)
    desk.clock.forward(minutes=5)
    with pytest.raises(UnknownCode):
        desk.sessions.open_by_code(new.code, HOME)


def test_an_address_has_its_tries_and_gets_new_ones_later(desk):
    new = desk.session()
    guesses = wrong_codes(new.code)
    for _ in range(MAX_WRONG):
        with pytest.raises(UnknownCode):
            desk.sessions.open_by_code(next(guesses), GUESSER)
    with pytest.raises(TooManyGuesses):
        desk.sessions.open_by_code(new.code, GUESSER)
    assert desk.sessions.open_by_code(new.code, HOME)
    desk.clock.forward(seconds=WINDOW.total_seconds())
    assert desk.sessions.open_by_code(new.code, GUESSER)


def test_callers_and_the_page_share_the_tries(desk):
    guesses = wrong_codes()
    for _ in range(MAX_WRONG - 1):
        desk.calls.judge(claims(GUESSER, next(guesses)))
    with pytest.raises(UnknownCode):
        desk.sessions.open_by_code(next(guesses), GUESSER)
    with pytest.raises(TooManyGuesses):
        desk.sessions.open_by_code(next(guesses), GUESSER)


def test_a_caller_is_slowed_then_refused(desk):
    guesses = wrong_codes()
    seen = [desk.calls.judge(claims(GUESSER, next(guesses))) for _ in range(MAX_WRONG + 2)]
    assert [one.seconds for one in seen[:7]] == [0, 0, 1, 2, 4, 8, 8]
    assert [one.refused for one in seen] == [""] * (MAX_WRONG - 1) + [GUESSING] * 3


def test_a_caller_that_says_nothing_or_the_right_thing_is_not_kept(desk):
    new = desk.session()
    assert desk.calls.judge(claims(HOME)) == Patience()
    assert desk.calls.judge(claims(HOME, new.code)) == Patience()
    assert desk.calls.judge(claims(HOME, desk.sessions.dial_facts(new.link).number)) == Patience()


def test_a_script_whose_session_ended_is_sent_away_but_is_no_guesser(desk):
    new = desk.session()
    number = desk.sessions.dial_facts(new.link).number
    desk.sessions.end(new.session.id, desk.anna)
    for _ in range(MAX_WRONG * 2):
        assert desk.calls.judge(claims(HOME, number)) == Patience(OVER)
    other = desk.session()
    assert desk.calls.judge(claims(HOME, other.code)) == Patience()


@pytest.mark.parametrize("said", ["", "1", "front-desk", "305419896", "012345678"])
def test_what_a_caller_says_and_no_code_can_be_is_not_counted(desk, said):
    new = desk.session()
    for _ in range(MAX_WRONG + 1):
        assert desk.calls.judge(claims(HOME, said)) == Patience()
        assert desk.place(HOME, said).session_id is None
    assert desk.sessions.open_by_code(new.code, HOME)


@pytest.mark.parametrize("engine", [SQLITE], indirect=True)
def test_a_thousand_wrong_codes_from_one_address(desk):
    new = desk.session()
    guesses = wrong_codes(new.code)
    judged = [desk.calls.judge(claims(GUESSER, next(guesses))) for _ in range(ATTEMPTS)]
    assert sum(not one.refused for one in judged) == MAX_WRONG - 1
    assert desk.sessions.open_by_code(new.code, HOME)
    assert desk.calls.judge(claims(HOME, new.code)) == Patience()


@pytest.mark.parametrize("engine", [SQLITE], indirect=True)
def test_a_thousand_wrong_codes_from_many_addresses(desk):
    new = desk.session()
    guesses = wrong_codes(new.code)
    looked_at = 0
    for number in range(ATTEMPTS):
        address = f"10.{number // 5 >> 8 & 255}.{number // 5 & 255}.1"  # five tries each, and everybody is back later
        looked_at += not desk.calls.judge(claims(address, next(guesses))).refused
    # Each of the 200 had one try, and the first ones a few more until there were too many in all.
    assert looked_at <= ATTEMPTS // 5 + MAX_WRONG_IN_ALL
    assert desk.sessions.list()[0].state == "created"
    assert desk.sessions.open_by_code(new.code, HOME)
    assert desk.calls.judge(claims(HOME, new.code)) == Patience()


def test_a_network_of_ipv6_is_one_guesser():
    assert origin_of("2001:db8:1:2::7") == origin_of("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert origin_of("2001:db8:1:3::7") != origin_of("2001:db8:1:2::7")
    assert origin_of(GUESSER) == GUESSER
    assert origin_of("") == "unknown"


def test_old_guesses_are_forgotten(desk, engine):
    desk.calls.judge(claims(GUESSER, next(wrong_codes())))
    desk.sessions.expire()
    assert _rows(engine) == 2
    desk.clock.forward(seconds=WINDOW.total_seconds())
    desk.sessions.expire()
    assert _rows(engine) == 0


def _rows(engine):
    with engine.connect() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM guesses").scalar_one()


def test_the_guesser_is_told_in_the_audit_without_the_code(desk, engine):
    guesses = wrong_codes()
    for _ in range(MAX_WRONG + 5):
        code = next(guesses)
        desk.calls.judge(claims(GUESSER, code))
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT address FROM events WHERE kind = 'guesser_refused'").scalars().all()
    assert rows == [GUESSER]


def test_a_code_makes_only_so_many_links(desk):
    new = desk.session()
    for _ in range(MAX_LINKS - 1):
        desk.sessions.open_by_code(new.code, HOME)
    with pytest.raises(TooManyGuesses):
        desk.sessions.open_by_code(new.code, HOME)
    assert desk.sessions.open_page(new.link, HOME)


def test_the_guesses_of_these_tests_are_well_formed():
    assert check_digit(next(wrong_codes())) == "0"
