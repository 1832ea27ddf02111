"""The printed tables."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.following import Costs
from benchmarks.measures import Holding, Turn
from benchmarks.tables import spread, table

CONGESTION_CONTROL = Path("/proc/sys/net/ipv4/tcp_congestion_control")


def machine() -> str:
    """What the figures depend on, in one line."""
    control = CONGESTION_CONTROL.read_text().strip() if CONGESTION_CONTROL.exists() else "unknown"
    return (
        f"{os.cpu_count()} CPUs · Linux {platform.release()} · Python {platform.python_version()} · "
        f"websockify {version('websockify')} · TCP congestion control {control}"
    )


def turns_table(turns: Mapping[str, Sequence[Turn]]) -> str:
    """Throughput, its price, round trips and set-up."""
    head = ["", "pictures MB/s", "relay CPU s/GB", "round trip p50 µs", "p99 µs", "set-up ms"]
    return table(head, [[name, *_figures(taken)] for name, taken in turns.items()])


def memory_table(holdings: Mapping[str, Sequence[Holding]]) -> str:
    """Memory with one call and with many, and what each further one adds: RSS, and PSS (shared pages divided)."""
    head = ["", "calls", "RSS with 1 MB", "RSS with all MB", "RSS each KB", "PSS each KB"]
    return table(head, [[name, *_sizes(seen)] for name, seen in holdings.items()])


def following_table(costs: Mapping[str, Sequence[Costs]]) -> str:
    """What following costs beside the hop, by size and kind of rectangle."""
    head = ["rectangles", "heads s/GB", "inflating s/GB", "hop s/GB", "call s/GB", "call / hop"]
    return table(head, [[name, *_prices(taken)] for name, taken in costs.items()])


def strangers(turns: Mapping[str, Sequence[Turn]]) -> str:
    """How busy the machine was with something else while pictures flowed."""
    flows = [turn.flow for taken in turns.values() for turn in taken]
    share = sum(flow.strangers for flow in flows) / sum(flow.seconds for flow in flows) / (os.cpu_count() or 1)
    return f"While pictures flowed, programs that have no part in this used {share:.0%} of the machine."


def _figures(taken: Sequence[Turn]) -> Iterator[str]:
    flows = [turn.flow for turn in taken]
    yield spread(flow.amount / flow.seconds / 1e6 for flow in flows)
    yield spread((flow.relay / flow.amount * 1e9 for flow in flows if flow.relay is not None), 2)
    yield spread(turn.trips.p50 * 1e6 for turn in taken)
    yield spread(turn.trips.p99 * 1e6 for turn in taken)
    yield spread((seconds * 1e3 for turn in taken for seconds in turn.set_ups), 1)


def _prices(taken: Sequence[Costs]) -> Iterator[str]:
    yield spread((one.following for one in taken), 2)
    yield spread((one.inflating for one in taken if one.inflating), 1)
    yield spread((one.hop for one in taken), 2)
    yield spread((one.call for one in taken), 2)
    yield spread((one.call / one.hop for one in taken), 2)


def _sizes(seen: Sequence[Holding]) -> Iterator[str]:
    yield str(seen[0].calls)
    yield spread((one.one.rss / 1e6 for one in seen), 1)
    yield spread((one.all.rss / 1e6 for one in seen), 1)
    yield spread((one.all.rss - one.one.rss) / (one.calls - 1) / 1e3 for one in seen)
    yield spread((one.all.pss - one.one.pss) / (one.calls - 1) / 1e3 for one in seen)
