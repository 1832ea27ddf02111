from __future__ import annotations

import pytest

from sessions.errors import BadTokenName, UnknownTechnician, UnknownToken

HOME = "198.51.100.1"


def test_a_token_says_whose_it_is(desk):
    made = desk.tokens.make(desk.anna.id, "backup script", desk.anna)
    found = desk.tokens.whose(made.token, HOME)
    assert (found.id, found.address) == (desk.anna.id, HOME)
    assert desk.tokens.whose("rb_" + "a" * 32, HOME) is None
    assert made.token not in repr(made)
    told = desk.events("token_made")
    assert told == [("token_made", "anna", {"technician": "anna", "token": made.id, "name": "backup script"})]


def test_its_last_use_is_noted_once_a_minute(desk):
    made = desk.tokens.make(desk.anna.id, "script")
    assert desk.tokens.list(desk.anna.id)[0].last_used_at is None
    desk.tokens.whose(made.token, HOME)
    first = desk.clock()
    desk.clock.forward(seconds=59)
    desk.tokens.whose(made.token, HOME)
    assert desk.tokens.list(desk.anna.id)[0].last_used_at == first
    desk.tokens.whose(made.token, "203.0.113.9")
    view = desk.tokens.list(desk.anna.id)[0]
    assert (view.last_used_at, view.last_used_from) == (desk.clock(), "203.0.113.9")
    assert (view.id, view.name) == (made.id, "script")


def test_revoking(desk):
    made = desk.tokens.make(desk.anna.id, "script")
    ben = desk.people.add("ben").technician
    with pytest.raises(UnknownToken):
        desk.tokens.revoke(made.id, ben, owner_id=ben.id)
    desk.tokens.revoke(made.id, desk.anna, owner_id=desk.anna.id)
    assert desk.tokens.whose(made.token, HOME) is None
    with pytest.raises(UnknownToken):
        desk.tokens.revoke(made.id, None)


def test_what_cannot_be_made(desk):
    for name in ("", "x" * 65):
        with pytest.raises(BadTokenName):
            desk.tokens.make(desk.anna.id, name)
    desk.people.remove("anna", None)
    for number in (desk.anna.id, 99):
        with pytest.raises(UnknownTechnician):
            desk.tokens.make(number, "script")
