"""Ready words for the customer, in the languages of their pages: a mail, a text message, a slip of paper.

The technician chooses the language for the customer, and all of them are in one answer; hence a table here and not
Babel's, which knows one language an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from portal.languages import LANGUAGES
from portal.words import groups

CRLF, LF = "\r\n", "\n"


@dataclass(frozen=True, slots=True)
class Texts:
    """What is said in one language; `{front}` is where a code is typed."""

    subject: str
    hello: str
    open_link: str
    type_code: str
    then: str
    until: str


TEXTS: dict[str, Texts] = {
    "de": Texts(
        subject="Hilfe an Ihrem Computer",
        hello="Guten Tag.",
        open_link="Öffnen Sie bitte an dem Computer, der Hilfe braucht, diese Seite:",
        type_code="Oder öffnen Sie {front} und geben Sie diese Nummer ein:",
        then="Die Seite sagt, was zu tun ist. Niemand sieht Ihren Bildschirm, bevor Sie zustimmen.",
        until="Gültig bis",
    ),
    "en": Texts(
        subject="Help with your computer",
        hello="Hello.",
        open_link="Please open this page on the computer that needs help:",
        type_code="Or open {front} and type this number:",
        then="The page says what to do. Nobody sees your screen before you agree.",
        until="Valid until",
    ),
    "es": Texts(
        subject="Ayuda con su ordenador",
        hello="Buenos días.",
        open_link="Abra esta página en el ordenador que necesita ayuda:",
        type_code="O abra {front} y escriba este número:",
        then="La página dice qué hay que hacer. Nadie ve su pantalla antes de que usted acepte.",
        until="Válido hasta",
    ),
    "fr": Texts(
        subject="Aide pour votre ordinateur",
        hello="Bonjour.",
        open_link="Veuillez ouvrir cette page sur l’ordinateur à dépanner :",
        type_code="Ou ouvrez {front} et tapez ce numéro :",
        then="La page dit ce qu’il faut faire. Personne ne voit votre écran avant votre accord.",
        until="Valable jusqu’au",
    ),
    "pt": Texts(
        subject="Ajuda com o seu computador",
        hello="Bom dia.",
        open_link="Abra esta página no computador que precisa de ajuda:",
        type_code="Ou abra {front} e escreva este número:",
        then="A página diz o que fazer. Ninguém vê o seu ecrã antes de o senhor ou a senhora concordar.",
        until="Válido até",
    ),
    "ru": Texts(
        subject="Помощь с вашим компьютером",
        hello="Здравствуйте.",
        open_link="Откройте, пожалуйста, эту страницу на компьютере, которому нужна помощь:",
        type_code="Или откройте {front} и введите этот номер:",
        then="На странице написано, что делать. Никто не увидит ваш экран без вашего согласия.",
        until="Действует до",
    ),
}


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """What every message tells. It holds secrets, and so is not shown by repr."""

    link: str
    front: str
    code: str
    technician: str


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """The words of one language, ready to be sent, copied or printed."""

    language: str
    name: str
    text: str
    mail: str
    sms: str
    slip: Texts


def messages(told: Told) -> list[Message]:
    """One message in each language, in the order in which pages name the languages."""
    return [_message(language, TEXTS[language], told) for language in LANGUAGES]


def _message(language: str, texts: Texts, told: Told) -> Message:
    code = " ".join(groups(told.code))
    type_code = texts.type_code.format(front=told.front)
    lines = (texts.hello, texts.open_link, told.link, f"{type_code} {code}", texts.then, told.technician)
    # RFC 6068: lines of a mail end with CRLF, and all but plain letters is percent-encoded.
    mail = f"mailto:?subject={_encoded(texts.subject)}&body={_encoded(CRLF.join(lines))}"
    # RFC 5724; the empty first part is for iPhones, which want an ampersand before `body`.
    sms = f"sms:?&body={_encoded(LF.join(lines))}"
    return Message(language, LANGUAGES[language], LF.join(lines), mail, sms, texts)


def _encoded(text: str) -> str:
    return quote(text, safe="")
