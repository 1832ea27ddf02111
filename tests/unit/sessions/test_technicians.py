from __future__ import annotations

import pytest

from sessions.errors import (
    BadEmail,
    BadName,
    BadPassword,
    LastAdmin,
    NameTaken,
    SamePassword,
    UnknownTechnician,
    WrongPassword,
)

PASSWORD = "correct horse battery"


def test_signing_in(desk):
    made = desk.people.add("Ben Ölker", role="admin")
    assert made.password not in repr(made)
    assert desk.people.check_password("Ben Ölker", made.password) == made.technician
    assert desk.people.check_password("Ben Ölker", "wrong") is None
    assert desk.people.check_password("nobody", made.password) is None
    assert desk.people.check_password("Ben Ölker", "x" * 100_000) is None
    assert desk.people.count() == 2


def test_looking_up(desk):
    assert desk.people.get(desk.anna.id) == desk.anna
    assert desk.people.by_name("anna") == desk.anna
    assert desk.people.get(99) is None
    assert desk.people.by_name("nobody") is None


def test_what_cannot_be_added(desk):
    with pytest.raises(NameTaken):
        desk.people.add("anna")
    for name in ("customer", "Listener", "command line", "unknown"):
        with pytest.raises(NameTaken, match="audit"):
            desk.people.add(name)
    for name in ("", " anna", "x" * 65, "<b>", "a\nb"):
        with pytest.raises(BadName):
            desk.people.add(name)
    with pytest.raises(BadPassword):
        desk.people.add("ben", password="short")
    with pytest.raises(ValueError, match="admin, technician, auditor"):
        desk.people.add("ben", role="king")


def test_the_stamp_belongs_to_the_password(desk):
    one = desk.people.add("ben", password="the same password").technician
    two = desk.people.add("cyd", password="the same password").technician
    assert one.stamp != two.stamp


# What admins do.


@pytest.fixture
def ida(desk):
    return desk.people.add("ida", "admin", password="an admin's password").technician


def test_the_last_admin_stays(desk, ida):
    for refused in (lambda: desk.people.remove("ida", ida), lambda: desk.people.change_role("ida", "auditor", ida)):
        with pytest.raises(LastAdmin):
            refused()
    assert desk.people.by_name("ida") == ida
    desk.people.change_role("anna", "admin", ida)
    desk.people.remove("ida", desk.anna)
    assert desk.people.by_name("ida") is None


def test_an_admin_who_only_has_openid_keeps_it(desk, ida):
    made = desk.people.add("olaf", "admin", openid_email="olaf@example.org")
    assert made.password == ""
    assert desk.people.check_password("olaf", "") is None
    desk.people.remove("ida", made.technician)
    with pytest.raises(LastAdmin):
        desk.people.set_openid_email("olaf", None, None)
    with pytest.raises(BadEmail):
        desk.people.set_openid_email("olaf", "no address", None)


def test_who_was_removed_is_gone_but_not_forgotten(desk, ida):
    token = desk.tokens.make(desk.anna.id, "script").token
    cookie = desk.sign_ins.begin(desk.anna.id, "password", "198.51.100.1", "Firefox").secret
    desk.people.remove("anna", ida)
    assert desk.people.get(desk.anna.id) is None
    assert desk.people.check_password("anna", PASSWORD) is None
    assert desk.tokens.whose(token, "") is None
    assert desk.sign_ins.who(cookie, "") is None
    assert [one.name for one in desk.people.all()] == ["ida"]
    assert [(one.name, one.removed_at is not None) for one in desk.people.all(removed=True)] == [
        ("anna", True),
        ("ida", False),
    ]
    with pytest.raises(NameTaken):
        desk.people.add("anna")
    with pytest.raises(UnknownTechnician):
        desk.people.remove("anna", ida)
    desk.people.restore("anna", ida)
    desk.people.restore("anna", ida)
    assert desk.people.check_password("anna", PASSWORD) == desk.anna
    assert desk.tokens.whose(token, "") is None


def test_a_made_password_has_to_be_changed(desk, ida):
    cookie = desk.sign_ins.begin(desk.anna.id, "password", "198.51.100.1", "Firefox").secret
    made = desk.people.make_password("anna", ida)
    assert desk.sign_ins.who(cookie, "") is None
    anna = desk.people.check_password("anna", made)
    new = desk.sign_ins.begin(anna.id, "password", "198.51.100.1", "Firefox")
    assert desk.sign_ins.who(new.secret, "").must_change_password
    other = desk.sign_ins.begin(anna.id, "password", "198.51.100.2", "Opera").secret
    for old, wanted, refusal in (
        ("wrong", "another password", WrongPassword),
        (made, made, SamePassword),
        (made, "short", BadPassword),
    ):
        with pytest.raises(refusal):
            desk.people.change_password(anna, old, wanted, new.id)
    desk.people.change_password(anna, made, "another password", new.id)
    assert not desk.sign_ins.who(new.secret, "").must_change_password
    assert desk.sign_ins.who(other, "") is None


def test_a_new_password_ends_seats_and_what_was_seen_of_a_second_factor(desk, ida):
    new, call = desk.held()
    desk.tickets.spend(desk.tickets.issue(new.session.id, desk.anna).token)
    seat = desk.calls.take_seat(call)
    seen = desk.second_factor.begin(desk.anna.id).secret
    desk.people.make_password("anna", ida)
    assert desk.calls.seats_to_end() == [seat.id]
    assert desk.second_factor.begin(desk.anna.id).secret != seen


def test_what_was_done_to_people_is_written_down_without_a_secret(desk, ida, engine):
    made = desk.people.make_password("anna", ida)
    desk.people.set_openid_email("anna", "anna@example.org", ida)
    desk.people.change_role("anna", "auditor", ida)
    told = desk.events("technician_added", "password_set", "openid_email_set", "role_changed")
    assert [kind for kind, _, _ in told] == [
        "technician_added",
        "technician_added",
        "password_set",
        "openid_email_set",
        "role_changed",
    ]
    assert told[-1][1:] == ("ida", {"technician": "anna", "before": "technician", "role": "auditor"})
    assert made not in str(told)


# OpenID Connect.


def test_an_email_is_pinned_to_whoever_came_first(desk):
    desk.people.add("olaf", openid_email="Olaf@example.org")
    assert desk.people.pin_openid("mallory@example.org", "https://op", "1", "") is None
    first = desk.people.pin_openid("olaf@EXAMPLE.org", "https://op", "1", "198.51.100.1")
    assert first.name == "olaf"
    assert desk.people.by_openid("https://op", "1").name == "olaf"
    assert desk.people.by_openid("https://other", "1") is None
    assert desk.people.pin_openid("olaf@example.org", "https://op", "2", "") is None
    desk.people.set_openid_email("olaf", "olaf@example.org", None)
    assert desk.people.by_openid("https://op", "1") is None


def test_an_email_of_two_people_lets_nobody_in(desk):
    desk.people.add("olaf", openid_email="shop@example.org")
    desk.people.add("olga", openid_email="shop@example.org")
    assert desk.people.pin_openid("shop@example.org", "https://op", "1", "") is None
