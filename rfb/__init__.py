"""The RFB protocol without a network and without a clock: bytes in, events out.

Every parser is fed with ``receive_data(bytes)`` in pieces of any length and returns the events they complete;
``done`` tells that it is finished, ``trailing_data`` what was received beyond it, for whoever reads next. A greeting
also has ``data_to_send()``. Whatever a peer sends, a parser either understands it or raises a RfbError; every length a
peer may announce is limited.

======================  ==============================================================================
``proxy_header``        what a proxy says of the connection that it passes on
``preamble``            the first bytes of a call: a repeater's ID, the version banner, a TLS hello
``dispatcher``          TightVNC's dispatcher, which carries a number before RFB
``towards_server``      we are the viewer: version, security, ClientInit, ServerInit
``towards_viewer``      we are the server: the same, answered to a technician's viewer
``updates``             where each server message and each rectangle ends
``zlib_window``         the last 32 KiB of each compression stream
``primers``             rectangles that make a newcomer's decoder go on in the middle of a stream
``joining``             what else a newcomer is told
``input``               where each viewer message ends, and what it holds down
``clipboard``           what a server's clipboard message is about
``encodings``           numbers of encodings, and which of them a server is asked for
``conversation``        how a parser waits for bytes
``buffer``, ``fields``  a bounded queue of bytes; numbers, pixel formats, text from a peer
``events``, ``errors``  what parsers return, and what they raise
======================  ==============================================================================

This package imports the standard library only, and nothing of it that reads a socket or a clock; a test enforces that.
"""

from __future__ import annotations

from rfb.buffer import ReceiveBuffer
from rfb.dispatcher import Dispatcher
from rfb.errors import (
    NotVnc,
    PasswordNeeded,
    PasswordWrong,
    ProtocolViolation,
    RfbError,
    ServerRefused,
    TooMuchData,
    UnsupportedSecurity,
)
from rfb.events import ClientInit, Desktop, Dispatched, Event, Relayed, RepeaterId, ServerVersion, TlsHello
from rfb.fields import PixelFormat, clean_name, clean_text
from rfb.input import HeldDown, ViewerMessages
from rfb.joining import beginning
from rfb.preamble import Preamble
from rfb.proxy_header import ProxyHeader
from rfb.towards_server import ServerGreeting
from rfb.towards_viewer import ViewerGreeting
from rfb.updates import Follower, Message, Reached

__all__ = [
    "ClientInit",
    "Desktop",
    "Dispatched",
    "Dispatcher",
    "Event",
    "Follower",
    "HeldDown",
    "Message",
    "NotVnc",
    "PasswordNeeded",
    "PasswordWrong",
    "PixelFormat",
    "Preamble",
    "ProtocolViolation",
    "ProxyHeader",
    "Reached",
    "ReceiveBuffer",
    "Relayed",
    "RepeaterId",
    "RfbError",
    "ServerGreeting",
    "ServerRefused",
    "ServerVersion",
    "TlsHello",
    "TooMuchData",
    "UnsupportedSecurity",
    "ViewerGreeting",
    "ViewerMessages",
    "beginning",
    "clean_name",
    "clean_text",
]
