from __future__ import annotations

import pytest

from kit import der


def elements(data: bytes) -> list[bytes]:
    return [child.whole for child in der.read(memoryview(data)).children()]


def test_an_element_knows_its_children() -> None:
    assert elements(bytes.fromhex("3008 020101 0403616263")) == [b"\x02\x01\x01", b"\x04\x03abc"]
    assert der.read(memoryview(b"\x04\x03abc")).contents == b"abc"


def test_a_long_length_is_read() -> None:
    found = der.read(memoryview(b"\x04\x82\x01\x00" + bytes(256) + b"behind"))
    assert (found.inside, found.end) == (4, 260)


@pytest.mark.parametrize(
    "data",
    ["", "30", "3005020101", "3080020101 0000", "3085 0000000001 00", "1f8101 00", "30820", "3003 020201"],
)
def test_what_is_cut_or_not_der_is_refused(data: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (one error for all: no signature)
        elements(bytes.fromhex(data.ljust(len(data) + len(data.replace(" ", "")) % 2, "0")))
