"""What a program's version resource says: its numbers, and a few of its strings.

The library that reads the rest of a program could read this too, but a resource made for the purpose keeps it busy for
minutes. Here every step moves forward, inside a resource of at most 64 KiB.

Layout: "VS_VERSIONINFO", "StringFileInfo", "StringTable" and "String" in Microsoft's Windows API reference. Each is a
header of three 16-bit numbers (whole length, length of the value, kind of the value), a key in UTF-16 that ends with a
NUL, and on the next multiple of four a value, then children.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from kit.text import one_line

MAX_RESOURCE = 64 * 1024

_HEADER = Struct("<HHH")
_FIXED = Struct("<I4xHHHH")  # VS_FIXEDFILEINFO: dwSignature, dwStrucVersion, dwFileVersionMS and LS, low word first
_SIGNATURE = 0xFEEF04BD


@dataclass(frozen=True, slots=True)
class VersionResource:
    """`version` such as 2.8.27, None where there is none; `strings` as they stand, by their names."""

    version: str | None
    strings: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Block:
    key: str
    data: bytes
    inside: int  # where its value begins
    value_length: int


def read_version(data: bytes) -> VersionResource:
    """Read one version resource; what cannot be understood is left out."""
    root = next(_blocks(data[:MAX_RESOURCE], 0), None)
    if root is None or root.key != "VS_VERSION_INFO":
        return VersionResource(None, {})
    children = _aligned(root.inside + root.value_length)
    return VersionResource(_numbers(root.data[root.inside :]), dict(_strings(root.data, children)))


def _numbers(value: bytes) -> str | None:
    if len(value) < _FIXED.size:
        return None
    signature, minor, major, build, patch = _FIXED.unpack_from(value)
    if signature != _SIGNATURE:
        return None
    numbers = [major, minor, patch, build]
    # People say 2.8.27 and 1.3.10, though the resource has four numbers.
    return ".".join(map(str, numbers if build else numbers[:3]))


def _strings(data: bytes, at: int) -> Iterator[tuple[str, str]]:
    for info in _blocks(data, at):
        if info.key == "StringFileInfo":
            for table in _blocks(info.data, info.inside):
                for string in _blocks(table.data, table.inside):
                    yield string.key, _text(string.data[string.inside :])


def _text(value: bytes) -> str:
    return one_line(value.decode("utf-16-le", "replace").partition("\0")[0])


def _blocks(data: bytes, at: int) -> Iterator[_Block]:
    """The blocks that lie one after another in `data` from `at` on; each has its own bytes only."""
    while at + _HEADER.size <= len(data):
        length, value_length, _kind = _HEADER.unpack_from(data, at)
        end = at + length
        if length < _HEADER.size or end > len(data):
            return
        block = _block(data[at:end], value_length)
        if block is None:
            return
        yield block
        at = _aligned(end)


def _block(data: bytes, value_length: int) -> _Block | None:
    at = _HEADER.size
    while data[at : at + 2] != b"\0\0":
        if at + 2 > len(data):
            return None
        at += 2
    key = data[_HEADER.size : at].decode("utf-16-le", "replace")
    return _Block(key, data, _aligned(at + 2), value_length)


def _aligned(at: int) -> int:
    # A block begins at a multiple of four of the whole resource, and so do the slices made of it here.
    return -(-at // 4) * 4
