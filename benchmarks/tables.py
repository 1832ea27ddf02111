"""Figures and tables, without any measuring: medians, percentiles, columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median


def percentile(values: Sequence[float], share: int) -> float:
    """The smallest value that at least `share` per cent of `values` do not exceed (the nearest rank)."""
    rank = -(-len(values) * share // 100)
    return sorted(values)[max(rank, 1) - 1]


def spread(values: Iterable[float], digits: int = 0) -> str:
    """`median (minimum–maximum)`, or a dash where nothing was measured."""
    seen = list(values)
    if not seen:
        return "–"
    return f"{median(seen):.{digits}f} ({min(seen):.{digits}f}–{max(seen):.{digits}f})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Plain columns, the first aligned to the left and the others to the right; readable as Markdown too."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])])
    return "\n".join([_line(head, widths), f"|{rule}|", *(_line(row, widths) for row in lines[1:])])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join([cells[0].ljust(len(first)), *others])} |"
