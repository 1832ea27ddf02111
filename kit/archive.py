"""Makes the zip file that a customer downloads: the kit's files, byte for byte, and the scripts beside them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from kit.folder import is_plain

# The same files make the same archive, whenever and wherever it is made.
_DATE = (1980, 1, 1, 0, 0, 0)
_FAT = 0  # made on a system without Unix permissions: what is unpacked gets those of its folder
_ARCHIVE_BIT = 0x20


def build(files: Mapping[str, bytes], extra: Mapping[str, bytes]) -> bytes:
    """A zip file with `files` and then `extra`, flat.

    It is made in memory, as the kit's limits allow, because it is written with every size in front of its data: the
    unpacker of Windows XP is known to stumble over archives that tell sizes afterwards, as streamed ones must.

    Raises:
        ValueError: a name is no plain file name, or on Windows two would be the same.
    """
    made = io.BytesIO()
    taken: set[str] = set()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (*files.items(), *extra.items()):
            if not is_plain(name) or name.lower() in taken:
                raise ValueError(f"{name!r} cannot be the name of a file in the kit, or is there already")
            taken.add(name.lower())
            archive.writestr(_entry(name), data)
    return made.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = _FAT
    entry.external_attr = _ARCHIVE_BIT
    return entry
