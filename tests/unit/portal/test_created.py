from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from flask.testing import FlaskClient

from portal.languages import LANGUAGES
from portal.messages import TEXTS, Message, Told, messages
from portal.qr import QUIET, qr_code

from .conftest import csrf_of

TOLD = Told("https://help.example.org/support/abc", "http://help.example.org/", "123456782", "Anna & Söhne 100%")


def test_every_language_of_customers_pages_has_its_words() -> None:
    assert TEXTS.keys() == LANGUAGES.keys()
    assert [one.language for one in messages(TOLD)] == list(LANGUAGES)
    for texts in TEXTS.values():
        assert texts.type_code.count("{front}") == 1


@pytest.mark.parametrize("message", messages(TOLD), ids=lambda one: one.language)
def test_a_mail_and_a_text_message_say_all_of_it(message: Message) -> None:
    for address in (message.mail, message.sms):
        assert re.fullmatch(r"(mailto|sms):\?[A-Za-z0-9%&=._~-]+", address)
        body = parse_qs(urlsplit(address).query)["body"][0].replace("\r\n", "\n")
        assert body == message.text
        for fact in (TOLD.link, TOLD.front, "123 456 782", TOLD.technician):
            assert fact in body
    assert unquote(message.mail).count("\r\n") == 5
    assert parse_qs(urlsplit(message.mail).query)["subject"] == [TEXTS[message.language].subject]


def test_secrets_are_not_shown_by_repr() -> None:
    assert "abc" not in repr(TOLD)
    assert "abc" not in repr(messages(TOLD)[0])


def test_a_qr_code_is_black_on_white_with_its_quiet_zone_and_without_styles() -> None:
    drawn = qr_code(TOLD.link)
    assert "style" not in drawn
    assert 'fill="#fff"' in drawn
    assert 'stroke="#000"' in drawn
    assert f"M{QUIET} {QUIET}.5" in drawn


def test_the_answer_holds_link_code_messages_and_slip_once(anna: FlaskClient) -> None:
    fields = {"csrf_token": csrf_of(anna.get("/console")), "customer": "Huber <b>", "reference": "T-1"}
    text = anna.post("/console/sessions", data=fields).text
    found = re.search(r'id="new-link" value="([^"]+)"', text)
    assert found
    link = found[1]
    assert "Session ready for <bdi>Huber &lt;b&gt;</bdi>" in text
    assert text.count("<svg viewBox") == 1 + len(LANGUAGES)
    mails = re.findall(r'href="(mailto:[^"]+)"', text)
    assert len(mails) == len(LANGUAGES)
    assert all(link in unquote(html.unescape(mail)) for mail in mails)
    assert text.count('class="slip__words ') == len(LANGUAGES)
    assert link not in anna.get("/console").text
