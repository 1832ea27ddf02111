from __future__ import annotations

import itertools

import pytest

from sessions import secrets


def counting():
    count = itertools.count(1)
    return lambda n: next(count).to_bytes(n, "big")


def test_shapes():
    entropy = counting()
    for make in (secrets.new_link, secrets.new_ticket):
        assert set(make(entropy)) <= set("abcdefghijklmnopqrstuvwxyz234567")
        assert len(make(entropy)) == 26
    assert len(secrets.new_token(entropy)) == 35
    assert secrets.new_token(entropy).startswith("rb_")
    assert len(secrets.new_session_id(entropy)) == 12
    assert len(secrets.new_password(entropy)) == 16


def test_codes_are_nine_digits_check_themselves_and_never_begin_with_zero():
    for number in range(0, 2**64, 2**64 // 500):
        code = secrets.new_code(lambda n, number=number: number.to_bytes(n, "big"))
        assert len(code) == 9
        assert code[0] != "0"
        assert secrets.normal_code(code) == code


def test_known_check_digit():
    assert secrets.check_digit("572") == "4"


def test_every_wrong_digit_and_every_swap_is_found():
    code = secrets.new_code(lambda n: b"\x12\x34\x56\x78\x9a\xbc\xde\xf1"[:n])
    for place, digit in itertools.product(range(9), "0123456789"):
        if digit != code[place]:
            assert secrets.normal_code(code[:place] + digit + code[place + 1 :]) is None
    for place in range(8):
        if code[place] != code[place + 1]:
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            assert secrets.normal_code(swapped) is None


@pytest.mark.parametrize("form", ["{}{}{}", "{} {} {}", "{}-{}-{}", " {}.{} {} "])
def test_people_type_codes_in_groups(form):
    code = secrets.new_code(bytes)
    assert secrets.normal_code(form.format(code[:3], code[3:6], code[6:])) == code


@pytest.mark.parametrize("typed", ["", "12345678", "1234567890", "abcdefghi", "012345678", "١٢٣٤٥٦٧٨٩"])
def test_what_is_no_code(typed):
    assert secrets.normal_code(typed) is None


def test_digest_is_sha256():
    assert secrets.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
