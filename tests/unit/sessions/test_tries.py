from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from sessions.tries import LOCKED_FOR, MAX_WRONG

HOME, AWAY = "198.51.100.1", "203.0.113.9"


def fail(desk, name="anna", address=HOME, device=None, times=1):
    """Wrong tries, each looked at; answers the lock that the last one brought."""
    lock = None
    for _ in range(times):
        assert desk.tries.attempt(name, address, device) is None
        lock = desk.tries.wrong(name, address, device)
    return lock


def test_five_wrong_ones_lock_for_five_minutes(desk):
    assert fail(desk, times=MAX_WRONG - 1) is None
    lock = fail(desk)
    assert lock.until == desk.clock() + LOCKED_FOR == desk.clock() + timedelta(seconds=300)
    desk.clock.forward(seconds=299)
    assert desk.tries.attempt("anna", HOME) == lock
    desk.clock.forward(seconds=1)
    assert desk.tries.attempt("anna", HOME) is None


def test_an_account_is_locked_from_everywhere_and_an_address_for_everybody(desk):
    fail(desk, times=MAX_WRONG)
    assert desk.tries.attempt("anna", AWAY)
    assert desk.tries.attempt("ben", HOME)
    assert desk.tries.attempt("ben", AWAY) is None


def test_many_names_from_one_address_and_one_name_from_many(desk):
    for number in range(MAX_WRONG):
        fail(desk, f"name {number}")
    assert desk.tries.attempt("another", HOME)
    for number in range(MAX_WRONG):
        fail(desk, "ben", f"192.0.2.{number}")
    assert desk.tries.attempt("ben", "192.0.2.99")


def test_an_ipv6_customer_is_one_address(desk):
    for number in range(MAX_WRONG):
        fail(desk, f"name {number}", f"2001:db8::{number}")
    assert desk.tries.attempt("another", "2001:db8::ffff")


def test_a_known_browser_is_counted_by_itself(desk):
    fail(desk, times=MAX_WRONG)
    assert desk.tries.attempt("anna", HOME, "mark") is None
    desk.tries.right("anna", HOME, "mark")
    fail(desk, address=AWAY, device="mark", times=MAX_WRONG)
    assert desk.tries.attempt("anna", AWAY, "mark")
    assert desk.tries.attempt("anna", AWAY, "other mark") is None
    assert desk.tries.attempt("ben", AWAY, "mark") is None


def test_a_right_one_begins_anew_but_clears_no_address(desk):
    fail(desk, times=MAX_WRONG - 1)
    assert desk.tries.attempt("anna", HOME) is None
    desk.tries.right("anna", HOME)
    assert desk.tries.attempt("anna", HOME) is None
    desk.tries.right("anna", HOME)
    fail(desk, "ben")
    assert desk.tries.attempt("cyd", HOME)


def test_a_right_password_begins_no_new_row_of_wrong_codes(desk):
    for _ in range(MAX_WRONG - 1):
        assert desk.tries.attempt("anna", HOME) is None
        desk.tries.half_right("anna", HOME)
        fail(desk)
    assert desk.tries.attempt("anna", HOME) is None
    desk.tries.half_right("anna", HOME)
    assert fail(desk)


def test_signing_in_with_two_factors_again_and_again_locks_nobody(desk):
    for _ in range(20):
        assert desk.tries.attempt("anna", HOME) is None
        desk.tries.half_right("anna", HOME)
        assert desk.tries.attempt("anna", HOME) is None
        desk.tries.right("anna", HOME)


def test_tries_far_apart_are_no_row(desk):
    fail(desk, times=MAX_WRONG - 1)
    desk.clock.forward(minutes=15)
    assert desk.tries.forget_old() == 2
    assert desk.tries.forget_old() == 0
    assert fail(desk) is None


def test_however_many_arrive_together_no_more_than_five_are_looked_at(desk):
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: desk.tries.attempt("anna", HOME), range(20)))
    assert answers.count(None) == MAX_WRONG


@pytest.mark.parametrize("name", ["nobody", "my secret password", "x" * 100_000, ""])
def test_what_names_nobody_is_not_written_down(desk, name):
    fail(desk, name, times=MAX_WRONG)
    told = desk.events("sign_in_failed", "locked_out")
    assert [kind for kind, _, _ in told] == ["sign_in_failed"] * 4 + ["locked_out"]
    assert {actor for _, actor, _ in told} == {"unknown"}
    fail(desk, "anna", AWAY)
    assert desk.events("sign_in_failed")[-1][1] == "anna"
