"""What can go wrong with a peer, each as one class with one sentence fit for the technician's board.

::

    RfbError
    ├── NotVnc                 the caller speaks something else
    ├── ProtocolViolation      the peer broke the rules of RFB
    │   └── TooMuchData        the peer sent, or announced, more than anybody needs
    ├── ServerRefused          the customer's server said no, in its own words
    ├── PasswordNeeded         it asks for a VNC password and this session has none
    ├── PasswordWrong          it did not accept the password of this session
    └── UnsupportedSecurity    it offers no way in that Reachback knows

Every text from the peer that a sentence repeats has been through :func:`rfb.fields.clean_text`.
"""

from __future__ import annotations

from typing import Literal

Caller = Literal["http", "tls", "ssh", "viewer", "proxy", "unknown"]

MAX_TYPES_SHOWN = 8

# Numbers: IANA's registry "Remote Framebuffer Security Types" and rfbproto.rst, "Security Types".
SECURITY_NAMES = {
    1: "None",
    2: "VNC password",
    5: "RA2",
    6: "RA2ne",
    16: "Tight",
    17: "UltraVNC",
    18: "TLS",
    19: "VeNCrypt",
    20: "SASL",
    22: "xvp",
    30: "Apple",
    113: "MS-Logon II",
    129: "RA2 or Unix login",
}

_CALLERS: dict[Caller, str] = {
    "http": "The caller speaks HTTP, as web browsers do: open Reachback's web address instead of this port.",
    "tls": "The caller speaks TLS where plain VNC was expected: let it dial without encryption,"
    " or give this port a certificate.",
    "ssh": "The caller speaks SSH: this port is for VNC servers that dial out.",
    "viewer": "The caller is a viewer that looks for a computer: this port is for VNC servers that dial out.",
    "proxy": "The caller sends a PROXY header that is broken, or that is not believed from where it came: name the"
    " proxy's address in REACHBACK_TRUSTED_PROXIES.",
    "unknown": "The caller does not speak VNC: this port is for VNC servers that dial out.",
}


class RfbError(Exception):
    """The peer cannot be served; ``str()`` is one sentence for a technician."""


class NotVnc(RfbError):
    """The caller is no VNC server that dials out; ``what`` it seems to be is guessed from single bytes."""

    def __init__(self, what: Caller) -> None:
        self.what = what
        super().__init__(_CALLERS[what])


class ProtocolViolation(RfbError):
    """The peer broke a rule of RFB; the sentence names the rule."""


class TooMuchData(ProtocolViolation):
    """``what`` is longer than ``limit``; nothing of it was stored."""

    def __init__(self, what: str, limit: int) -> None:
        self.what = what
        self.limit = limit
        super().__init__(f"The peer sends too much: {what} may not exceed {limit}.")


class ServerRefused(RfbError):
    """The customer's server ended the greeting; ``reason`` holds its own words, or nothing."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The VNC server refused the connection{_quoted(reason) or ' without giving a reason'}.")


class PasswordNeeded(RfbError):
    """The customer's server wants VNC authentication, and no password is known."""

    def __init__(self) -> None:
        super().__init__(
            "The VNC server asks for a password: store its VNC password with the session,"
            " or switch off VNC authentication in the server, and let it dial again."
        )


class PasswordWrong(RfbError):
    """The answer to the challenge was not accepted; ``reason`` holds the server's own words, or nothing."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The VNC server did not accept the session's VNC password{_quoted(reason)}:"
            " compare it with the one set in the server, and let it dial again."
        )


class UnsupportedSecurity(RfbError):
    """None of the security types on offer can be used; ``types`` are their numbers as sent."""

    def __init__(self, types: tuple[int, ...]) -> None:
        self.types = types
        super().__init__(
            f"The VNC server offers only security that Reachback does not know ({_named(types)}):"
            ' allow "None" or a VNC password in the server.'
        )


def _quoted(reason: str) -> str:
    return f' and said "{reason}"' if reason else ""


def _named(types: tuple[int, ...]) -> str:
    shown = [f"{SECURITY_NAMES.get(number, 'type')} {number}" for number in types[:MAX_TYPES_SHOWN]]
    return ", ".join(shown + ["…"] * (len(types) > MAX_TYPES_SHOWN))
