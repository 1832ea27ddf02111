"""The greeting with a customer's server, where we are the viewer: version, security, ClientInit, ServerInit.

RFC 6143 §7.1 to §7.3, and rfbproto.rst for what the RFC leaves out: versions 3.3 and 3.7, and the security type Tight.
What differs between the versions:

=========================  ===================  =========================  =========================
step                       3.3                  3.7                        3.8
=========================  ===================  =========================  =========================
security                   the server decides   a list, the viewer picks   a list, the viewer picks
SecurityResult, no auth    not sent             not sent                   sent
SecurityResult, password   sent                 sent                       sent
a reason when it fails     not sent             not sent                   sent
=========================  ===================  =========================  =========================
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from rfb.conversation import Conversation, Script
from rfb.errors import (
    PasswordNeeded,
    PasswordWrong,
    ProtocolViolation,
    ServerRefused,
    TooMuchData,
    UnsupportedSecurity,
)
from rfb.events import Desktop, ServerVersion
from rfb.fields import MAX_REASON, PixelFormat, banner, clean_name, clean_text, u8, u32, unsigned

AnswerChallenge = Callable[[bytes], bytes]

MAX_TEXT = 4096  # bytes of a name or a reason on the wire; Windows allows 15 characters, people write a sentence
MAX_CAPABILITIES = 256  # in one list; TightVNC 2.8 announces fewer than 40
CAPABILITY = 16  # bytes: U32 code, 4 of vendor, 8 of signature (rfbproto.rst, "Tight Security Type")
CHALLENGE = 16  # bytes, and so has its answer (RFC 6143 §7.2.2)

# Vendor and signature of the capabilities we may choose (rfbproto.rst, "Tight Security Type").
NO_TUNNEL = b"TGHTNOTUNNEL"
NO_AUTHENTICATION = b"STDVNOAUTH__"
VNC_AUTHENTICATION = b"STDVVNCAUTH_"


class Security(IntEnum):
    """The security types we can use (RFC 6143 §7.1.2, §7.2); Tight is TightVNC's own."""

    NONE = 1
    VNC = 2
    TIGHT = 16


def spoken_version(announced: ServerVersion) -> ServerVersion:
    """Choose the version to speak with a server; raise ProtocolViolation below 3.3, the first one published.

    ====================  ======  =====================================================================
    banner                answer  why
    ====================  ======  =====================================================================
    3.3                   3.3     RFC 6143 appendix A
    3.4, 3.6              3.3     UltraVNC before 2010 marked its features here (its rfb/rfbproto.h)
    3.5                   3.3     RFC 6143 §7.1.1: wrongly reported by some; to be treated as 3.3
    3.7                   3.7     RFC 6143 appendix A
    3.14, 3.16            3.3     UltraVNC SC before 2010: 3.4 and 3.6 plus ten; libvncclient does alike
    3.8, 3.889, 3.x       3.8     RFC 6143 §7.1.1; 3.889 is Apple's, and answering 3.889 loses x11vnc
    4.0, 4.1, 5.0, above  3.8     RealVNC; RFC 6143 §7.1.1: never answer more than one speaks oneself
    ====================  ======  =====================================================================
    """
    if announced < ServerVersion(3, 3):
        raise ProtocolViolation(f"The VNC server announces version {announced}; RFB begins with 3.3.")
    if announced < ServerVersion(3, 7) or announced in {ServerVersion(3, 14), ServerVersion(3, 16)}:
        return ServerVersion(3, 3)
    return min(announced, ServerVersion(3, 8))


