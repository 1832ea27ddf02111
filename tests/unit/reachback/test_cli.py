from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from reachback.cli import main
from reachback.register import opened
from sessions.api_tokens import ApiTokenRegister
from sessions.settings import Settings
from sessions.technicians import TechnicianRegister


class Terminal:
    """Runs `reachback` in an environment of its own."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._environ = environ

    def __call__(self, *words: str, typed: str = "") -> Result:
        return CliRunner(env=self._environ).invoke(main, words, input=typed)


@pytest.fixture
def reachback(environ: dict[str, str]) -> Terminal:
    return Terminal(environ)


@pytest.fixture
def upgraded(reachback: Terminal) -> Terminal:
    assert reachback("db", "upgrade").exit_code == 0
    return reachback


def test_the_password_that_was_made_is_all_of_standard_output_and_signs_in(
    upgraded: Terminal, settings: Settings
) -> None:
    result = upgraded("technician", "add", "ada", "--role", "auditor")
    assert result.exit_code == 0
    with opened(settings.database_url) as engine:
        signed_in = TechnicianRegister(engine).check_password("ada", result.stdout.removesuffix("\n"))
    assert signed_in is not None
    assert signed_in.role == "auditor"


def test_a_password_from_standard_input_signs_in_and_is_printed_nowhere(upgraded: Terminal, settings: Settings) -> None:
    result = upgraded("technician", "add", "ada", "--password-stdin", typed="correct horse battery\n")
    assert result.exit_code == 0
    assert "correct horse" not in result.output
    assert result.stdout == ""
    with opened(settings.database_url) as engine:
        assert TechnicianRegister(engine).check_password("ada", "correct horse battery") is not None


def test_a_short_password_is_refused_in_one_sentence(upgraded: Terminal) -> None:
    result = upgraded("technician", "add", "ada", "--password-stdin", typed="short\n")
    assert result.exit_code == 1
    assert result.stderr == "Error: A password has at least 10 characters.\n"


def test_a_name_is_given_once(upgraded: Terminal) -> None:
    upgraded("technician", "add", "ada")
    result = upgraded("technician", "add", "ada")
    assert result.exit_code == 1
    assert "exists already" in result.stderr


def test_an_unknown_role_is_refused(upgraded: Terminal) -> None:
    assert upgraded("technician", "add", "ada", "--role", "owner").exit_code == 2


def test_a_token_is_all_of_standard_output_and_opens_the_api(upgraded: Terminal, settings: Settings) -> None:
    upgraded("technician", "add", "ada")
    result = upgraded("token", "ada")
    with opened(settings.database_url) as engine:
        owner = ApiTokenRegister(engine).whose(result.stdout.removesuffix("\n"), "")
    assert owner is not None
    assert owner.name == "ada"


def test_nobody_gets_no_token(upgraded: Terminal) -> None:
    result = upgraded("token", "nobody")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "no technician of this name" in result.stderr


def test_without_a_schema_the_cure_is_named(reachback: Terminal) -> None:
    result = reachback("technician", "add", "ada")
    assert result.exit_code == 1
    assert "reachback db upgrade" in result.stderr


def test_a_setting_that_cannot_be_understood_is_told_in_one_sentence(environ: dict[str, str]) -> None:
    result = Terminal({**environ, "REACHBACK_HTTP": "everywhere"})("doctor")
    assert result.exit_code == 1
    assert result.stdout.startswith("✘ REACHBACK_HTTP is 'everywhere'")
    assert "Traceback" not in result.output


def test_a_database_that_does_not_answer_is_told_in_one_sentence(environ: dict[str, str]) -> None:
    result = Terminal({**environ, "REACHBACK_DATABASE_URL": "sqlite:////proc/self/reachback.db"})("db", "upgrade")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database does not answer")


def test_doctor_fails_where_something_is_wrong(reachback: Terminal) -> None:
    result = reachback("doctor")
    assert result.exit_code == 1
    assert "✘ there is no database yet" in result.stdout


def test_doctor_fails_no_more_once_it_is_mended(upgraded: Terminal) -> None:
    upgraded("technician", "add", "ada")
    result = upgraded("doctor")
    assert [line for line in result.stdout.splitlines() if line.startswith("✘") and "noVNC" not in line] == []


def test_up_says_which_address_is_taken(environ: dict[str, str], occupied: object, settings: Settings) -> None:
    occupied(settings.http.port)  # type: ignore[operator]
    result = Terminal(environ)("up")
    assert result.exit_code == 1
    assert f"portal cannot listen on {settings.http}: Address already in use" in result.stderr
    assert not settings.state_dir.exists()
