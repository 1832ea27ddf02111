from __future__ import annotations

import multiprocessing
from collections.abc import Iterator

import pytest

from meters.kinds import Counter, Histogram
from meters.relay import Relay


@pytest.fixture
def meters() -> dict[str, Counter | Histogram]:
    return {"refused": Counter("refused", "", "reason", ("late",)), "seconds": Histogram("seconds", "", (1.0,))}


@pytest.fixture
def relay(meters: dict[str, Counter | Histogram]) -> Iterator[Relay]:
    made = Relay(meters)
    yield made
    made.close()


def counts(meter: Counter | Histogram) -> list[float]:
    return [sample.amount for sample in meter.take()]


def test_what_many_processes_tell_arrives_whole(relay: Relay, meters: dict[str, Counter | Histogram]) -> None:
    def tell() -> None:
        for _ in range(50):
            relay.count(meters["refused"], "late")
            relay.observe(meters["seconds"], 0.5)

    told = [multiprocessing.get_context("fork").Process(target=tell) for _ in range(4)]
    for process in told:
        process.start()
    for process in told:
        process.join(30)
    relay.collect()
    assert counts(meters["refused"]) == [200, 0]
    assert counts(meters["seconds"]) == [200, 0, 100]


def test_whoever_tells_more_than_the_pipe_holds_does_not_wait(
    relay: Relay, meters: dict[str, Counter | Histogram]
) -> None:
    for _ in range(20_000):
        relay.count(meters["refused"], "late")
    relay.collect()
    late, _ = counts(meters["refused"])
    assert 1000 < late < 20_000
    relay.count(meters["refused"], "late")
    relay.collect()
    assert counts(meters["refused"]) == [1, 0]


def test_nothing_told_is_nothing_counted(relay: Relay, meters: dict[str, Counter | Histogram]) -> None:
    relay.collect()
    assert counts(meters["refused"]) == [0, 0]


def test_an_end_without_a_reader_is_no_error(meters: dict[str, Counter | Histogram]) -> None:
    relay = Relay(meters)
    relay.close()
    relay.count(meters["refused"], "late")
