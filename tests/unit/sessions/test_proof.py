from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sessions.proof import is_proof, proof

KEY, NOW = b"k" * 32, datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [-60, -1, 0, 1, 60])
def test_a_word_is_good_for_a_minute_either_way(seconds: int) -> None:
    assert is_proof(proof(KEY, NOW), KEY, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-61, 61, 86400])
def test_and_no_longer(seconds: int) -> None:
    assert not is_proof(proof(KEY, NOW), KEY, NOW + timedelta(seconds=seconds))


def test_another_key_says_another_word() -> None:
    assert not is_proof(proof(b"x" * 32, NOW), KEY, NOW)


@pytest.mark.parametrize("word", ["", ".", "0", f"{int(NOW.timestamp())}.", "١٢٣.x", "9" * 400, "-1.x", "\xff"])
def test_what_is_no_word_is_none(word: str) -> None:
    assert not is_proof(word, KEY, NOW)


def test_the_time_in_it_cannot_be_changed() -> None:
    _, _, mac = proof(KEY, NOW).partition(".")
    later = NOW + timedelta(hours=1)
    assert not is_proof(f"{int(later.timestamp())}.{mac}", KEY, later)
