from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from babel.messages.pofile import read_po

from portal.instructions import LANGUAGES, Facts, texts
from portal.instructions.batch import CODE_PAGES, OTHERWISE
from portal.instructions.plain import plain_name, within
from portal.instructions.template import SCRIPTS, fill

TRANSLATED = [language for language in LANGUAGES if language != "en"]


def fields(sentence: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", sentence))


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_there_in_every_language_and_no_other(language: str) -> None:
    assert set(texts.translated(language)) == set(texts.SENTENCES.values())


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_names_what_the_sentence_names(language: str) -> None:
    for english, other in texts.translated(language).items():
        assert fields(other) == fields(english), other
        assert other != english


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_marked_as_doubtful(language: str) -> None:
    with (texts.TRANSLATIONS / language / "LC_MESSAGES" / "scripts.po").open("rb") as file:
        assert not [message for message in read_po(file) if message.fuzzy or (message.id and not message.string)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_languages_code_page_has_all_its_letters(facts: Callable[..., Facts], language: str) -> None:
    code_page = CODE_PAGES.get(language, OTHERWISE)
    for name in texts.SENTENCES:
        sentence = texts.said(name, language, facts(file_transfer=True), "Anna")
        assert within(sentence, code_page).count("?") == sentence.count("?"), sentence


def test_every_sentence_is_used_and_no_script_wants_another() -> None:
    wanted = set()
    for file in SCRIPTS.iterdir():
        wanted |= set(re.findall(r"@say ([a-z_]+)@|@((?:worker_)?title|question)@", file.read_text()))
    assert {one or other for one, other in wanted} == set(texts.SENTENCES)


def test_of_files_nothing_is_said_unless_they_can_be_copied(facts: Callable[..., Facts]) -> None:
    assert texts.said("files", "en", facts(), "Anna") == ""
    assert "copy files" in texts.said("files", "en", facts(file_transfer=True), "Anna")


def test_a_gap_that_nobody_fills_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill("tightvnc.reg", {}, say=list)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("  Anna \n Maria\t", "Anna Maria"),
        ("A\u202en\u200fna\x00\x1b", "Anna"),
        ("x" * 100, "x" * 64),
        ("", ""),
    ],
)
def test_names_are_one_line_without_what_cannot_be_seen(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@pytest.mark.parametrize(
    ("text", "code_page", "shown"),
    [
        ("Ærø Łódź straße", "cp866", "Aero Lodz strasse"),
        ("Щука", "cp850", "Shchuka"),
        ("“a” – ‘b’…", "cp850", "'a' - 'b'..."),
        ("日本", "cp850", "??"),
        ("e\u0301", "cp850", "é"),
    ],
)
def test_letters_that_a_code_page_lacks_are_spelled(text: str, code_page: str, shown: str) -> None:
    assert within(text, code_page) == shown
