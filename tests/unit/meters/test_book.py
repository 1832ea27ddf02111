from __future__ import annotations

import logging
import multiprocessing
from pathlib import Path

import pytest

from meters.book import FILE_BYTES, Book
from meters.catalogue import ARRIVED, GREETING, KEPT_BY, SEAT_BYTES
from meters.kinds import Counter, Gauge, Histogram
from meters.reading import read

METERS = (ARRIVED, GREETING, SEAT_BYTES)


@pytest.fixture(autouse=True)
def _clean_meters() -> None:
    SEAT_BYTES.set(0)
    for meter in METERS:
        meter.take()


def numbers(folder: Path) -> dict[str, float]:
    return {
        f"{sample.name}{sample.labels or ''}": sample.value
        for metric in read(folder)
        for sample in metric.samples
        if sample.value
    }


def test_what_is_written_is_read(tmp_path: Path) -> None:
    book = Book(tmp_path, "listener", METERS)
    ARRIVED.add("id")
    GREETING.observe(0.2)
    GREETING.observe(0.7)
    SEAT_BYTES.set(5)
    book.write()
    found = numbers(tmp_path)
    assert found["reachback_calls_arrived_total{'matched_by': 'id'}"] == 1
    assert found["reachback_greeting_seconds_bucket{'le': '0.25'}"] == 1
    assert found["reachback_greeting_seconds_bucket{'le': '+Inf'}"] == 2
    assert found["reachback_greeting_seconds_count"] == 2
    assert found["reachback_seat_queue_bytes"] == 5


def test_a_new_process_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    for _ in range(3):
        book = Book(tmp_path, "listener", METERS)
        ARRIVED.add("id")
        SEAT_BYTES.set(7)
        book.write()
        book.close()
    assert numbers(tmp_path) == {"reachback_calls_arrived_total{'matched_by': 'id'}": 3}, "no gauge of the dead"
    assert len(list(tmp_path.glob("*.db"))) == 3


def test_two_at_once_have_a_place_each(tmp_path: Path) -> None:
    old, new = Book(tmp_path, "listener", METERS), Book(tmp_path, "listener", METERS)
    SEAT_BYTES.set(7)
    for book in (old, new):
        ARRIVED.add("port")
        book.write()
    assert numbers(tmp_path)["reachback_calls_arrived_total{'matched_by': 'port'}"] == 2
    assert numbers(tmp_path)["reachback_seat_queue_bytes"] == 14
    old.close()
    assert numbers(tmp_path)["reachback_seat_queue_bytes"] == 7


def test_the_place_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    def live_shortly() -> None:
        book = Book(tmp_path, "listener", METERS)
        ARRIVED.add("id")
        book.write()

    for _ in range(2):
        child = multiprocessing.get_context("fork").Process(target=live_shortly)
        child.start()
        child.join(30)
        assert child.exitcode == 0
    assert numbers(tmp_path)["reachback_calls_arrived_total{'matched_by': 'id'}"] == 2
    assert [file.name for file in tmp_path.glob("*.lock")] == ["listener-0.lock"]


@pytest.mark.parametrize("damage", [b"\xff" * FILE_BYTES, b"\x00\x01\x00\x00" + b"\x07" * 1000, b"x"])
def test_a_damaged_file_is_left_out_and_begun_anew(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "counter_listener-0.db").write_bytes(damage)
    other = Book(tmp_path, "portal", METERS)
    ARRIVED.add("id")
    other.write()
    assert numbers(tmp_path) == {"reachback_calls_arrived_total{'matched_by': 'id'}": 1}
    book = Book(tmp_path, "listener", METERS)
    ARRIVED.add("id")
    book.write()
    assert numbers(tmp_path) == {"reachback_calls_arrived_total{'matched_by': 'id'}": 2}


def test_a_folder_that_cannot_be_written_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "metrics").write_text("a file")
    book = Book(tmp_path / "metrics", "listener", METERS)
    with caplog.at_level(logging.WARNING):
        book.write()
        book.write()
    assert len(caplog.records) == 1


def test_a_closed_book_is_not_opened_again(tmp_path: Path) -> None:
    book = Book(tmp_path, "listener", METERS)
    book.close()
    book.write()
    assert not list(tmp_path.iterdir())


def test_what_an_older_version_kept_is_not_told(tmp_path: Path) -> None:
    book = Book(tmp_path, "listener", (Counter("reachback_gone", ""), Gauge("reachback_gone_too", "")))
    book.write()
    assert read(tmp_path) == []


@pytest.mark.parametrize("kind", KEPT_BY)
def test_all_meters_of_a_process_fit_into_the_room_that_is_reserved(tmp_path: Path, kind: str) -> None:
    book = Book(tmp_path, kind, KEPT_BY[kind])
    book.write()
    assert {file.stat().st_size for file in tmp_path.glob("*.db")} == {FILE_BYTES}


def test_a_folder_that_is_not_there_has_nothing_to_read(tmp_path: Path) -> None:
    assert read(tmp_path / "none") == []


def test_a_histogram_that_nobody_observed_is_told_as_nought(tmp_path: Path) -> None:
    book = Book(tmp_path, "listener", (Histogram(GREETING.name, "", GREETING.bounds),))
    book.write()
    (metric,) = read(tmp_path)
    assert metric.type == "histogram"
    assert {sample.value for sample in metric.samples} == {0}
