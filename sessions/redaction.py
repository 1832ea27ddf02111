"""Keeps secrets out of the logs: whatever has the shape of one is replaced before any handler sees the record.

This is the second line. The first is that no code of ours logs a secret; but web servers log paths, and libraries log
what they were given.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from sessions.secrets import check_digit

HIDDEN = "[hidden]"

# Links and tickets are 26, API tokens 32 characters of lower-case base32 (sessions.secrets).
_BASE32 = re.compile(r"(?<![A-Za-z0-9])(?:rb_[a-z2-7]{32}|[a-z2-7]{26})(?![A-Za-z0-9])")
_CODE = re.compile(r"(?<![0-9.])([1-9][0-9]{2})([ -]?)([0-9]{3})\2([0-9]{3})(?![0-9])")
_RECORD_MARK = "_reachback_redacts"

_formatter = logging.Formatter()


def redact(text: str) -> str:
    """`text` with every link, ticket, API token and code replaced by `[hidden]`."""
    return _CODE.sub(_hide_code, _BASE32.sub(HIDDEN, text))


def install() -> None:
    """Make every log record of this process pass through `redact`, tracebacks included. Safe to call twice."""
    factory = logging.getLogRecordFactory()
    if not hasattr(factory, _RECORD_MARK):
        logging.setLogRecordFactory(_redacting(factory))


def _redacting(factory: Callable[..., logging.LogRecord]) -> Callable[..., logging.LogRecord]:
    def make_record(*args: object, **kwargs: object) -> logging.LogRecord:
        record = factory(*args, **kwargs)
        record.msg, record.args = redact(_message(record)), ()
        if record.exc_info:
            record.exc_text = redact(_formatter.formatException(record.exc_info))
        return record

    setattr(make_record, _RECORD_MARK, True)
    return make_record


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # A library's record whose arguments do not fit its text: logging would print a traceback with both.
        return str(record.msg)


def _hide_code(found: re.Match[str]) -> str:
    digits = found[1] + found[3] + found[4]
    return HIDDEN if check_digit(digits) == "0" else found[0]
