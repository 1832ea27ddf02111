"""Recordings made for tests."""

from __future__ import annotations

from datetime import UTC, datetime

from recordings.container import Encoder, Head, Point, Record, Refresh, Scanner

HEAD = Head("s3ss10n", 7, datetime(2026, 3, 1, 9, 30, tzinfo=UTC), 1024, 768, "Büro-PC")


def refresh(update: bytes = b"primers", *, gap: bool = False) -> Refresh:
    """A refresh point of the desktop in HEAD."""
    return Refresh(Point(0, gap, HEAD.width, HEAD.height), HEAD.name, update)


def small_file() -> bytes:
    """Two refresh points, a gap, some data, an end."""
    encoder = Encoder(HEAD)
    return b"".join(
        (
            encoder.begin(),
            encoder.refresh(0, refresh()),
            encoder.data(5, b"first"),
            encoder.whole(9),
            encoder.data(1500, b"second" * 100),
            encoder.refresh(4000, refresh(b"again", gap=True)),
            encoder.data(4100, b"third"),
            encoder.whole(4100),
            encoder.end(5000, "the session ended"),
        )
    )


def scanned(data: bytes, step: int = 0) -> tuple[list[Record], Scanner]:
    """All records of `data`, fed in pieces of `step` bytes, and the scanner that found them."""
    scanner, found = Scanner(), []
    for start in range(0, len(data), step or len(data) or 1):
        found += scanner.receive_data(data[start : start + (step or len(data))])
    return found, scanner
