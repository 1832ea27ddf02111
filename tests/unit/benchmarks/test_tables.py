from __future__ import annotations

import pytest

from benchmarks.tables import percentile, spread, table


@pytest.mark.parametrize(
    ("values", "share", "answer"),
    [
        ([7.0], 50, 7.0),
        ([7.0], 99, 7.0),
        ([3.0, 1.0, 2.0], 50, 2.0),
        ([4.0, 1.0, 3.0, 2.0], 50, 2.0),
        (list(range(1, 101)), 99, 99),
        (list(range(1, 1001)), 99, 990),
        (list(range(1, 12)), 99, 11),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values, share, answer):
    assert percentile(values, share) == answer


@pytest.mark.parametrize(
    ("values", "digits", "text"),
    [
        ([], 0, "–"),
        ([5], 0, "5 (5–5)"),
        ([3.04, 9.96, 1.0], 1, "3.0 (1.0–10.0)"),
        ([1, 2, 4, 8], 0, "3 (1–8)"),
    ],
)
def test_a_spread_is_median_minimum_and_maximum(values, digits, text):
    assert spread(iter(values), digits) == text


def test_a_table_has_straight_columns_and_is_markdown_too():
    assert table(["", "MB/s"], [["websockify", "7"], ["no relay", "12345"]]).splitlines() == [
        "|            |  MB/s |",
        "|------------|------:|",
        "| websockify |     7 |",
        "| no relay   | 12345 |",
    ]


def test_a_row_with_a_missing_cell_is_refused():
    with pytest.raises(ValueError, match="shorter"):
        table(["a", "b"], [["only one"]])
