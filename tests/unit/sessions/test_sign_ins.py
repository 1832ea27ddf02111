from __future__ import annotations

import pytest

from sessions.errors import UnknownSignIn, UnknownTechnician

HOME = "198.51.100.1"


def begin(desk, address=HOME, browser="Firefox"):
    return desk.sign_ins.begin(desk.anna.id, "password", address, browser)


def test_a_sign_in_is_known_by_its_secret_alone(desk, engine):
    made = begin(desk)
    found = desk.sign_ins.who(made.secret, "203.0.113.5")
    assert (found.technician.name, found.technician.address) == ("anna", "203.0.113.5")
    assert (found.sign_in_id, found.how) == (made.id, "password")
    assert not found.must_change_password
    assert not found.second_factor_set
    assert desk.sign_ins.who("another", HOME) is None
    assert made.secret not in repr(made)
    with engine.connect() as connection:
        assert made.secret not in str(connection.exec_driver_sql("SELECT * FROM sign_ins").all())
    assert desk.events("signed_in") == [("signed_in", "anna", {"how": "password"})]


def test_it_ends_when_nobody_does_anything(desk):
    secret = begin(desk).secret
    desk.clock.forward(hours=11, minutes=59)
    assert desk.sign_ins.who(secret, HOME)
    desk.clock.forward(minutes=1)
    assert desk.sign_ins.who(secret, HOME) is None
    assert desk.sign_ins.list(desk.anna.id) == []
    assert desk.sign_ins.forget_stale() == 1
    assert desk.sign_ins.forget_stale() == 0


def test_doing_something_keeps_it(desk):
    made = begin(desk)
    desk.clock.forward(seconds=59)
    desk.sign_ins.seen(made.id)
    assert desk.sign_ins.list(desk.anna.id)[0].seen_at == desk.sign_ins.list(desk.anna.id)[0].since
    desk.clock.forward(hours=11)
    desk.sign_ins.seen(made.id)
    desk.clock.forward(hours=11)
    assert desk.sign_ins.who(made.secret, HOME)
    desk.sign_ins.seen(99)


def test_one_ends_one_and_all_but_one(desk):
    first, second, third = (begin(desk, browser=name) for name in ("Firefox", "Opera", "x" * 500))
    assert {one.browser for one in desk.sign_ins.list(desk.anna.id)} == {"Firefox", "Opera", "x" * 200}
    desk.sign_ins.end(first.id, desk.anna)
    assert desk.sign_ins.who(first.secret, HOME) is None
    ben = desk.people.add("ben").technician
    for wrong in (first.id, 99):
        with pytest.raises(UnknownSignIn):
            desk.sign_ins.end(wrong, desk.anna)
    with pytest.raises(UnknownSignIn):
        desk.sign_ins.end(second.id, ben)
    assert desk.sign_ins.end_all(desk.anna.id, desk.anna, keep=second.id) == 1
    assert desk.sign_ins.who(second.secret, HOME)
    assert desk.sign_ins.who(third.secret, HOME) is None
    assert desk.sign_ins.end_all(99, None) == 0


def test_who_was_removed_meanwhile_is_not_signed_in(desk):
    desk.people.remove("anna", None)
    for number in (desk.anna.id, 99):
        with pytest.raises(UnknownTechnician):
            desk.sign_ins.begin(number, "password", HOME, "Firefox")
