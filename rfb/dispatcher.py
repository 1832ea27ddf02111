r"""TightVNC's dispatcher exchange, which carries a number before RFB: here we are the dispatcher, and speak first.

Written from the client's side in TightVNC 2.5.1 to 2.8.27 (tcp-dispatcher/TcpDispatcherInitializer.cpp and
DispatcherProtocol.cpp) and compared with what its 2.8.11 sends. No dispatcher was ever published. Numbers are
big-endian::

    we      "TCPDISPATCH\n"             12 bytes
    we      U8 1, U8 3                  one version on offer: 3
    server  U8 3                        the version it picked
    server  U8 0                        it is a VNC server; a viewer would say 1
    server  U32 number                  0: "assign me one"
    we      U32 number                  only where it said 0, and then anything else
    server  U8 length, keyword          2.8.11 sends one NUL, later ones nothing
    server  U8 length, name             the dispatcher it wants to talk to; the same
    we      U8 length, our own name     nothing
    we      U8 0  /  server  U8 0       a ping and its answer, as often as we like
    we      U8 1                        go: the answers to all pings, then the banner, follow
"""

from __future__ import annotations

from rfb.conversation import Conversation, Script
from rfb.errors import NotVnc, ProtocolViolation
from rfb.events import Dispatched
from rfb.fields import clean_name, u8, u32, unsigned

GREETING = b"TCPDISPATCH\n"
VERSION = 3
SERVER, VIEWER = 0, 1
ASSIGNED = 1  # whoever has no number is told this one; nobody asks for it again
PING, GO = b"\0", b"\1"
_FIRST_OF_BANNER = ord("R")


class Dispatcher(Conversation):
    """Learns a silent caller's number, keeps the caller waiting as long as need be, and lets it go on to its banner.

    ``data_to_send()`` starts with our greeting, before anything was received. Emits one Dispatched; from then on
    ``ping()`` and ``go()`` are allowed. It is ``done`` when all pings sent before ``go()`` are answered: what follows
    is the banner.

    Raises NotVnc where the caller is no such client, and ProtocolViolation where a VNC server spoke too late: our
    greeting was under way already, and no server takes it for a version.
    """

    def __init__(self) -> None:
        self._unanswered = 0
        self._may_go = False
        self._has_gone = False
        super().__init__(self._dispatch(), limit=255)

    def ping(self) -> None:
        """Ask for a sign of life; raise RuntimeError while the number is not known, or after ``go()``."""
        self._refuse_unless_waiting()
        self._unanswered += 1
        self._send(PING)

    def go(self) -> None:
        """Let the server begin with RFB; raise RuntimeError while the number is not known, or the second time."""
        self._refuse_unless_waiting()
        self._has_gone = True
        self._send(GO)
        self.done = not self._unanswered

    def _refuse_unless_waiting(self) -> None:
        if not self._may_go or self._has_gone:
            raise RuntimeError("the server waits for a word between its number and its banner only")

    def _dispatch(self) -> Script[None]:
        self._send(GREETING, u8(1), u8(VERSION))
        _check_version(unsigned((yield 1)))
        _check_kind(unsigned((yield 1)))
        number = unsigned((yield 4))
        if number == 0:
            self._send(u32(ASSIGNED))
        keyword = yield from self._string()
        name = yield from self._string()
        self._send(u8(0))
        self._emit(Dispatched(number, keyword, name))
        self._may_go = True
        yield from self._answers()

    def _string(self) -> Script[str]:
        return clean_name((yield unsigned((yield 1))))

    def _answers(self) -> Script[None]:
        """Read one answer for each ping; the script ends with the last one after ``go()``."""
        while not self._has_gone or self._unanswered:
            if (yield 1) != PING or not self._unanswered:
                raise ProtocolViolation("The VNC server speaks before the dispatcher told it to go on.")
            self._unanswered -= 1


def _check_version(picked: int) -> None:
    if picked == _FIRST_OF_BANNER:
        raise ProtocolViolation(
            "The VNC server kept silent so long that it was taken for one that waits for a dispatcher:"
            " let it dial again."
        )
    if picked != VERSION:
        raise NotVnc("unknown")


def _check_kind(kind: int) -> None:
    if kind != SERVER:
        raise NotVnc("viewer" if kind == VIEWER else "unknown")
