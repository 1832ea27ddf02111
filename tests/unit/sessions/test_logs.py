from __future__ import annotations

import contextvars
import json
import logging
import os
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from sessions import logs, redaction
from sessions.logs import JOURNAL, TEXT, JournalFormatter, JsonFormatter, Subject, TextFormatter, goes_to_journal
from sessions.secrets import new_link

LINK = new_link(os.urandom)


@pytest.fixture
def written() -> Iterator[Callable[[logging.Formatter], tuple[logging.Logger, StringIO]]]:
    """A logger that writes to memory through a formatter of a test's choice; secrets are hidden."""
    factory = logging.getLogRecordFactory()
    redaction.install()
    # One that nobody else knows: what pytest catches it hands on between processes, and not all of this can be UTF-8.
    logger = logging.Logger("tests.of.logs", logging.INFO)  # noqa: LOG001  (as above)

    def make(formatter: logging.Formatter) -> tuple[logging.Logger, StringIO]:
        stream = StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter)
        logger.addHandler(handler)
        return logger, stream

    yield make
    logging.setLogRecordFactory(factory)


@pytest.fixture(autouse=True)
def _nobody_works_on_anything() -> Iterator[None]:
    """Whatever a test before this one did in the same process."""
    token = logs._subject.set(None)
    yield
    logs._subject.reset(token)


def fail(logger: logging.Logger, words: str, fault: str) -> None:
    """Log an exception as it is caught."""

    def go_wrong() -> None:
        raise ValueError(fault)

    try:
        go_wrong()
    except ValueError:
        logger.exception(words)


def objects(stream: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_is_one_object_a_line_with_what_is_known(written: Any) -> None:
    logger, stream = written(JsonFormatter("listener", "north"))
    logger.warning("a call from %s\nsays “hello”", "198.51.100.7")
    (line,) = objects(stream)
    moment = line.pop("time")
    assert line == {
        "level": "warning",
        "logger": "tests.of.logs",
        "message": "a call from 198.51.100.7\nsays “hello”",
        "process": "listener",
        "node": "north",
    }
    assert len(moment) == len("2026-03-01T10:00:00.000Z")
    assert moment.endswith("Z")


def test_a_line_says_what_it_is_about_as_far_as_that_is_known(written: Any) -> None:
    logger, stream = written(JsonFormatter("listener", "north"))
    subject = Subject()
    with logs.about(subject):
        logger.info("arrived")
        subject.call = 7
        logger.info("parked")
        logs.note("k3v9w2m5q7xa")
        logger.info("claimed")
    logger.info("something else")
    logs.note("nobody works on anything")
    told = [(line.get("session"), line.get("call")) for line in objects(stream)]
    assert told == [(None, None), (None, 7), ("k3v9w2m5q7xa", 7), (None, None)]


def test_what_one_works_on_is_not_what_another_does(written: Any) -> None:
    logger, stream = written(JsonFormatter("portal", "north"))

    def work(session: str) -> None:
        logs.begin(Subject(session))
        logger.info("at work")

    for session in ("one", "two"):
        contextvars.copy_context().run(work, session)
    logger.info("at rest")
    assert [line.get("session") for line in objects(stream)] == ["one", "two", None]


def test_a_line_for_people_ends_with_the_session(written: Any) -> None:
    logger, stream = written(TextFormatter("%(levelname)s %(name)s: %(message)s"))
    with logs.about(Subject("k3v9w2m5q7xa", 7)):
        logger.info("held")
    with logs.about(Subject(call=7)):
        logger.info("parked")
    assert stream.getvalue().splitlines() == [
        "INFO tests.of.logs: held [session k3v9w2m5q7xa, call 7]",
        "INFO tests.of.logs: parked",
    ]


def test_each_line_for_the_journal_says_what_it_is_worth(written: Any) -> None:
    logger, stream = written(JournalFormatter(JOURNAL))
    logger.info("well\n<0>forged")
    fail(logger, "ill", "a fault")
    info, error, *trace = stream.getvalue().splitlines()
    assert info == r"<6>INFO tests.of.logs: well\n<0>forged"
    assert error == "<3>ERROR tests.of.logs: ill"
    assert trace[-1] == "<3>    ValueError: a fault"
    assert all(line.startswith("<3>") for line in trace)


HOSTILE = "Miller\n2026-03-01 10:00:00,000 INFO portal: forged \x1b[2J\x9b2J\x7f\r\x00\u2028\x85\u202e\ud800 end"


@pytest.mark.parametrize(
    "formatter", [JsonFormatter("listener", "north"), TextFormatter(TEXT), JournalFormatter(JOURNAL)]
)
def test_no_stranger_writes_a_line_of_his_own_or_steers_a_terminal(written: Any, formatter: logging.Formatter) -> None:
    logger, stream = written(formatter)
    with logs.about(Subject(HOSTILE)):
        logger.info("a call was refused: %s", HOSTILE)
    (line,) = stream.getvalue().splitlines()
    assert line.isprintable()
    assert r"Miller\n2026" in line
    if isinstance(formatter, JsonFormatter):
        assert json.loads(line)["message"] == f"a call was refused: {HOSTILE}"


@pytest.mark.parametrize("formatter", [TextFormatter(TEXT), JournalFormatter(JOURNAL)])
def test_what_a_stranger_says_in_an_exception_begins_no_line(written: Any, formatter: logging.Formatter) -> None:
    logger, stream = written(formatter)
    fail(logger, "ill", HOSTILE)
    _first, *more = stream.getvalue().splitlines()
    assert all(line.removeprefix("<3>").startswith("    ") and line.isprintable() for line in more)


@pytest.mark.parametrize(
    "formatter", [JsonFormatter("portal", "north"), TextFormatter(TEXT), JournalFormatter(JOURNAL)]
)
def test_secrets_are_hidden_in_every_form_tracebacks_included(written: Any, formatter: logging.Formatter) -> None:
    logger, stream = written(formatter)
    fail(logger, f"GET /support/{LINK}", f"no such link: {LINK}")
    assert LINK not in stream.getvalue()
    assert stream.getvalue().count(redaction.HIDDEN) == 2


def test_an_exception_is_in_its_object(written: Any) -> None:
    logger, stream = written(JsonFormatter("portal", "north"))
    fail(logger, "ill", "a fault")
    (line,) = objects(stream)
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("ValueError: a fault")


def test_the_journal_is_known_by_the_stream_it_told_us_of(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as stream:
        status = os.fstat(stream.fileno())
        assert goes_to_journal(f"{status.st_dev}:{status.st_ino}", stream)
        assert not goes_to_journal(f"{status.st_dev}:{status.st_ino + 1}", stream)
        assert not goes_to_journal("", stream)
    assert not goes_to_journal("1:2", StringIO())
