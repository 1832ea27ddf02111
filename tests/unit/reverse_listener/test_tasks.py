from __future__ import annotations

import asyncio
import logging

import pytest

from reverse_listener import tasks
from reverse_listener.tasks import Tasks
from tests.unit.reverse_listener.helpers import until


async def fail() -> None:
    raise ZeroDivisionError("on purpose")


async def wait_for_ever() -> None:
    await asyncio.Event().wait()


def test_one_that_fails_is_logged_with_its_name_and_concerns_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        group = Tasks()
        group.start(wait_for_ever(), "patient")
        group.start(fail(), "call from 192.0.2.1")
        await until(lambda: len(group) == 1)
        await group.finish(cancel=True)
        assert len(group) == 0

    with caplog.at_level(logging.ERROR):
        asyncio.run(story())
    (record,) = caplog.records
    assert record.getMessage() == "call from 192.0.2.1 failed"
    assert record.exc_info
    assert record.exc_info[0] is ZeroDivisionError


def test_finishing_waits_for_those_that_run() -> None:
    async def story() -> list[str]:
        done: list[str] = []

        async def work() -> None:
            await asyncio.sleep(0.01)
            done.append("work")

        group = Tasks()
        group.start(work(), "work")
        await group.finish()
        return done

    assert asyncio.run(story()) == ["work"]


def test_finishing_waits_only_so_long(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(tasks, "FINISH_SECONDS", 0.01)

    async def story() -> None:
        group = Tasks()
        group.start(wait_for_ever(), "stubborn")
        await group.finish()
        await until(lambda: not len(group))

    asyncio.run(story())
    assert caplog.records == []
