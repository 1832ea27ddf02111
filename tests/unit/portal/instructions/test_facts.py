from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.instructions import Facts, Way, way


@pytest.mark.parametrize(
    ("version", "best"),
    [
        ("2.8.2", Way.DISPATCH),
        ("2.8.11.0", Way.DISPATCH),
        ("2, 8, 27, 0", Way.DISPATCH),
        ("2.8.53", Way.CONNECT),
        ("2.8.81", Way.CONNECT),
        ("2.7.10", Way.CONNECT),
        ("2.8", Way.CONNECT),
        ("unknown", Way.CONNECT),
        (None, Way.CONNECT),
    ],
)
def test_only_some_releases_know_the_dispatcher(facts: Callable[..., Facts], version: str | None, best: Way) -> None:
    assert way(facts(kit_tightvnc=version)) is best


def test_without_a_password_to_set_nothing_is_dispatched(facts: Callable[..., Facts]) -> None:
    assert way(facts(password=None)) is Way.CONNECT


def test_no_secret_is_in_what_facts_say_of_themselves(facts: Callable[..., Facts]) -> None:
    said = repr(facts())
    assert not [secret for secret in ("123456782", "k3yw0rds", "support/") if secret in said]
