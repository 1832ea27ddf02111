"""The languages of customers' pages: which there are, and which one a request is answered in.

A person's own choice (`?lang=de`) wins over what their browser prefers (Accept-Language); else it is English.
Technicians' pages are English. Translations are in `translations/`; `scripts/translations.py` keeps and compiles them.
"""

from __future__ import annotations

from flask import Flask, request
from flask_babel import Babel

# Each in its own words, for those who can read nothing else on the page.
LANGUAGES = {
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "pt": "Português",
    "ru": "Русский",
}
SOURCE = "en"
# Dates and times are written as where the pages' English is spoken.
_LOCALES = {SOURCE: "en_GB"}


def install(app: Flask) -> None:
    """Let the pages of `app` be translated."""
    Babel(app, default_locale=_LOCALES[SOURCE], locale_selector=locale)


def by_hand() -> str | None:
    """The language that was asked for in the address, if it is one of ours."""
    wanted = request.args.get("lang", "")
    return wanted if wanted in LANGUAGES else None


def language() -> str:
    """The language of this answer, as HTML names it."""
    # The first of those that are wanted alike is taken: of a browser that takes any (`*`), that is English.
    return by_hand() or request.accept_languages.best_match([SOURCE, *LANGUAGES]) or SOURCE


def locale() -> str:
    """The same, as Babel names it."""
    return _LOCALES.get(language(), language())
