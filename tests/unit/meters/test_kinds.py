from __future__ import annotations

import pytest
from prometheus_client import Counter as TheirCounter
from prometheus_client import Gauge as TheirGauge
from prometheus_client import Histogram as TheirHistogram

from meters.catalogue import KEPT_BY, METERS
from meters.kinds import Counter, Gauge, Histogram, Meter


def taken(meter: Meter) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {(one.name, tuple(one.labels.items())): one.amount for one in meter.take()}


def test_a_counter_tells_what_came_since_it_was_asked_last() -> None:
    counter = Counter("refused", "", "reason", ("late", "wrong"))
    counter.add("late")
    counter.add("late", by=2)
    assert taken(counter)["refused_total", (("reason", "late"),)] == 3
    assert set(taken(counter).values()) == {0}


def test_what_no_label_was_foreseen_for_is_counted_as_other() -> None:
    counter = Counter("refused", "", "reason", ("late",))
    for each in range(1000):
        counter.add(f"198.51.100.{each}")
    assert taken(counter) == {
        ("refused_total", (("reason", "late"),)): 0,
        ("refused_total", (("reason", "other"),)): 1000,
    }


def test_a_gauge_tells_what_there_is() -> None:
    gauge = Gauge("waiting", "")
    gauge.set(3)
    gauge.set(2)
    assert taken(gauge) == taken(gauge) == {("waiting", ()): 2}


def test_a_histogram_sorts_by_its_bounds() -> None:
    histogram = Histogram("seconds", "", (0.1, 1.0))
    for seconds in (0.1, 0.2, 1.0, 5.0):
        histogram.observe(seconds)
    found = taken(histogram)
    assert [found["seconds_bucket", (("le", bound),)] for bound in ("0.1", "1.0", "+Inf")] == [1, 2, 1]
    assert found["seconds_sum", ()] == pytest.approx(6.3)


@pytest.mark.parametrize("meter", METERS.values(), ids=METERS)
def test_prometheus_takes_every_name_of_the_catalogue(meter: Meter) -> None:
    theirs = {"counter": TheirCounter, "gauge": TheirGauge, "histogram": TheirHistogram}[meter.kind]
    theirs(meter.name, meter.words, [getattr(meter, "label", "")] if getattr(meter, "label", "") else [], registry=None)
    assert meter.name.startswith("reachback_")
    assert meter.words.endswith(".")


def test_a_meter_of_one_name_is_one_meter() -> None:
    names = {id(meter): meter.name for kept in KEPT_BY.values() for meter in kept}
    assert sorted(names.values()) == sorted(METERS)
