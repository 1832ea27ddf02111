"""Keeps the translations of customers' pages: `scripts/translations.py update` or `compile`.

`update` reads what the code and the templates say in English and brings every language's file up to it: new sentences
appear there untranslated, those that nobody says any more are dropped. `compile` makes what the portal reads;
`make run`, `make test` and `make wheel` do that by themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PORTAL = Path(__file__).parent.parent / "portal"
FOLDER = PORTAL / "translations"
LANGUAGES = ("de", "es", "fr", "pt", "ru")
# Plain gettext names, and how the templates call them; trimmed as the portal does it.
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
WIDTH = 110
# No dates and no names: they would change with every run, and git knows them.
HEADER = """\
# What customers' pages say, in this language. `scripts/translations.py update` keeps it complete.
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plurals}\\n"

"""


def said() -> Catalog:
    """Every sentence of the code and the templates, in the order of the files."""
    catalog = Catalog(project="Reachback", charset="utf-8")
    found = extract_from_dir(PORTAL, METHODS, OPTIONS, KEYWORDS)
    for file, _line, message, comments, context in sorted(found, key=lambda one: one[:2]):
        catalog.add(message, locations=[(file, 0)], auto_comments=comments, context=context)
    return catalog


def po_file(language: str) -> Path:
    """Where a language's sentences are."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def mo_file(language: str) -> Path:
    """What the portal reads of them."""
    return po_file(language).with_suffix(".mo")


def kept(language: str) -> Catalog:
    """A language's sentences as they are kept; an empty catalog where it is new."""
    path = po_file(language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    """Bring every language's file up to what is said."""
    english = said()
    for language in LANGUAGES:
        catalog = kept(language)
        catalog.update(english, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        keep(language, catalog)


def keep(language: str, catalog: Catalog) -> None:
    """Write a language's sentences, the same way every time."""
    po_file(language).parent.mkdir(parents=True, exist_ok=True)
    with po_file(language).open("wb") as file:
        file.write(HEADER.format(language=language, plurals=catalog.plural_forms).encode())
        write_po(file, catalog, width=WIDTH, omit_header=True, include_lineno=False)


def compile_all() -> None:
    """Write what the portal reads, where it is not newer than the sentences."""
    for language in stale():
        with mo_file(language).open("wb") as file:
            write_mo(file, kept(language))


def stale() -> Iterator[str]:
    """The languages that have to be compiled."""
    for language in LANGUAGES:
        made = mo_file(language)
        if not made.exists() or made.stat().st_mtime < po_file(language).stat().st_mtime:
            yield language


if __name__ == "__main__":
    {"update": update, "compile": compile_all}[sys.argv[1]]()
