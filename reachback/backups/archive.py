"""The file of a backup: a tar, compressed with gzip, whose last member says what the others are.

::

    register/TABLE.jsonl   one table's rows (see `rows`)
    secret_key             where it is wanted
    kit.pins.json, kit/NAME
    recordings.jsonl       one line for each recording that the register lists
    recordings/NAME        where they are wanted
    manifest.json          version, revision, how many rows, bytes and SHA-256 of each member

It is written and read front to back, in pieces: nothing of it is ever in memory as a whole. Since the manifest is the
last thing in it, a file that was cut short is no backup.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from reachback.backups.errors import BackupRefused

FORMAT = 1
MANIFEST = "manifest.json"
SECRET_KEY = "secret_key"  # noqa: S105  (a file's name)
RECORDINGS = "recordings.jsonl"
# Nothing else can be in a backup, so nothing else is unpacked: no path, no link, no device.
_ALLOWED = re.compile(
    r"register/[a-z_]{1,63}\.jsonl|secret_key|kit\.pins\.json|recordings\.jsonl|manifest\.json"
    r"|(?:kit|recordings)/[A-Za-z0-9_][A-Za-z0-9 _.()+-]{0,127}"
)
MAX_MANIFEST = 4 * 1024 * 1024
BLOCK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a backup."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    version: str
    revision: str
    database: str
    made_at: str
    tables: dict[str, int] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _Counted:
    """A file that is digested while it is read."""

    def __init__(self, file: _Readable) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._bytes = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        self._bytes += len(data)
        return data

    def member(self) -> Member:
        return Member(self._bytes, self._digest.hexdigest())


class Packer:
    """Puts members into a backup; `members` is what it holds so far."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: dict[str, Member] = {}

    def add(self, name: str, file: IO[bytes], size: int) -> Member:
        """`size` bytes of `file`, from where it stands. Raises OSError where it has fewer."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        counted = _Counted(file)
        self._tar.addfile(info, counted)
        self.members[name] = counted.member()
        return self.members[name]

    def add_bytes(self, name: str, data: bytes) -> None:
        """A small member."""
        self.add(name, io.BytesIO(data), len(data))

    def finish(self, manifest: Manifest) -> None:
        """The last member, which tells of the others."""
        whole = dataclasses.replace(manifest, members=dict(self.members))
        self.add_bytes(MANIFEST, json.dumps(dataclasses.asdict(whole), indent=1).encode())


@contextmanager
def packed(path: Path) -> Iterator[Packer]:
    """A backup to fill; `path` is there, whole and for its owner only, once the block has ended without an error."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    # A file of its own: in a folder for everybody, somebody may have put a link of that name there.
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(mode="w|gz", fileobj=file, bufsize=BLOCK) as tar:
                yield Packer(tar)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def unpack(path: Path, folder: Path) -> Manifest:
    """Unpack a backup into `folder` (empty, for this user only) and check every byte of it.

    Raises:
        BackupRefused: it is damaged, was cut short, or holds what no backup does.
    """
    try:
        found = _unpacked(path, folder)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error
    manifest = _manifest(path, folder / MANIFEST)
    told = {name: member for name, member in found.items() if name != MANIFEST}
    if told != manifest.members:
        wrong = sorted(name for name in told.keys() | manifest.members if told.get(name) != manifest.members.get(name))
        raise _damaged(path, f"{', '.join(wrong[:5])} is not what its list says")
    return manifest


def _unpacked(path: Path, folder: Path) -> dict[str, Member]:
    found: dict[str, Member] = {}
    with tarfile.open(path, mode="r|gz", bufsize=BLOCK) as tar:
        for info in tar:
            if not info.isreg() or not _ALLOWED.fullmatch(info.name) or info.name in found:
                raise BackupRefused(f"{path} is no backup of Reachback: it holds {info.name[:100]!r}.")
            source = tar.extractfile(info)
            assert source is not None
            found[info.name] = _write(source, folder / info.name)
    return found


def _write(source: IO[bytes], target: Path) -> Member:
    target.parent.mkdir(mode=0o700, exist_ok=True)
    counted = _Counted(source)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := counted.read(BLOCK):
            file.write(block)
    return counted.member()


def _manifest(path: Path, file: Path) -> Manifest:
    try:
        with file.open("rb") as opened:
            told: dict[str, Any] = json.loads(opened.read(MAX_MANIFEST))
        members = {str(name): Member(**member) for name, member in told.pop("members").items()}
        manifest = Manifest(**told, members=members)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, "it has no list of what is in it, so it was cut short") from error
    if manifest.format != FORMAT:
        raise BackupRefused(f"{path} is of format {manifest.format}, this version reads {FORMAT}: use a newer one.")
    return manifest


def _damaged(path: Path, why: str) -> BackupRefused:
    return BackupRefused(f"{path} is damaged ({why}). Nothing was changed. Take another backup.")
