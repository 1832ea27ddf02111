from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from portal.instructions import Facts

FACTS = Facts(
    technician="Anna",
    host="dial.example.org",
    port=5500,
    number="123456782",
    password="k3yw0rds",
    page="http://help.example.org/support/abcdefghijklmnopqrstuvwxyz",
    until=datetime(2026, 3, 1, 14, 30, tzinfo=UTC),
    minutes=115,
    kit_tightvnc="2.8.27",
    file_transfer=False,
    tls=False,
    port_is_own=False,
)


@pytest.fixture
def facts() -> Callable[..., Facts]:
    """Facts of a session, with some of them as a test wants them."""
    return lambda **other: dataclasses.replace(FACTS, **other)
