from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from sessions import redaction, secrets

LINK = secrets.new_link(os.urandom)
TOKEN = secrets.new_token(os.urandom)
CODE = secrets.new_code(os.urandom)


@pytest.fixture
def installed():
    before = logging.getLogRecordFactory()
    redaction.install()
    redaction.install()
    yield
    logging.setLogRecordFactory(before)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"GET /support/{LINK}/connect.bat HTTP/1.0", LINK),
        (f"Path: '/?token=0123456789ab.{LINK}'", LINK),
        (f"Authorization: Bearer {TOKEN}", TOKEN),
        (f"ID:{CODE}", CODE),
        (f"code {CODE[:3]} {CODE[3:6]} {CODE[6:]}.", CODE[3:6]),
    ],
    ids=["link", "ticket", "token", "code", "code in groups"],
)
def test_secrets_are_hidden(text, secret):
    assert secret not in redaction.redact(text)
    assert redaction.HIDDEN in redaction.redact(text)


@pytest.mark.parametrize("text", ["call 12 from 198.51.100.7 at 10:32:05", "sha256 " + "0f" * 32, "98765432 bytes"])
def test_the_rest_stays(text):
    assert redaction.redact(text) == text


def test_records_and_tracebacks(installed, caplog):
    log = logging.getLogger("anything")
    try:
        Path(f"/nowhere/{LINK}").read_bytes()
    except FileNotFoundError:
        log.exception("path %s", f"/support/{LINK}")
    assert LINK not in caplog.text
    assert "'/nowhere/[hidden]'" in caplog.text


def test_a_record_whose_arguments_do_not_fit_is_kept(installed, caplog):
    logging.getLogger("anything").warning("two %s %s", "one")  # noqa: PLE1206  (the mistake under test)
    assert "two" in caplog.text
