"""As much of DER (ITU-T X.690) as finds a way through a signature: one element after another, none copied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

CONTEXT_0 = 0xA0  # [0], constructed

_LONGEST_LENGTH = 4  # octets of a length: 4 GiB are more than any file here


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its identifier octet, and where in `data` it begins, its contents begin, and it ends."""

    data: memoryview
    tag: int
    start: int
    inside: int
    end: int

    @property
    def whole(self) -> bytes:
        """The element as it stands, identifier and length included."""
        return bytes(self.data[self.start : self.end])

    @property
    def contents(self) -> bytes:
        """What the element holds."""
        return bytes(self.data[self.inside : self.end])

    def children(self) -> Iterator[Element]:
        """The elements in this one. Raises ValueError where they do not fill it exactly."""
        at = self.inside
        while at < self.end:
            child = read(self.data[: self.end], at)
            yield child
            at = child.end


def read(data: memoryview, at: int = 0) -> Element:
    """The element that begins at `at`. Raises ValueError where there is none, whole."""
    if at + 2 > len(data):
        raise ValueError("an element is cut off")
    tag, first = data[at], data[at + 1]
    if tag & 0x1F == 0x1F:
        raise ValueError("identifiers of several octets are not read here")
    inside, length = at + 2, first
    if first & 0x80:
        count = first & 0x7F
        if not 1 <= count <= _LONGEST_LENGTH:
            raise ValueError("a length is indefinite or too long")
        inside += count
        length = int.from_bytes(data[at + 2 : inside], "big")
    if inside + length > len(data):
        raise ValueError("an element is longer than what holds it")
    return Element(data, tag, at, inside, inside + length)
