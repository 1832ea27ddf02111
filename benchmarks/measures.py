"""What is measured, of one contestant that was started for it."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass

import psutil

from benchmarks.contestants import Contestant, Open, Source
from benchmarks.messages import UPDATE_BYTES
from benchmarks.processes import Memory, busy_seconds, cpu_seconds, memory
from benchmarks.tables import percentile
from benchmarks.viewer import greet, press, see
from benchmarks.ways import Way

MB = 1_000_000
WARM_UP_KEYS = 200
KEYS = 3_000
SET_UPS = 10


@dataclass(frozen=True, slots=True)
class Flow:
    """One amount of pictures: bytes, seconds, CPU seconds of the relay (None where there is none) and of strangers.

    Strangers are all programs that have no part in it; they tell how far to trust the other figures.
    """

    amount: int
    seconds: float
    relay: float | None
    strangers: float


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """Seconds from a key to its echo: half of them took no longer than `p50`, 99 of 100 no longer than `p99`."""

    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Turn:
    """The figures of one turn. `set_ups` are seconds from asking for a ticket to the server's first byte."""

    flow: Flow
    trips: RoundTrips
    set_ups: list[float]


@dataclass(frozen=True, slots=True)
class Holding:
    """What a relay's processes hold with one call, and with `calls` of them."""

    calls: int
    one: Memory
    all: Memory


def take_turn(contestant: Contestant, source: Source, megabytes: int) -> Turn:
    """Everything but memory."""
    [visit] = contestant.hold(1)
    with visit() as way:
        greet(way)
        flow = _flow(way, contestant, source, megabytes)
        way.drain()
        trips = _round_trips(way)
    return Turn(flow, trips, [_set_up(contestant) for _ in range(SET_UPS)])


def hold_calls(contestant: Contestant, calls: int, *, watched: bool) -> Holding:
    """Memory of calls that nobody looks at, or (`watched`) that have a viewer each."""
    with ExitStack() as viewers:
        # What a first visit leaves behind (modules, caches) is no cost of a call.
        _watch(contestant.hold(1), ExitStack()).close()
        seen = []
        for more in (1, calls - 1):
            held = contestant.hold(more)
            if watched:
                _watch(held, viewers)
            seen.append(memory(contestant.family()))
        return Holding(calls, *seen)


def _watch(held: list[Open], viewers: ExitStack) -> ExitStack:
    for visit in held:
        greet(viewers.enter_context(visit()))
    return viewers


def _flow(way: Way, contestant: Contestant, source: Source, megabytes: int) -> Flow:
    screens = -(-megabytes * MB // UPDATE_BYTES)
    see(way, 1)
    way.drain()
    relay, peers = contestant.family(), [psutil.Process(), *source.program.family()]
    busy, relayed, taken = busy_seconds(), cpu_seconds(relay), cpu_seconds(peers)
    began = time.perf_counter()
    see(way, screens)
    seconds = time.perf_counter() - began
    relayed, taken = cpu_seconds(relay) - relayed, cpu_seconds(peers) - taken
    strangers = max(0.0, busy_seconds() - busy - relayed - taken)
    return Flow(screens * UPDATE_BYTES, seconds, relayed if relay else None, strangers)


def _round_trips(way: Way) -> RoundTrips:
    for number in range(WARM_UP_KEYS):
        press(way, down=number % 2 == 0)
    taken = [_round_trip(way, down=number % 2 == 0) for number in range(KEYS)]
    return RoundTrips(percentile(taken, 50), percentile(taken, 99))


def _round_trip(way: Way, *, down: bool) -> float:
    began = time.perf_counter()
    press(way, down=down)
    return time.perf_counter() - began


def _set_up(contestant: Contestant) -> float:
    [visit] = contestant.hold(1)
    began = time.perf_counter()
    with visit() as way:
        way.take(1)
        return time.perf_counter() - began
