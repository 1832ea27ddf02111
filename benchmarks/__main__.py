"""`python -m benchmarks`: measure and print. `--help` lists the options, docs/benchmarks.md says how to read it."""

from __future__ import annotations

import argparse
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.contestants import Contestant, Source, Start, direct, reachback, source, websockify
from benchmarks.following import SIZES, Costs, costs
from benchmarks.measures import Holding, Turn, hold_calls, take_turn
from benchmarks.report import following_table, machine, memory_table, strangers, turns_table

CONTESTANTS: dict[str, Start] = {"direct TCP": direct, "websockify": websockify, "Reachback": reachback}
# websockify has no call without a viewer; direct TCP has no relay.
HOLDERS: dict[str, tuple[Start, bool]] = {
    "websockify, watched": (websockify, True),
    "Reachback, held": (reachback, False),
    "Reachback, watched": (reachback, True),
}


class Benchmark:
    """All rounds. Contestants take turns within each, so that a slow minute of the machine strikes them alike."""

    def __init__(self, megabytes: int, calls: int, viewers: int) -> None:
        self.turns: dict[str, list[Turn]] = defaultdict(list)
        self.holdings: dict[str, list[Holding]] = defaultdict(list)
        self.costs: dict[str, list[Costs]] = defaultdict(list)
        self._megabytes = megabytes
        self._calls = calls
        self._viewers = viewers

    def go_round(self) -> None:
        """One turn for each contestant, then memory, then what following costs."""
        for name, start in CONTESTANTS.items():
            with _started(start) as (contestant, peer):
                self.turns[name].append(take_turn(contestant, peer, self._megabytes))
        for name, (start, watched) in HOLDERS.items():
            with _started(start) as (contestant, _peer):
                calls = self._viewers if watched else self._calls
                self.holdings[name].append(hold_calls(contestant, calls, watched=watched))
        for size in SIZES:
            for kind, deflated in (("JPEG", False), ("deflated", True)):
                self.costs[f"{size} B, {kind}"].append(costs(size, deflated=deflated))


@contextmanager
def _started(start: Start) -> Iterator[tuple[Contestant, Source]]:
    with (
        TemporaryDirectory(prefix="reachback-benchmark-") as folder,
        source(Path(folder)) as peer,
        start(peer, Path(folder)) as contestant,
    ):
        yield contestant, peer


def main() -> None:
    """Run it."""
    given = _arguments()
    for stop in (signal.SIGTERM, signal.SIGINT):
        # An exception, so that what was started is stopped.
        signal.signal(stop, lambda *_: sys.exit("stopped before the end"))
    benchmark = Benchmark(given.megabytes, given.calls, given.viewers)
    for number in range(given.rounds):
        print(f"round {number + 1} of {given.rounds} …", file=sys.stderr, flush=True)
        benchmark.go_round()
    print(f"{machine()}\nMedian (minimum–maximum) of {given.rounds} rounds, {given.megabytes} MB each.\n")
    print(f"{turns_table(benchmark.turns)}\n\n{memory_table(benchmark.holdings)}\n")
    print(f"{following_table(benchmark.costs)}\n\n{strangers(benchmark.turns)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure how fast calls are carried.")
    parser.add_argument("--rounds", type=_at_least(1), default=3)
    parser.add_argument("--megabytes", type=_at_least(1), default=512, help="pictures in each turn")
    parser.add_argument("--calls", type=_at_least(2), default=200, help="held at once, for memory")
    # Each viewer is a process of websockify's, with a memory of its own.
    parser.add_argument("--viewers", type=_at_least(2), default=20, help="watching a call each, for memory")
    return parser.parse_args()


def _at_least(least: int) -> Callable[[str], int]:
    def count(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"at least {least}")
        return int(text)

    return count


if __name__ == "__main__":
    main()
