from __future__ import annotations

import pytest

from sessions.errors import BadName, BadPassword, NameTaken, UnknownTechnician


def test_signing_in(desk):
    made = desk.people.add("Ben Ölker", role="admin")
    assert made.password not in repr(made)
    assert desk.people.sign_in("Ben Ölker", made.password) == made.technician
    assert desk.people.sign_in("Ben Ölker", "wrong") is None
    assert desk.people.sign_in("nobody", made.password) is None
    assert desk.people.sign_in("Ben Ölker", "x" * 100_000) is None
    assert desk.people.count() == 2


def test_looking_up(desk):
    assert desk.people.get(desk.anna.id) == desk.anna
    assert desk.people.by_name("anna") == desk.anna
    assert desk.people.get(99) is None
    assert desk.people.by_name("nobody") is None


def test_what_cannot_be_added(desk):
    with pytest.raises(NameTaken):
        desk.people.add("anna")
    for name in ("", " anna", "x" * 65, "<b>", "a\nb"):
        with pytest.raises(BadName):
            desk.people.add(name)
    with pytest.raises(BadPassword):
        desk.people.add("ben", password="short")
    with pytest.raises(ValueError, match="admin, technician, auditor"):
        desk.people.add("ben", role="king")


def test_tokens(desk):
    token = desk.people.new_token("anna")
    assert desk.people.by_token(token) == desk.anna
    assert desk.people.by_token("rb_" + "a" * 32) is None
    with pytest.raises(UnknownTechnician):
        desk.people.new_token("nobody")


def test_the_stamp_belongs_to_the_password(desk):
    one = desk.people.add("ben", password="the same password").technician
    two = desk.people.add("cyd", password="the same password").technician
    assert one.stamp != two.stamp