class ServerGreeting(Conversation):
    """Greets a customer's server up to and including ServerInit; emits one Desktop and is done.

    ``version`` is what its banner said (the banner itself has been read, by Preamble). ``answer_challenge`` turns
    the 16 bytes of a VNC authentication challenge into the 16 bytes of the answer (RFC 6143 §7.2.2); None means that
    no password is known. Among the types on offer it takes None, then VNC authentication with a password, then Tight.

    Raises ServerRefused, PasswordNeeded, PasswordWrong, UnsupportedSecurity or ProtocolViolation; a version below
    3.3 at once, in the constructor. The server is asked to share its screen with other viewers.
    """

    def __init__(self, version: ServerVersion, answer_challenge: AnswerChallenge | None = None) -> None:
        self.version = spoken_version(version)
        self._answer_challenge = answer_challenge
        super().__init__(self._greet(), limit=max(MAX_TEXT, MAX_CAPABILITIES * CAPABILITY))

    def _greet(self) -> Script[None]:
        self._send(banner(self.version.major, self.version.minor))
        chosen = yield from self._security_type()
        method = (yield from self._inside_tight()) if chosen is Security.TIGHT else chosen
        if method is Security.VNC:
            yield from self._prove_password()
        if method is Security.VNC or self._has_reasons:
            yield from self._security_result(method)
        self._send(u8(1))  # ClientInit, shared
        desktop = yield from self._server_init()
        if chosen is Security.TIGHT:
            yield from self._drop_interaction_capabilities()
        self._emit(desktop)

    @property
    def _has_reasons(self) -> bool:
        return self.version == ServerVersion(3, 8)

    # The security type, as RFC 6143 §7.1.2 says

    def _security_type(self) -> Script[Security]:
        if self.version == ServerVersion(3, 3):
            return (yield from self._imposed_type())
        count = unsigned((yield 1))
        if count == 0:
            raise ServerRefused((yield from self._reason()))
        chosen = self._pick(tuple((yield count)))
        self._send(u8(chosen))
        return chosen

    def _imposed_type(self) -> Script[Security]:
        number = unsigned((yield 4))
        if number == 0:
            raise ServerRefused((yield from self._reason()))
        return self._pick((number,))

    def _pick(self, offered: tuple[int, ...]) -> Security:
        for usable in self._usable():
            if usable in offered:
                return usable
        if Security.VNC in offered:
            raise PasswordNeeded
        raise UnsupportedSecurity(offered)

    def _usable(self) -> list[Security]:
        if self._answer_challenge is None:
            return [Security.NONE, Security.TIGHT]
        return [Security.NONE, Security.VNC, Security.TIGHT]

    # Inside Tight: tunnels, then authentication, as rfbproto.rst says under "Tight Security Type"

    def _inside_tight(self) -> Script[Security]:
        tunnels = yield from self._capabilities(unsigned((yield 4)))
        if tunnels:
            self._send(u32(_code_of_no_tunnel(tunnels)))
        offered = yield from self._capabilities(unsigned((yield 4)))
        if not offered:
            return Security.NONE
        return self._pick_inside_tight(offered)

    def _pick_inside_tight(self, offered: dict[bytes, int]) -> Security:
        if NO_AUTHENTICATION in offered:
            self._send(u32(offered[NO_AUTHENTICATION]))
            return Security.NONE
        if VNC_AUTHENTICATION not in offered:
            raise UnsupportedSecurity(tuple(offered.values()))
        if self._answer_challenge is None:
            raise PasswordNeeded
        self._send(u32(offered[VNC_AUTHENTICATION]))
        return Security.VNC

    def _capabilities(self, count: int) -> Script[dict[bytes, int]]:
        """Read a list of capabilities; return the code of each under its vendor and signature."""
        if count > MAX_CAPABILITIES:
            raise TooMuchData("the number of Tight capabilities", MAX_CAPABILITIES)
        raw = yield count * CAPABILITY
        items = (raw[at : at + CAPABILITY] for at in range(0, len(raw), CAPABILITY))
        return {item[4:]: unsigned(item[:4]) for item in items}

    def _drop_interaction_capabilities(self) -> Script[None]:
        """Read past the messages and encodings a Tight server lists behind ServerInit: nothing here uses them."""
        counts = yield 8
        for at in (0, 2, 4):  # server's messages, viewer's messages, encodings; then two bytes of padding
            yield from self._capabilities(unsigned(counts[at : at + 2]))

    # VNC authentication, as RFC 6143 §7.2.2 says, and its result, as §7.1.3 says

    def _prove_password(self) -> Script[None]:
        assert self._answer_challenge is not None
        answer = self._answer_challenge((yield CHALLENGE))
        if len(answer) != CHALLENGE:
            raise ValueError(f"the answer to a challenge has {CHALLENGE} bytes, not {len(answer)}")
        self._send(answer)

    def _security_result(self, method: Security) -> Script[None]:
        if unsigned((yield 4)) == 0:
            return
        reason = (yield from self._reason()) if self._has_reasons else ""
        raise PasswordWrong(reason) if method is Security.VNC else ServerRefused(reason)

    # What the server says of itself

    def _server_init(self) -> Script[Desktop]:
        """Read ServerInit (RFC 6143 §7.3.2).

        A desktop without a single pixel is refused: no picture can ever come of it, noVNC scales by its sides and
        asks for no update of an empty screen, so a technician would wait before a black page for ever.
        """
        head = yield 20
        width, height = unsigned(head[:2]), unsigned(head[2:4])
        pixel_format = PixelFormat.decode(head[4:])
        name = yield from self._text("a desktop's name")
        if not (width and height):
            raise ProtocolViolation(f"The VNC server announces a desktop of {width}×{height} pixels: nothing to show.")
        return Desktop(width, height, pixel_format, clean_name(name))

    def _reason(self) -> Script[str]:
        return clean_text((yield from self._text("a reason")), MAX_REASON)

    def _text(self, what: str) -> Script[bytes]:
        length = unsigned((yield 4))
        if length > MAX_TEXT:
            raise TooMuchData(f"the length of {what}", MAX_TEXT)
        return (yield length)


def _code_of_no_tunnel(tunnels: dict[bytes, int]) -> int:
    if NO_TUNNEL not in tunnels:
        raise UnsupportedSecurity((Security.TIGHT,))
    return tunnels[NO_TUNNEL]
