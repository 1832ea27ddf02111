from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rfb.conversation import Conversation, Reading
from rfb.errors import ProtocolViolation, TooMuchData
from rfb.events import RepeaterId
from tests.unit.rfb.helpers import TAIL, raises, tr

if TYPE_CHECKING:
    from rfb.conversation import Script


class Echo(Conversation):
    """Repeats a word whose length comes first, in one byte."""

    def __init__(self) -> None:
        super().__init__(self._echo(), limit=8)

    def _echo(self) -> Script[None]:
        self._send(b"say ")
        length = (yield 1)[0]
        if length == 9:
            raise ProtocolViolation("Nine is not a length.")
        word = yield length
        self._emit(RepeaterId(word.decode("ascii")))
        self._send(b"you ", b"said ", word)


def test_hands_out_exactly_what_the_script_asks_for() -> None:
    tr(Echo, b"\x03abc", (4, RepeaterId("abc")))


def test_nothing_can_be_asked_for() -> None:
    tr(Echo, b"\x00", (1, RepeaterId("")))


def test_speaks_before_it_is_spoken_to() -> None:
    echo = Echo()
    assert (echo.data_to_send(), echo.data_to_send()) == (b"say ", b"")
    echo.receive_data(b"\x01a")
    assert echo.data_to_send() == b"you said a"


def test_an_error_is_final() -> None:
    raises(Echo, b"\x09", ProtocolViolation, "Nine")


def test_what_was_to_be_said_before_an_error_can_still_be_sent() -> None:
    echo = Echo()
    with pytest.raises(ProtocolViolation):
        echo.receive_data(b"\x09")
    assert echo.data_to_send() == b"say "


def test_a_mistake_of_ours_never_looks_done() -> None:
    echo = Echo()
    for _ in range(2):
        with pytest.raises(UnicodeDecodeError):
            echo.receive_data(b"\x01\xff")
    assert not echo.done


@pytest.mark.parametrize("late", [b"", b"x"])
def test_once_done_it_takes_no_more(late: bytes) -> None:
    echo = Echo()
    echo.receive_data(b"\x01a" + TAIL)
    with pytest.raises(RuntimeError, match="whoever reads next"):
        echo.receive_data(late)
    assert echo.trailing_data == TAIL


def test_asking_for_more_than_the_limit_is_refused_and_not_stored() -> None:
    echo = Echo()
    with pytest.raises(TooMuchData):
        echo.receive_data(b"\xff" + bytes(1_000_000))
    assert not echo.done


def test_a_reading_says_nothing() -> None:
    assert not hasattr(Reading, "data_to_send")
