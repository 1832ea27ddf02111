"""What a Windows program says of itself: for which processor and which Windows it was made, its version, its signer.

The format: "PE Format" in Microsoft's documentation of Windows; the sections named below are that page's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from struct import Struct

import pefile

from kit import signature
from kit.errors import NotAProgram
from kit.version_resource import MAX_RESOURCE, VersionResource, read_version

# "Machine Types"
X86 = 0x014C
MACHINES = {X86: "32-bit (x86)", 0x8664: "64-bit (x64)", 0xAA64: "64-bit (ARM)"}

XP = (5, 1)
# What a program must at least be started on, by the subsystem version in its optional header.
WINDOWS = (
    ((5, 0), "Windows 2000"),
    (XP, "Windows XP"),
    ((5, 2), "Windows XP x64 or Server 2003"),
    ((6, 0), "Windows Vista"),
    ((6, 1), "Windows 7"),
    ((6, 2), "Windows 8"),
    ((6, 3), "Windows 8.1"),
    ((10, 0), "Windows 10"),
)
NEWER = "a Windows newer than 10"

RT_VERSION = 16
MAX_RESOURCE_ENTRIES = 1024  # looked at in one directory of resources

_SECURITY = 4  # "Optional Header Data Directories": Certificate Table, RVA is a file offset
_RESOURCE = 2
_DIRECTORY = Struct("<12xHH")  # "Resource Directory Table": counts of entries by name, and by number
_ENTRY = Struct("<II")  # "Resource Directory Entries"
_DATA = Struct("<II")  # "Resource Data Entry": RVA, size
_DEEPER = 0x8000_0000  # an entry that leads to another directory


@dataclass(frozen=True, slots=True)
class Program:
    """What one program or library says of itself; nothing of it is verified."""

    machine: int
    needs: tuple[int, int]
    resource: VersionResource
    signer: str | None

    @property
    def version(self) -> str | None:
        """The version in its resource, such as 2.8.27."""
        return self.resource.version

    @property
    def architecture(self) -> str:
        """The processor it was made for, in words."""
        return MACHINES.get(self.machine, f"for a machine of kind {self.machine:#06x}")

    @property
    def lowest_windows(self) -> str:
        """The oldest Windows that starts it, in words."""
        return next((words for version, words in WINDOWS if self.needs <= version), NEWER)

    @property
    def starts_on_xp(self) -> bool:
        """Whether an ordinary, 32-bit Windows XP would start it."""
        return self.machine == X86 and self.needs <= XP


def read_program(data: bytes) -> Program:
    """Read a program's headers, version resource and signature.

    Raises:
        NotAProgram: it is none, or it is damaged.
    """
    file = _opened(data)
    header = file.OPTIONAL_HEADER
    return Program(
        machine=file.FILE_HEADER.Machine,
        needs=(header.MajorSubsystemVersion, header.MinorSubsystemVersion),
        resource=read_version(_version_resource(file)),
        signer=_signer(file, data),
    )


def _opened(data: bytes) -> pefile.PE:
    try:
        # The headers and the table of sections only: the rest of what the library reads has no useful limits.
        return pefile.PE(data=data, fast_load=True)
    except pefile.PEFormatError as error:
        raise NotAProgram("it is no Windows program, or a damaged one") from error


def _signer(file: pefile.PE, data: bytes) -> str | None:
    at, size = _directory(file, _SECURITY)
    return signature.signer(data[at : at + size]) if at and size <= signature.MAX_TABLE else None


def _directory(file: pefile.PE, number: int) -> tuple[int, int]:
    directories = file.OPTIONAL_HEADER.DATA_DIRECTORY
    if number >= len(directories):
        return 0, 0
    return directories[number].VirtualAddress, directories[number].Size


def _version_resource(file: pefile.PE) -> bytes:
    """The first version resource in its first language: three directories deep. Empty where there is none."""
    root, _size = _directory(file, _RESOURCE)
    if not root:
        return b""
    at = next((target for name, target in _entries(file, root, 0) if name == RT_VERSION), 0)
    for _level in ("name", "language"):
        if not at & _DEEPER:
            return b""
        at = next((target for _, target in _entries(file, root, at & ~_DEEPER)), 0)
    if not at or at & _DEEPER:
        return b""
    found = _bytes(file, root + at, _DATA.size)
    if len(found) < _DATA.size:
        return b""
    rva, size = _DATA.unpack(found)
    return _bytes(file, rva, min(size, MAX_RESOURCE))


def _entries(file: pefile.PE, root: int, at: int) -> Iterator[tuple[int, int]]:
    head = _bytes(file, root + at, _DIRECTORY.size)
    if len(head) < _DIRECTORY.size:
        return
    count = min(sum(_DIRECTORY.unpack(head)), MAX_RESOURCE_ENTRIES)
    table = _bytes(file, root + at + _DIRECTORY.size, count * _ENTRY.size)
    yield from islice(_ENTRY.iter_unpack(table[: len(table) // _ENTRY.size * _ENTRY.size]), count)


def _bytes(file: pefile.PE, rva: int, length: int) -> bytes:
    try:
        return bytes(file.get_data(rva, length))[:length]
    except pefile.PEFormatError:
        return b""  # it points outside the file
