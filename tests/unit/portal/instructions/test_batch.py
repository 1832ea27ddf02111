from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.instructions import LANGUAGES, Facts, connect_bat, texts
from portal.instructions.batch import CODE_PAGES, OTHERWISE, echoed
from portal.instructions.pace import Pace

from .conftest import FACTS
from .xp_checker import problems

NAMES = [
    "Anna",
    'A "B" C',
    "50% off %PATH% %%",
    "a & b && c | d < e > f",
    "^caret^ (round) !bang!",
    "two\r\nlines\tand\x00more\x1b[31m",
    "Анна Ёлкина",
    "אבג\u202eevil\u200f",
    "@host@ @say asks@",
    "/? help",
    "x" * 500,
    "",
]


def made(facts: Facts, language: str = "en") -> str:
    return connect_bat(facts, language).decode(CODE_PAGES.get(language, OTHERWISE))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_whatever_the_name_it_is_a_batch_file_for_xp(facts: Callable[..., Facts], language: str, name: str) -> None:
    data = connect_bat(facts(technician=name), language)
    assert problems(data, CODE_PAGES.get(language, OTHERWISE)) == []
    assert data.startswith(b"@echo off\r\n")
    assert data.isascii() or language != "en" or not name.isascii()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_changes_nothing_but_what_is_said(facts: Callable[..., Facts], name: str) -> None:
    def commands(text: str) -> list[str]:
        return [line for line in text.split("\r\n") if not line.startswith("echo   ")]

    assert commands(made(facts(technician=name))) == commands(made(facts()))


@given(st.text(max_size=80))
def test_what_is_echoed_has_no_special_character_that_is_not_escaped(text: str) -> None:
    line = echoed(text)
    assert not re.search(r"(?<!\^)[&|<>()]", line.replace("^^", ""))
    assert '"' not in line
    assert "/?" not in line
    assert line.count("%") == 2 * text.count("%")


@given(st.text(max_size=80))
def test_any_name_at_all_makes_a_file(name: str) -> None:
    facts = Facts(**{field: getattr(FACTS, field) for field in FACTS.__slots__} | {"technician": name})
    assert problems(connect_bat(facts, "en")) == []


def test_names_are_spelled_in_what_the_code_page_has(facts: Callable[..., Facts]) -> None:
    assert "Anna Yolkina asks" in made(facts(technician="Анна Ёлкина"))
    assert "Zoe" in made(facts(technician="Zoë"), "ru")
    assert "Zoë" in made(facts(technician="Zoë"), "de")
    assert "?? asks" in made(facts(technician="日本"))


@pytest.mark.parametrize("host", ['a"b', "a b", "a&b", "a%b", "a\nb", "", "a;b", "a'b", "$(a)"])
def test_a_host_that_is_none_is_refused(facts: Callable[..., Facts], host: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        connect_bat(facts(host=host), "en")


@pytest.mark.parametrize("page", ["ftp://a/b", 'http://a/"b', "http://a/b c", "http://a/b&c", "http://a/%41", "a"])
def test_a_page_that_is_none_is_refused(facts: Callable[..., Facts], page: str) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        connect_bat(facts(page=page), "en")


def test_the_kits_tightvnc_dispatches_and_an_installed_one_connects(facts: Callable[..., Facts]) -> None:
    text = made(facts())
    assert 'set "DIAL=-dispatch dial.example.org::5500/123456782"\r\nset "VNC=%~dp0tvnserver.exe"' in text
    assert text.count("-dispatch ") == 1
    assert "-dispatch" not in made(facts(kit_tightvnc="2.8.81"))


def test_the_password_is_there_as_tightvnc_keeps_it_and_not_in_clear(facts: Callable[..., Facts]) -> None:
    text = made(facts(password="password"))
    assert "/v Password /t REG_BINARY /d dbd83cfd727a1458 /f" in text
    assert "k3yw0rds" not in made(facts())
    assert "REG_BINARY" not in made(facts(password=None))


def test_where_browsers_connect_too_the_address_must_fit(facts: Callable[..., Facts]) -> None:
    assert "('ping -n 1 -w 1000 dial.example.org')" in made(facts(port=443))
    assert 'set "IP=192.0.2.7"' in made(facts(host="192.0.2.7", port=443))
    assert "'ping" not in made(facts())


def test_the_pace_is_written_in_what_a_batch_file_can_count(facts: Callable[..., Facts]) -> None:
    text = connect_bat(facts(minutes=2), "en", Pace(tick=4, ask=8, first=4, last=40, start=3)).decode()
    assert 'set "LEFT=30"' in text
    assert "if %ASKED% LSS 2 goto" in text
    assert "ping -n 5 127.0.0.1" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_is_wider_than_a_console(facts: Callable[..., Facts], language: str) -> None:
    for line in made(facts(technician="x" * 40), language).split("\r\n"):
        if line.startswith("echo   "):
            assert len(line.replace("^", "")) - len("echo ") < 80


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letter_that_agrees_is_the_languages_own(facts: Callable[..., Facts], language: str) -> None:
    for word in texts.AGREEING[language]:
        assert f'if /i "!ANSWER!"=="{word}" goto agreed' in made(facts(), language)
