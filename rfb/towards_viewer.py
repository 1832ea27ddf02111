"""The greeting with a technician's viewer, where we are the server: version 3.8, security None.

RFC 6143 §7.1 to §7.3. Who the technician is has been settled by a ticket before the first byte comes here.
"""

from __future__ import annotations

from rfb.conversation import Conversation, Script
from rfb.errors import ProtocolViolation
from rfb.events import ClientInit, Desktop
from rfb.fields import banner, read_banner, u8, u16, u32, unsigned

VERSION = (3, 8)
NONE = 1  # RFC 6143 §7.2.1
OK, FAILED = 0, 1  # RFC 6143 §7.1.3


class ViewerGreeting(Conversation):
    """Greets one viewer and shows it ``desktop``; emits ClientInit and is done.

    ``data_to_send()`` starts with our banner, before anything was received. A viewer that answers another version
    than 3.8, or picks another security type than None, raises ProtocolViolation; what ``data_to_send()`` then
    returns tells it why, in the form its version understands.
    """

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(self._greet(desktop), limit=12)

    def _greet(self, desktop: Desktop) -> Script[None]:
        self._send(banner(*VERSION))
        self._agree_on_version((yield 12))
        self._send(u8(1), u8(NONE))
        self._agree_on_security(unsigned((yield 1)))
        self._send(u32(OK))
        shared = unsigned((yield 1)) != 0
        self._send(server_init(desktop))
        self._emit(ClientInit(shared))

    def _agree_on_version(self, answer: bytes) -> None:
        version = read_banner(answer)
        if version is None:
            raise ProtocolViolation("The viewer does not answer with a version of RFB.")
        if version != VERSION:
            no_types = u8(0) if version >= (3, 7) else u32(0)  # rfbproto.rst, "Security": 3.3 sends a U32
            self._refuse(no_types, "The viewer must speak RFB 3.8, as noVNC does.")

    def _agree_on_security(self, picked: int) -> None:
        if picked != NONE:
            self._refuse(u32(FAILED), "The viewer picked a security type that was not offered.")

    def _refuse(self, prefix: bytes, reason: str) -> None:
        words = reason.encode("ascii")
        self._send(prefix, u32(len(words)), words)
        raise ProtocolViolation(reason)


def server_init(desktop: Desktop) -> bytes:
    """Return the ServerInit message for ``desktop`` (RFC 6143 §7.3.2), its name in UTF-8."""
    name = desktop.name.encode("utf-8", "replace")
    sides = u16(desktop.width) + u16(desktop.height)
    return sides + desktop.pixel_format.encode() + u32(len(name)) + name
