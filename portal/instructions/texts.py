"""What the scripts say to the customer, in six languages.

The English sentences are here; `translations/LANGUAGE/LC_MESSAGES/scripts.po` holds the others, read when first needed.
A sentence may name `{technician}`, `{until}`, `{minutes}` and `{letter}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.dates import format_date
from babel.messages.pofile import read_po

from portal.instructions.facts import Facts

LOCALES = {"en": "en_GB"}
LANGUAGES = ("en", "de", "fr", "es", "pt", "ru")
TRANSLATIONS = Path(__file__).parent / "translations"

SENTENCES = {
    "title": "Help for this computer",
    "worker_title": "Help for this computer: please leave this open",
    "asks": "{technician} asks to help you with this computer over the Internet.",
    "until": "This ends by itself at {until}, in {minutes} min.",
    "sees": "If you agree, {technician} sees everything on your screen and can use your mouse and keyboard. "
    "Close what {technician} should not see.",
    "files": "{technician} can also copy files from and to this computer.",
    "wire": "The connection is not encrypted.",
    "off": "You can stop at any time: close this window, or press a key in it.",
    "question": "Do you agree? Type {letter} and press Enter:",
    "declined": "Nothing was changed, and nobody is connected.",
    "no_server": "TightVNC is not on this computer, so nobody can be connected yet.",
    "where_from": "Get it from https://www.tightvnc.com, or ask your technician for the kit. "
    "If you have the kit, unpack all of it into one folder and start this file there.",
    "no_server_linux": "Neither x11vnc nor TigerVNC is on this computer. Install x11vnc, then start this again.",
    "preparing": "Please wait a moment.",
    "calling": "Calling. Please wait.",
    "connected": "Connected. {technician} can see your screen.",
    "lost": "The connection was lost. Calling again.",
    "stopping": "Disconnecting. Please wait.",
    "finished": "Finished. Nobody is connected, and all settings are as they were before.",
    "not_back": "Finished. Nobody is connected. But the settings of TightVNC could not be put back: start this file "
    "once more, or tell your technician.",
    "failed": "This did not work here, and nothing was changed. Please tell your technician.",
    "twice": "This is running already. Close its other window first, then start it again.",
    "press": "Press any key to close this window.",
    "off_enter": "You can stop at any time: press Enter here.",
    "finished_linux": "Finished. Nobody is connected.",
}

# What agrees, besides Y and YES: the first is the letter that is asked for.
AGREEING = {
    "en": ("Y", "YES"),
    "de": ("J", "JA"),
    "fr": ("O", "OUI"),
    "es": ("S", "SI", "SÍ"),
    "pt": ("S", "SIM"),
    "ru": ("Д", "ДА"),
}


def said(name: str, language: str, facts: Facts, technician: str) -> str:
    """The sentence `name` in `language`, with `technician` in the form that the script's encoding bears.

    Empty where it would not be true: nothing is said of files that cannot be copied.
    """
    if name == "files" and not facts.file_transfer:
        return ""
    english = SENTENCES[name]
    day = format_date(facts.until, "long", locale=LOCALES.get(language, language))
    return (translated(language).get(english) or english).format(
        technician=technician,
        until=f"{facts.until:%H:%M} ({day})",
        minutes=facts.minutes,
        letter=AGREEING[language][0],
    )


def agreeing(language: str) -> tuple[str, ...]:
    """All answers that mean yes, in capitals."""
    return tuple(dict.fromkeys((*AGREEING[language], *AGREEING["en"])))


@cache
def translated(language: str) -> Mapping[str, str]:
    """English sentences and what they are in `language`; those without a translation are left out."""
    path = TRANSLATIONS / language / "LC_MESSAGES" / "scripts.po"
    if language == "en":
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    return {str(message.id): str(message.string) for message in catalogue if message.id and message.string}
