"""What a clipboard message of a server is about (RFC 6143 §7.6.4; rfbproto.rst, "Extended Clipboard")."""

from __future__ import annotations

from enum import Enum

from rfb.fields import signed, unsigned

_HEAD = 12  # bytes, the flags included


class About(Enum):
    """What it says."""

    TEXT = "a text"
    CAPABILITIES = "what the server's clipboard can do, told once"
    QUESTION = "a request for a viewer's clipboard, or for what is in it"
    OTHER = "that there is something new, or the content that was asked for"


# The lowest bit of each action (rfbproto.rst): caps, request, peek; notify and provide are the others.
_CAPABILITIES, _REQUEST, _PEEK = 1 << 24, 1 << 25, 1 << 26


def about(message: bytes) -> About:
    """What a ServerCutText is about, given whole."""
    if signed(message[4:8]) >= 0:
        return About.TEXT
    flags = unsigned(message[8:_HEAD])
    if flags & _CAPABILITIES:
        return About.CAPABILITIES
    return About.QUESTION if flags & (_REQUEST | _PEEK) else About.OTHER


def is_sound(message: bytes) -> bool:
    """Whether noVNC can read it: of an extended one it takes four bytes of flags, whatever the length says."""
    return signed(message[4:8]) >= 0 or len(message) >= _HEAD
