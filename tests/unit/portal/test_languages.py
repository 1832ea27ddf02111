from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from flask.testing import FlaskClient

from portal import languages, spoken

from .conftest import START, Portal

SCRIPT = Path(__file__).parents[3] / "scripts" / "translations.py"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
TAG = re.compile(r"</?\w+>")


@pytest.fixture(scope="module")
def translations() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translations", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def test_the_script_and_the_portal_know_the_same_languages(translations: ModuleType) -> None:
    assert {languages.SOURCE, *translations.LANGUAGES} == set(languages.LANGUAGES)


@pytest.mark.parametrize("language", [one for one in languages.LANGUAGES if one != languages.SOURCE])
def test_every_sentence_is_translated_and_none_is_left_over(translations: ModuleType, language: str) -> None:
    said = {message.id for message in translations.said() if message.id}
    catalog = translations.kept(language)
    assert len(said) > 50
    assert {message.id for message in catalog if message.id} == said, "run `scripts/translations.py update`"
    assert not catalog.obsolete
    for message in catalog:
        assert all(forms(message.string)), f"{language} has nothing for {message.id!r}"
        assert not message.id or not message.fuzzy, f"{language} is unsure of {message.id!r}"


@pytest.mark.parametrize("language", [one for one in languages.LANGUAGES if one != languages.SOURCE])
def test_placeholders_and_markup_are_those_of_the_english(translations: ModuleType, language: str) -> None:
    catalog = translations.kept(language)
    for message in catalog:
        if not message.id:
            continue
        english = forms(message.id)[-1]
        strings = forms(message.string)
        assert len(strings) == (1 if isinstance(message.id, str) else catalog.num_plurals), message.id
        for string in strings:
            assert sorted(PLACEHOLDER.findall(string)) == sorted(PLACEHOLDER.findall(english)), string
            assert sorted(TAG.findall(string)) == sorted(TAG.findall(english)), string
            # Whatever is left of a % would be read as a placeholder.
            assert "%" not in PLACEHOLDER.sub("", string), string


@pytest.mark.parametrize(
    ("accepted", "asked", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "", "de"),
        ("pt-BR", "", "pt"),
        ("ru", "", "ru"),
        ("ja,fr;q=0.3", "", "fr"),
        ("ja", "", "en"),
        ("", "", "en"),
        ("de;q=nonsense", "", "en"),
        ("*", "", "en"),
        ("it, *;q=0.5", "", "en"),
        ("ru, *;q=0.5", "", "ru"),
        ("de", "fr", "fr"),
        ("de", "xx", "de"),
        ("de", "<b>", "de"),
    ],
)
def test_a_choice_by_hand_wins_over_the_browsers(
    stranger: FlaskClient, accepted: str, asked: str, language: str
) -> None:
    answer = stranger.get("/", query_string={"lang": asked}, headers={"Accept-Language": accepted})
    assert f'<html lang="{language}">' in answer.text
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_each_language_names_the_others(stranger: FlaskClient, language: str) -> None:
    text = stranger.get(f"/?lang={language}").text
    for other, name in languages.LANGUAGES.items():
        assert (f'<a href="/?lang={other}">{name}</a>' in text) == (other != language)


def test_refusals_are_translated_too(portal: Portal, stranger: FlaskClient) -> None:
    ended = portal.session()
    portal.own.sessions.end(ended.session.id, portal.person("anna"))
    told = {lang: stranger.get(f"/support/{ended.link}?lang={lang}").text for lang in languages.LANGUAGES}
    assert len({text.partition("<h1>")[2].partition("</h1>")[0] for text in told.values()}) == len(told)
    unknown = stranger.get("/support/unknown", headers={"Accept-Language": "es"}).text
    assert "Este enlace no se conoce" in unknown
    assert 'href="?lang=de"' in unknown


def test_technicians_pages_stay_english(stranger: FlaskClient) -> None:
    assert "Password" in stranger.get("/sign-in?lang=de", headers={"Accept-Language": "de"}).text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["less than a minute", "1 minute", "2 hours 5 minutes", "2 days 1 hour 1 minute"]),
        ("de", ["weniger als eine Minute", "1 Minute", "2 Stunden 5 Minuten", "2 Tage 1 Stunde 1 Minute"]),
        ("ru", ["меньше минуты", "1 минута", "2 часа 5 минут", "2 дня 1 час 1 минута"]),
    ],
)
def test_a_duration_is_said_in_whole_words(portal: Portal, language: str, said: list[str]) -> None:
    with portal.app.test_request_context(f"/?lang={language}"):
        assert [spoken.span(timedelta(minutes=minutes)) for minutes in (0, 1, 125, 2941)] == said


def test_russian_counts_as_russians_do(portal: Portal) -> None:
    with portal.app.test_request_context("/?lang=ru"):
        said = [spoken.span(timedelta(minutes=minutes)) for minutes in (1, 2, 5, 11, 12, 21, 22, 25)]
    assert [words.partition(" ")[2] for words in said] == [
        *("минута", "минуты", "минут", "минут", "минут", "минута", "минуты", "минут")
    ]


@pytest.mark.parametrize(("seconds", "said"), [(59, "less than a minute"), (60, "1 minute"), (61, "2 minutes")])
def test_what_is_left_is_rounded_up_to_minutes(portal: Portal, seconds: int, said: str) -> None:
    with portal.app.test_request_context("/"):
        assert spoken.span(timedelta(seconds=seconds)) == said


def test_times_are_those_of_the_installations_zone(make_portal: Callable[..., Portal]) -> None:
    made = make_portal(REACHBACK_TIME_ZONE="Europe/Moscow")
    with made.app.test_request_context("/?lang=en"):
        assert spoken.clock(START) == "13:00"
        assert spoken.moment(START + timedelta(hours=10)) == "23:00"
        # Tomorrow there, today in London.
        assert spoken.moment(datetime(2026, 3, 1, 21, 30, tzinfo=UTC)) == "2 March, 00:30"
    with made.app.test_request_context("/?lang=de"):
        assert spoken.moment(datetime(2026, 3, 5, 9, 5, tzinfo=UTC)) == "5. März, 12:05"


def test_without_a_zone_it_is_the_servers_own(make_portal: Callable[..., Portal]) -> None:
    made = make_portal()
    with made.app.test_request_context("/?lang=en"):
        assert spoken.clock(START) == START.astimezone().strftime("%H:%M")
