"""`tightvnc.reg`: settings of TightVNC that stay, for a computer that is helped again and again."""

from __future__ import annotations

from portal.instructions.facts import Facts
from portal.instructions.template import fill


def tightvnc_reg(facts: Facts) -> bytes:
    """The settings file: no listening socket, no HTTP, file transfer as configured. In it is nothing secret."""
    text = fill("tightvnc.reg", {"file_transfer": str(int(facts.file_transfer))}, say=list)
    return text.replace("\n", "\r\n").encode("ascii")
