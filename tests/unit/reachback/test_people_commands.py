from __future__ import annotations

from collections.abc import Iterator

import pyotp
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from reachback.cli import main
from reachback.register import opened
from sessions.api_tokens import ApiTokenRegister
from sessions.clock import utc_now
from sessions.database import upgrade
from sessions.second_factor import SecondFactorRegister
from sessions.settings import Settings
from sessions.sign_ins import SignInRegister
from sessions.technicians import TechnicianRegister

PASSWORD = "correct horse battery"


class Terminal:
    """Runs `reachback` in an environment of its own."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._environ = environ

    def __call__(self, *words: str, typed: str = "", status: int = 0) -> Result:
        result = CliRunner(env=self._environ).invoke(main, words, input=typed)
        assert result.exit_code == status, result.output
        return result


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    with opened(settings.database_url) as engine:
        upgrade(engine)
        people = TechnicianRegister(engine)
        people.add("ida", "admin", PASSWORD)
        people.add("ada", password=PASSWORD)
        yield engine


@pytest.fixture
def reachback(environ: dict[str, str], engine: Engine) -> Terminal:
    return Terminal(environ)


def test_a_list_of_everybody(reachback: Terminal, engine: Engine) -> None:
    reachback("technician", "add", "olaf", "--role", "auditor", "--openid", "olaf@example.org")
    SignInRegister(engine).begin(TechnicianRegister(engine).person("ada").id, "password", "198.51.100.1", "Firefox")
    ApiTokenRegister(engine).make(TechnicianRegister(engine).person("ada").id, "script")
    reachback("technician", "remove", "ada")
    reachback("technician", "restore", "ada")
    reachback("technician", "remove", "ada")
    lines = reachback("technician", "list", "--removed").stdout.splitlines()
    assert lines[0].split("  ")[0] == "NAME"
    assert [line.split()[:2] for line in lines[1:]] == [["ada", "removed"], ["ida", "admin"], ["olaf", "auditor"]]
    assert "OpenID (olaf@example.org)" in lines[3]
    assert "ada" not in reachback("technician", "list").stdout


def test_a_new_password_is_all_of_standard_output(reachback: Terminal, engine: Engine) -> None:
    made = reachback("technician", "password", "ada").stdout.removesuffix("\n")
    assert TechnicianRegister(engine).check_password("ada", made)
    assert TechnicianRegister(engine).person("ada").must_change_password
    given = reachback("technician", "password", "ada", "--password-stdin", typed="another long one\n")
    assert given.stdout == ""
    assert "another long one" not in given.output
    assert TechnicianRegister(engine).check_password("ada", "another long one")
    assert not TechnicianRegister(engine).person("ada").must_change_password


def test_roles(reachback: Terminal, engine: Engine) -> None:
    reachback("technician", "role", "ada", "auditor")
    assert TechnicianRegister(engine).person("ada").role == "auditor"
    assert "last admin" in reachback("technician", "role", "ida", "technician", status=1).stderr
    assert "last admin" in reachback("technician", "remove", "ida", status=1).stderr
    assert "no technician of this name" in reachback("technician", "role", "bob", "admin", status=1).stderr


def test_a_lost_phone_and_a_stolen_laptop(reachback: Terminal, engine: Engine, settings: Settings) -> None:
    ada = TechnicianRegister(engine).person("ada").id
    factor = SecondFactorRegister(engine, vault=settings.vault())
    factor.confirm(ada, pyotp.TOTP(factor.begin(ada).secret).at(utc_now()))
    assert "password and second factor" in reachback("technician", "list").stdout
    reachback("technician", "second-factor-off", "ada")
    assert not TechnicianRegister(engine).person("ada").second_factor
    assert "No second factor" in reachback("technician", "second-factor-off", "ada", status=1).stderr
    SignInRegister(engine).begin(ada, "password", "198.51.100.1", "Firefox")
    assert "1 sign-ins of ada" in reachback("technician", "sign-out", "ada").stderr


def test_openid(reachback: Terminal, engine: Engine) -> None:
    assert "as ada@example.org" in reachback("technician", "openid", "ada", "ada@example.org").stderr
    assert TechnicianRegister(engine).person("ada").openid_email == "ada@example.org"
    assert "without" in reachback("technician", "openid", "ada").stderr
    assert "e-mail" in reachback("technician", "openid", "ada", "nobody", status=1).stderr


def test_tokens_are_listed_and_revoked(reachback: Terminal, engine: Engine) -> None:
    made = reachback("token", "ada", "--label", "backup").stdout.strip()
    assert "backup" in reachback("token", "list", "ada").stdout
    assert "never used" in reachback("token", "list", "ada").stdout
    assert ApiTokenRegister(engine).whose(made, "198.51.100.1")
    listed = reachback("token", "list", "ada").stdout
    assert "from 198.51.100.1" in listed
    reachback("token", "revoke", listed.split()[0])
    assert ApiTokenRegister(engine).whose(made, "198.51.100.1") is None
    assert "no such API token" in reachback("token", "revoke", "99", status=1).stderr
