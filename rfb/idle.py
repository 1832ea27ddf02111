"""What a server may say between ServerInit and the first request, while no technician watches.

Nobody has asked it for a picture or for an extension, so three messages remain (RFC 6143 §7.6):

====  ===================  ========================================================================
type  message              length
====  ===================  ========================================================================
1     SetColourMapEntries  6 + 6·n, n being the U16 at byte 4
2     Bell                 1
3     ServerCutText        8 + n, n being the absolute value of the S32 at byte 4; below 0 it is the
                           extended clipboard (rfbproto.rst), whose n includes four bytes of flags
====  ===================  ========================================================================
"""

from __future__ import annotations

import re

from rfb.errors import ProtocolViolation, RfbError, TooMuchData
from rfb.fields import signed, unsigned

COLOUR_MAP, BELL, CUT_TEXT = 1, 2, 3

MAX_LENGTH = 16 * 1024 * 1024  # bytes a message may announce; TightVNC itself allocates whatever a peer announces
MAX_KEPT = 64 * 1024  # bytes of one message, its head included, that are worth remembering

# All in a row at once: they are the cheapest to send, and one by one would be the dearest to follow.
_BELLS = re.compile(bytes([BELL]) + b"+")
_HEADS = {COLOUR_MAP: 6, CUT_TEXT: 8}


class IdleMessages:
    """Follows a server's messages while nobody watches, so that it is known where the next one begins.

    ``finished`` counts messages (bells in a row as one). ``clipboard`` is the newest ServerCutText of at most 64 KiB,
    whole as it was sent, or None. A longer message of any kind is counted past and never stored, so at most two
    messages of 64 KiB are held.
    """

    def __init__(self) -> None:
        self.clipboard: bytes | None = None
        self.finished = 0
        self._kept = bytearray()  # the message under way, while it may be worth keeping
        self._length_known = False
        self._missing = 0  # bytes until the message is complete; until its head is, while the length is unknown
        self._skipping = False
        self._error: RfbError | None = None

    @property
    def between_messages(self) -> bool:
        """True where the next byte begins a message."""
        return not self._kept and not self._skipping

    @property
    def pending(self) -> bytes | None:
        """The bytes so far of the message under way, b"" between messages, None while a long one is skipped."""
        return None if self._skipping else bytes(self._kept)

    def receive_data(self, data: bytes) -> None:
        """Follow ``data``, of any length.

        Raise ProtocolViolation at a message of another type, or one that announces more than 16 MiB, and the same
        one again at every later call.
        """
        if self._error is not None:
            raise self._error
        try:
            self._follow(data)
        except RfbError as error:
            self._error = error
            raise

    def _follow(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            if self.between_messages:
                bells = _BELLS.match(data, at)
                if bells:
                    at = bells.end()
                    self.finished += 1
                    continue
                self._missing = _head_length(data[at])
            piece = data[at : at + self._missing]
            at += len(piece)
            self._missing -= len(piece)
            if not self._skipping:
                self._kept += piece
            if self._missing == 0:
                self._reach()

    def _reach(self) -> None:
        """All bytes that were missing are here: the head's, or the message's, or both."""
        if not self._length_known:
            self._learn_length()
        if self._missing == 0:
            self._finish()

    def _learn_length(self) -> None:
        length = _message_length(bytes(self._kept))
        self._length_known = True
        self._missing = length - len(self._kept)
        if length > MAX_KEPT:
            self._skipping = True
            self._kept.clear()

    def _finish(self) -> None:
        if self._kept[:1] == bytes([CUT_TEXT]):
            self.clipboard = bytes(self._kept)
        self._kept.clear()
        self._length_known = self._skipping = False
        self.finished += 1


def _head_length(kind: int) -> int:
    try:
        return _HEADS[kind]
    except KeyError:
        raise ProtocolViolation(f"The VNC server sends message {kind} before anybody asked for anything.") from None


def _message_length(head: bytes) -> int:
    if head[0] == COLOUR_MAP:
        return len(head) + 6 * unsigned(head[4:6])
    return len(head) + _text_length(signed(head[4:8]))


def _text_length(announced: int) -> int:
    if -4 < announced < 0:  # noVNC reads four bytes of flags whatever the length says, and loses its place
        raise ProtocolViolation("The VNC server sends an extended clipboard too short for its flags.")
    if abs(announced) > MAX_LENGTH:
        raise TooMuchData("the length of a clipboard text", MAX_LENGTH)
    return abs(announced)
