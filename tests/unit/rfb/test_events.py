from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from rfb.events import ClientInit, Dispatched, RepeaterId, ServerVersion
from tests.unit.rfb.helpers import desktop


@pytest.mark.parametrize("text", ["", "123456789", "Kasse 7"])
def test_what_a_repeater_id_may_be(text: str) -> None:
    assert RepeaterId(text).text == text


@pytest.mark.parametrize("text", [" 1", "1 ", "a\nb", "ü", "\x7f", "1\0"])
def test_an_impossible_repeater_id_cannot_exist(text: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        RepeaterId(text)


@pytest.mark.parametrize("number", [-1, 2**32])
def test_an_impossible_number_cannot_exist(number: int) -> None:
    with pytest.raises(ValueError, match="a dispatcher's number"):
        Dispatched(number, "", "")


def test_versions_are_ordered_and_readable() -> None:
    assert ServerVersion(3, 3) < ServerVersion(3, 889) < ServerVersion(4, 0)
    assert str(ServerVersion(3, 889)) == "3.889"


def test_a_desktop_may_be_as_large_as_the_protocol() -> None:
    assert desktop("wall", 65535, 1).width == 65535


@pytest.mark.parametrize(("width", "height"), [(0, 768), (1024, 0), (65536, 1), (1, -1)])
def test_an_impossible_desktop_cannot_exist(width: int, height: int) -> None:
    with pytest.raises(ValueError, match="pixels each way"):
        desktop("void", width, height)


def test_events_cannot_change() -> None:
    event = ClientInit(shared=True)
    with pytest.raises(FrozenInstanceError):
        event.shared = False  # type: ignore[misc]
    assert not hasattr(event, "__dict__")
