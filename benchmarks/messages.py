"""The RFB messages that `source` and `viewer` exchange."""

from __future__ import annotations

import random
import struct

BANNER = b"RFB 003.008\n"
WIDTH, HEIGHT = 1024, 768
NAME = b"benchmark"
RAW = 0

# RFC 6143 §7.4: 32 bits a pixel, true colour, eight bits each of red, green and blue, and three bytes of padding.
PIXEL_FORMAT = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
# RFC 6143 §7.3.2
SERVER_INIT = struct.pack(">HH16sI", WIDTH, HEIGHT, PIXEL_FORMAT, len(NAME)) + NAME

# The types of a viewer's messages, RFC 6143 §7.5.
SET_PIXEL_FORMAT, SET_ENCODINGS, UPDATE_REQUEST, KEY, POINTER, CUT_TEXT = 0, 2, 3, 4, 5, 6

ONLY_RAW = struct.pack(">BxHi", SET_ENCODINGS, 1, RAW)
WHOLE_SCREEN = struct.pack(">BBHHHH", UPDATE_REQUEST, 0, 0, 0, WIDTH, HEIGHT)

# One whole screen in one rectangle: FramebufferUpdate (RFC 6143 §7.6.1), 16 bytes of heads and the pixels.
_UPDATE_HEADS = struct.pack(">BxHHHHHi", 0, 1, 0, 0, WIDTH, HEIGHT, RAW)
UPDATE_BYTES = len(_UPDATE_HEADS) + WIDTH * HEIGHT * 4

# What is sent and echoed for round trips, eight bytes each: a KeyEvent (RFC 6143 §7.5.4) and an empty ServerCutText
# (§7.6.4).
ECHO = struct.pack(">BxxxI", 3, 0)


def key(*, down: bool) -> bytes:
    """The letter a, pressed or released."""
    return struct.pack(">BBxxI", KEY, down, ord("a"))


def update() -> bytes:
    """A whole screen of noise."""
    return _UPDATE_HEADS + random.Random(1).randbytes(WIDTH * HEIGHT * 4)


def repeater_id(code: str) -> bytes:
    """What an UltraVNC server sends in front of its banner when it dials out: 250 bytes with the code."""
    return b"ID:%s" % code.encode() + bytes(250 - len("ID:") - len(code))
