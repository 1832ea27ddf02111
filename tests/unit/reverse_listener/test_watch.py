from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from reverse_listener.watch import LONGEST_ROUND, Watch
from service.notify import Notifier
from tests.unit.reverse_listener.helpers import until


class Ear(Notifier):
    """Notes what a service manager would hear."""

    def __init__(self) -> None:
        super().__init__(watchdog=30.0)
        self.heard: list[str] = []

    def ping(self) -> None:
        self.heard.append("ping")

    def status(self, text: str) -> None:
        self.heard.append(text)


class Hand:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def gone() -> None:
    raise OSError("the database does not answer")


def look(ear: Ear, hand: Hand, probe: Callable[[], object], seconds: float, *, beats: bool) -> None:
    async def story() -> None:
        watch = Watch(ear, probe, lambda: "2 calls are here.", hand)
        hand.now += seconds
        if beats:
            watch.beat()
        await watch.look()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("probe", "seconds", "beats", "lives"),
    [
        (lambda: None, LONGEST_ROUND - 1, False, True),
        (lambda: None, LONGEST_ROUND, True, True),
        (gone, LONGEST_ROUND, False, True),
        (lambda: None, LONGEST_ROUND, False, False),
    ],
    ids=["a long round", "rounds end", "the database is gone", "a round hangs"],
)
def test_a_sign_is_given_unless_a_new_start_would_help(
    probe: Callable[[], object], seconds: float, beats: bool, lives: bool, caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear()
    with caplog.at_level(logging.ERROR):
        look(ear, Hand(), probe, seconds, beats=beats)
    assert ear.heard == (["ping", "2 calls are here."] if lives else [])
    assert bool(caplog.records) is not lives


def test_signs_come_until_it_is_cancelled() -> None:
    async def story() -> None:
        ear = Ear()
        keeping = asyncio.create_task(Watch(ear, lambda: None, lambda: "", Hand()).keep())
        await until(lambda: ear.heard)
        keeping.cancel()

    asyncio.run(story())
