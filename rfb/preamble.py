r"""The first bytes of a call: a version banner, with or without a repeater's ID block in front, or a TLS hello.

::

    "RFB ddd.ddd\n"                          every VNC server that dials out (RFC 6143 §7.1.1)
    250 bytes "ID:text" NUL…, then the same  UltraVNC, x11vnc, libvncserver towards a "repeater"
    0x16, the rest of a ClientHello          a VNC server behind a TLS client; the above follows inside
    nothing                                  TightVNC's dispatcher client: whoever has a clock notices the silence
"""

from __future__ import annotations

from rfb.conversation import Reading, Script
from rfb.errors import Caller, NotVnc
from rfb.events import RepeaterId, ServerVersion, TlsHello

ID_BLOCK = 250  # bytes: UltraVNC sends exactly so many, and libvncserver's rfbserver.c explains why others must too

_ANY_DIGIT = ord("0")
_AFTER_R = b"FB 000.000\n"  # a banner without its first letter; a zero stands for any digit

_TLS_HANDSHAKE = b"\x16"  # the content type every ClientHello starts with (RFC 8446 §5.1)
_OF_A_PROXY = ord("\r")  # version 2 of the PROXY protocol; version 1 begins like HTTP's POST
_HTTP_METHODS = b"GPHDOCT"  # GET, POST and PUT and PATCH, HEAD, DELETE, OPTIONS, CONNECT, TRACE


class Preamble(Reading):
    """Reads up to and including the version banner and not one byte more.

    Emits an optional RepeaterId as soon as its block is complete, then a ServerVersion; or, at the first byte of a TLS
    handshake, a TlsHello and nothing else. Raises NotVnc at the first byte that no VNC server could have sent there.
    """

    def __init__(self) -> None:
        super().__init__(self._preamble(), limit=ID_BLOCK)

    def _preamble(self) -> Script[None]:
        first = yield 1
        if first == _TLS_HANDSHAKE:
            self._emit(TlsHello(first))
            return
        if first == b"I":
            self._emit(RepeaterId((yield from self._repeater_id())))
            first = yield 1
            _insist(first == b"R")
        elif first != b"R":
            raise NotVnc(_guess(first[0]))
        self._emit((yield from self._version()))

    def _repeater_id(self) -> Script[str]:
        """Read what follows the "I" of an ID block; return its text.

        UltraVNC before August 2010 left rubbish behind the NUL (its vncmenu.cpp says so): the text ends there.
        """
        for expected in b"D:":
            _insist((yield 1)[0] == expected)
        text = bytearray()
        for unread in reversed(range(ID_BLOCK - len(b"ID:"))):
            byte = (yield 1)[0]
            if byte == 0:
                yield unread
                break
            _insist(0x20 <= byte <= 0x7E)
            text.append(byte)
        return text.decode("ascii").strip()

    def _version(self) -> Script[ServerVersion]:
        """Read what follows the "R" of a banner."""
        digits = bytearray()
        for expected in _AFTER_R:
            byte = (yield 1)[0]
            _insist(0x30 <= byte <= 0x39 if expected == _ANY_DIGIT else byte == expected)
            digits.append(byte)
        return ServerVersion(int(digits[3:6]), int(digits[7:10]))


def _insist(fits: bool) -> None:
    if not fits:
        raise NotVnc("unknown")


def _guess(first: int) -> Caller:
    """Tell who calls by the first byte alone, so that the answer cannot depend on how the bytes were cut."""
    if first == ord("S"):
        return "ssh"
    if first == _OF_A_PROXY:
        return "proxy"
    return "http" if first in _HTTP_METHODS else "unknown"
