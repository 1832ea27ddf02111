"""The kinds of meters: numbers that are added to in passing, and taken to a file later by somebody with time.

A label's values are fixed where the meter is defined; whatever else comes is counted as `other`. So nobody's address,
name or number can become a label, and no stranger makes a file grow.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

OTHER = "other"
INFINITE = float("inf")


@dataclass(frozen=True, slots=True)
class Sample:
    """One number of a meter, as Prometheus calls it."""

    name: str
    amount: float
    labels: Mapping[str, str] = field(default_factory=dict)


class Meter(ABC):
    """Base of the kinds. `kind` is Prometheus's word, `adds` whether samples are added to what a file has already."""

    kind = ""
    adds = True

    def __init__(self, name: str, words: str) -> None:
        self.name = name
        self.words = words
        # A portal has many threads, and each of them may count.
        self._lock = threading.Lock()

    @abstractmethod
    def take(self) -> list[Sample]:
        """What has come since it was asked last, zeros included; of a gauge, what it shows now."""


class Counter(Meter):
    """How often something happened. Its one label, if it has any, takes one of `values`."""

    kind = "counter"

    def __init__(self, name: str, words: str, label: str = "", values: Sequence[str] = ()) -> None:
        super().__init__(name, words)
        self.label = label
        self.values = (*values, OTHER) if label else ("",)
        self._counts = dict.fromkeys(self.values, 0.0)

    def add(self, value: str = "", by: float = 1.0) -> None:
        """It happened once more, or `by` as much."""
        with self._lock:
            self._counts[value if value in self._counts else OTHER] += by

    def take(self) -> list[Sample]:
        """See Meter."""
        with self._lock:
            taken, self._counts = self._counts, dict.fromkeys(self.values, 0.0)
        return [self._sample(value, count) for value, count in taken.items()]

    def _sample(self, value: str, count: float) -> Sample:
        return Sample(f"{self.name}_total", count, {self.label: value} if self.label else {})


class Gauge(Meter):
    """How much there is now."""

    kind = "gauge"
    adds = False

    def __init__(self, name: str, words: str) -> None:
        super().__init__(name, words)
        self._value = 0.0

    def set(self, value: float) -> None:
        """There is so much."""
        self._value = value

    def take(self) -> list[Sample]:
        """See Meter."""
        return [Sample(self.name, self._value)]


class Histogram(Meter):
    """How long things took, in seconds: how many took at most each of `bounds`, which rise."""

    kind = "histogram"

    def __init__(self, name: str, words: str, bounds: Sequence[float]) -> None:
        super().__init__(name, words)
        self.bounds = (*bounds, INFINITE)
        self._counts = [0] * len(self.bounds)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """One more took `seconds`."""
        with self._lock:
            self._counts[bisect_left(self.bounds, seconds)] += 1
            self._sum += seconds

    def take(self) -> list[Sample]:
        """See Meter. Each bucket holds its own only; whoever reads the files adds up."""
        with self._lock:
            counts, self._counts = self._counts, [0] * len(self.bounds)
            total, self._sum = self._sum, 0.0
        return [*self._buckets(counts), Sample(f"{self.name}_sum", total)]

    def _buckets(self, counts: Sequence[int]) -> Iterator[Sample]:
        for bound, count in zip(self.bounds, counts, strict=True):
            yield Sample(f"{self.name}_bucket", count, {"le": _written(bound)})


def _written(bound: float) -> str:
    return "+Inf" if bound == INFINITE else str(float(bound))
