from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest

from sessions.errors import FactorSet, NoFactor, WrongFactor
from sessions.second_factor import SecondFactorRegister
from sessions.vault import Vault


def shown(desk, secret, later=0):
    return pyotp.TOTP(secret).at(desk.clock() + timedelta(seconds=30 * later))


@pytest.fixture
def factor(desk):
    """anna's app, set up: (secret, recovery codes). The step that confirmed it is over."""
    secret = desk.second_factor.begin(desk.anna.id).secret
    codes = desk.second_factor.confirm(desk.anna.id, shown(desk, secret))
    desk.clock.forward(seconds=60)
    return secret, codes


def test_setting_it_up(desk, engine):
    setup = desk.second_factor.begin(desk.anna.id)
    assert desk.second_factor.begin(desk.anna.id) == setup
    assert setup.secret in setup.uri
    assert setup.secret not in repr(setup)
    assert "issuer=Reachback" in setup.uri
    assert not desk.second_factor.check(desk.anna.id, shown(desk, setup.secret))
    with pytest.raises(WrongFactor):
        desk.second_factor.confirm(desk.anna.id, "000000")
    codes = desk.second_factor.confirm(desk.anna.id, shown(desk, setup.secret))
    assert len(set(codes)) == 10
    for refused in (desk.second_factor.begin, lambda who: desk.second_factor.confirm(who, "000000")):
        with pytest.raises(FactorSet):
            refused(desk.anna.id)
    with engine.connect() as connection:
        kept = str([connection.exec_driver_sql(f"SELECT * FROM {t}").all() for t in ("technicians", "recovery_codes")])
    assert setup.secret not in kept
    assert codes[0] not in kept


def test_each_step_fits_once_and_one_step_either_way(desk, factor):
    secret, _ = factor
    check = desk.second_factor.check
    assert not check(desk.anna.id, shown(desk, secret, -2))
    assert not check(desk.anna.id, shown(desk, secret, 2))
    assert check(desk.anna.id, shown(desk, secret, -1))
    spaced = shown(desk, secret)[:3] + " " + shown(desk, secret)[3:]
    assert check(desk.anna.id, spaced)
    assert not check(desk.anna.id, spaced)
    assert not check(desk.anna.id, shown(desk, secret, -1))
    assert check(desk.anna.id, shown(desk, secret, 1))
    for nonsense in ("", "12345", "ü" * 6, "x" * 100_000):
        assert not check(desk.anna.id, nonsense)


def test_a_recovery_code_fits_once_and_for_its_owner_only(desk, factor):
    _, codes = factor
    ben = desk.people.add("ben").technician
    desk.second_factor.confirm(ben.id, shown(desk, desk.second_factor.begin(ben.id).secret))
    assert not desk.second_factor.check(ben.id, codes[0])
    assert desk.second_factor.check(desk.anna.id, codes[0].upper().replace("-", " "))
    assert not desk.second_factor.check(desk.anna.id, codes[0])
    assert desk.second_factor.codes_left(desk.anna.id) == 9
    assert desk.events("recovery_code_used") == [("recovery_code_used", "anna", {"left": 9})]
    new = desk.second_factor.new_recovery_codes(desk.anna)
    assert not desk.second_factor.check(desk.anna.id, codes[1])
    assert desk.second_factor.check(desk.anna.id, new[0])
    with pytest.raises(NoFactor):
        desk.second_factor.new_recovery_codes(desk.people.add("cyd").technician)


@pytest.mark.parametrize("which", ["step", "recovery code"])
def test_of_several_at_once_one_is_taken(desk, factor, which):
    secret, codes = factor
    code = shown(desk, secret) if which == "step" else codes[3]
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: desk.second_factor.check(desk.anna.id, code), range(8)))
    assert taken.count(True) == 1


def test_turning_it_off(desk, factor):
    _, codes = factor
    desk.second_factor.turn_off(desk.anna.id, None)
    assert not desk.second_factor.check(desk.anna.id, codes[0])
    assert desk.second_factor.codes_left(desk.anna.id) == 0
    with pytest.raises(NoFactor):
        desk.second_factor.turn_off(desk.anna.id, None)
    assert desk.events("second_factor_off") == [("second_factor_off", "command line", {"technician": "anna"})]
    desk.second_factor.begin(desk.anna.id)


def test_a_secret_sealed_with_another_key_fits_nothing(desk, factor, engine):
    secret, codes = factor
    other = SecondFactorRegister(engine, desk.clock, vault=Vault(b"o" * 32))
    assert not other.check(desk.anna.id, shown(desk, secret))
    assert other.check(desk.anna.id, codes[0])
    with pytest.raises(ValueError, match="vault"):
        SecondFactorRegister(engine, desk.clock).check(desk.anna.id, shown(desk, secret))
