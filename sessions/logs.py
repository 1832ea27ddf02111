"""How every process logs: in lines for people, or in JSON for programs, with the session and the call it is about.

What a line is about is noted once, where somebody begins to work on it (`about`), and everything that is logged from
there on carries it: one session's lines are found in the logs of all processes by its number. A session's number opens
nothing; what does is hidden (`redaction`) before any of this sees it.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from sessions import redaction
from sessions.settings import Settings

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# The journal has the time, and from which program a line is.
JOURNAL = "%(levelname)s %(name)s: %(message)s"
# sd-daemon(3): how a line tells the journal what it is worth.
PRIORITIES = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}


@dataclass(slots=True)
class Subject:
    """What is worked on. It may become known bit by bit: lines that are logged afterwards have it."""

    session: str | None = None
    call: int | None = None


_subject: ContextVar[Subject | None] = ContextVar("subject", default=None)


def begin(subject: Subject) -> None:
    """From here on, this task, thread or process works on `subject`."""
    _subject.set(subject)


@contextmanager
def about(subject: Subject) -> Iterator[None]:
    """Meanwhile, what is logged is about `subject`."""
    token = _subject.set(subject)
    try:
        yield
    finally:
        _subject.reset(token)


def note(session: str) -> None:
    """It turned out which session it is about."""
    subject = _subject.get()
    if subject:
        subject.session = session


def configure(settings: Settings, process: str) -> None:
    """Let this process, a `process` of this node, log as the settings say, to standard error.

    A program that has set its logging up already keeps it, but for what is hidden.
    """
    redaction.install()
    handler = logging.StreamHandler()
    handler.setFormatter(_formatter(settings, process, sys.stderr))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _formatter(settings: Settings, process: str, stream: TextIO) -> logging.Formatter:
    if settings.log_format == "json":
        return JsonFormatter(process, settings.node)
    if goes_to_journal(os.environ.get("JOURNAL_STREAM", ""), stream):
        return JournalFormatter(JOURNAL)
    return TextFormatter(TEXT)


def goes_to_journal(told: str, stream: TextIO) -> bool:
    """Whether `stream` is the one of which JOURNAL_STREAM (systemd.exec(5)) tells: a device and an inode."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return told == f"{status.st_dev}:{status.st_ino}"


def escaped(text: str) -> str:
    """`text` in one line, with what cannot be printed written as JSON writes it."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)


class TextFormatter(logging.Formatter):
    """A line for people; which session it is about stands at its end.

    Much of what is logged was said by strangers. What cannot be printed stands there escaped, and what follows a
    record's one line (a traceback, whose last words may be a stranger's) is set in: no line can pass for another's.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The whole record."""
        first, *more = super().format(record).split("\n")
        return "\n".join([first, *(f"    {escaped(line)}" for line in more)])

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (logging's name)
        """The line without what may follow it."""
        subject = _subject.get()
        line = escaped(super().formatMessage(record))
        if subject is None or subject.session is None:
            return line
        call = f", call {subject.call}" if subject.call else ""
        return f"{line} [session {escaped(subject.session)}{call}]"


class JournalFormatter(TextFormatter):
    """The same for the journal: each line, those of a traceback too, says what it is worth."""

    def format(self, record: logging.LogRecord) -> str:
        """The whole record."""
        mark = f"<{PRIORITIES.get(record.levelno, 6)}>"
        return "\n".join(mark + line for line in super().format(record).splitlines())


class JsonFormatter(logging.Formatter):
    """One object a line. What is not known of a record is left out."""

    def __init__(self, process: str, node: str) -> None:
        super().__init__()
        self._process = process
        self._node = node

    def format(self, record: logging.LogRecord) -> str:
        """The whole record."""
        subject = _subject.get() or Subject()
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        facts = {
            "time": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": self._process,
            "node": self._node,
            "session": subject.session,
            "call": subject.call,
            "exception": self._exception(record),
        }
        # JSON allows characters that end a line elsewhere, or steer a terminal.
        return escaped(json.dumps({name: fact for name, fact in facts.items() if fact is not None}, ensure_ascii=False))

    def _exception(self, record: logging.LogRecord) -> str | None:
        if record.exc_info and not record.exc_text:
            record.exc_text = redaction.redact(self.formatException(record.exc_info))
        return record.exc_text or None
