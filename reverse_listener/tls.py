"""TLS inside a line, with us as its server: a customer's VNC server behind stunnel, or anything like it.

TLS 1.2 and 1.3 (RFC 5246, RFC 8446); older versions are forbidden by RFC 8996. Nothing that dials here needs them: on
Windows XP it is not the system that encrypts, but a program with an OpenSSL of its own.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from contextlib import suppress
from typing import cast

from reverse_listener.inbox import Inbox
from reverse_listener.line import Line, Listener
from sessions.settings import CertFiles

# One TLS record holds 16 KiB; this is only how much is decrypted, or encrypted, in one go.
PIECE = 64 * 1024


class BrokenTls(Exception):
    """The caller's TLS cannot be understood, or agreed on; `str()` is OpenSSL's reason."""


class _Answering(ssl.SSLObject):
    """Our end of one TLS connection; `asked_for` is the server's name that the client wants (SNI, RFC 6066 §3)."""

    asked_for: str | None = None


def tls_context(files: CertFiles) -> ssl.SSLContext:
    """How we answer ClientHellos. Raises OSError (ssl.SSLError is one) where the files cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A client that wants new keys in TLS 1.2 is told no; nothing here lives long enough to need them.
    context.options |= ssl.OP_NO_RENEGOTIATION
    # Each call is one connection: nobody comes back to resume.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    # With a word for the key, or the library would ask the terminal for one.
    context.load_cert_chain(files.cert, files.key, password="")
    context.sslobject_class = _Answering
    context.sni_callback = _note_name
    return context


def be_quiet_about_odd_names() -> None:
    """Let Python not print a traceback, with the name in it, for each client that asks for a name of other letters.

    The `ssl` module reports those to the hook for errors that nobody can catch; the client is refused all the same.
    """
    sys.unraisablehook = _report


def _report(unraisable: sys.UnraisableHookArgs) -> None:
    if not (isinstance(unraisable.exc_value, UnicodeDecodeError) and isinstance(unraisable.object, bytes)):
        sys.__unraisablehook__(unraisable)


def _note_name(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> None:
    cast("_Answering", connection).asked_for = name


class TlsLine:
    """A line whose bytes are encrypted; to its owner, a line like any other (see Wire).

    `server_name` is what the client asked for. `received_bytes` and `sent_bytes` count what was inside. At most one
    chunk from the line below is held while the owner is paused: then that line is paused as well. A peer that says it
    will send nothing more (close_notify) and one whose TCP says so have ended alike: RFB notices by itself where a
    message is missing.
    """

    is_encrypted = True

    def __init__(self, line: Line, context: ssl.SSLContext) -> None:
        self.received_bytes = 0
        self.sent_bytes = 0
        self.is_closed = False
        self.has_ended = False
        self._line = line
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = cast("_Answering", context.wrap_bio(self._incoming, self._outgoing, server_side=True))
        self._decrypted = b""
        self._listener: Listener | None = None
        self._is_paused = True
        self._is_full = False
        self._is_finished = False
        self._peer_is_done = False

    @property
    def server_name(self) -> str | None:
        """What the client asked for, once hands are shaken."""
        return self._tls.asked_for

    @property
    def peer(self) -> str:
        """The peer's address."""
        return self._line.peer

    @property
    def port(self) -> int:
        """The local port it came to."""
        return self._line.port

    @property
    def socket(self) -> socket.socket:
        """The socket below."""
        return self._line.socket

    async def shake_hands(self, begun: bytes) -> None:
        """Agree with the client, whose first bytes are `begun`. Whoever calls this sets the deadline.

        Raises:
            BrokenTls: it is not TLS, or no TLS that we can agree on; it was told so.
            HungUp
        """
        inbox = Inbox(self._line)
        self._incoming.write(begun)
        while not self._has_shaken():
            self._incoming.write(await inbox.read())
        self._decrypt()

    def _has_shaken(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            raise BrokenTls(str(error)) from error
        finally:
            self._flush()
        return True

    # What owners use.

    def listen(self, listener: Listener) -> None:
        """Give the line to `listener`, and let it read. A line that is already over says so at once."""
        is_first, self._listener = self._listener is None, listener
        if is_first:
            # Where the line is over already, this tells the listener as well.
            self._line.listen(self)
        elif self.is_closed:
            listener.closed()
        if self.is_closed:
            return
        self.resume()
        if self.has_ended:
            listener.ended()

    def send(self, data: bytes) -> None:
        """Encrypt, and write behind what is already under way."""
        if not data or self.is_closed or self._is_finished:
            return
        self.sent_bytes += len(data)
        left = memoryview(data)
        try:
            while left:
                left = left[self._tls.write(left[:PIECE]) :]
                self._flush()
        except ssl.SSLError:
            self.abort()

    def finish(self) -> None:
        """Say that nothing more will be sent, once everything is."""
        self._say_goodbye()
        self._line.finish()

    def pause(self) -> None:
        """Stop reading: the peer's own window then stops it."""
        self._is_paused = True
        self._line.pause()

    def resume(self) -> None:
        """Read on."""
        self._is_paused = False
        self._line.resume()
        if self._decrypted or self._peer_is_done:
            # Not at once: whoever calls this does not expect to be called from inside.
            asyncio.get_running_loop().call_soon(self._hand_on)

    def close(self) -> None:
        """Close once everything was sent, or soon where the peer does not take it."""
        self._say_goodbye()
        self._line.close()

    def abort(self) -> None:
        """Close at once, whatever was not sent."""
        self._line.abort()

    def keep_alive(self) -> None:
        """Let TCP find out that the peer is gone."""
        self._line.keep_alive()

    # The line's side.

    def received(self, data: bytes) -> None:
        """Encrypted bytes came; what comes behind close_notify is nothing."""
        if self._peer_is_done:
            return
        self._incoming.write(data)
        try:
            self._decrypt()
        except BrokenTls:
            self.abort()
        else:
            self._hand_on()

    def ended(self) -> None:
        """The peer has closed its half."""
        self._peer_is_done = True
        self._hand_on()

    def closed(self) -> None:
        """The line is gone."""
        self.is_closed = True
        if self._listener:
            self._listener.closed()

    def full(self) -> None:
        """The write buffer is above its high-water mark."""
        self._is_full = True
        if self._listener:
            self._listener.full()

    def drained(self) -> None:
        """The write buffer is below its low-water mark."""
        self._is_full = False
        if self._listener:
            self._listener.drained()

    # TLS.

    def _decrypt(self) -> None:
        """Take all that is complete out of what came. Raises BrokenTls."""
        pieces = [self._decrypted]
        while piece := self._read():
            pieces.append(piece)
        self._decrypted = b"".join(pieces)
        self._answer()

    def _read(self) -> bytes:
        """The next piece; nothing where more has to come first, or no more will."""
        try:
            piece = self._tls.read(PIECE)
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLZeroReturnError:
            piece = b""
        except ssl.SSLError as error:
            self._flush()
            raise BrokenTls(str(error)) from error
        self._peer_is_done = not piece
        return piece

    def _answer(self) -> None:
        """Send what TLS itself has to say, such as an alert."""
        if self._outgoing.pending and self._is_full:
            # Whoever makes us speak and does not listen would fill our memory with our own answers.
            raise BrokenTls("the peer asks and does not read the answers")
        self._flush()

    def _flush(self) -> None:
        self._line.send(self._outgoing.read())

    def _hand_on(self) -> None:
        """Give the owner what is decrypted, and then the peer's end, unless it wants neither now."""
        if self._decrypted and self._is_open_for_owner:
            data, self._decrypted = self._decrypted, b""
            self.received_bytes += len(data)
            self._owner.received(data)
        if self._peer_is_done and not self.has_ended and not self._decrypted and self._is_open_for_owner:
            self.has_ended = True
            self._owner.ended()

    @property
    def _is_open_for_owner(self) -> bool:
        return self._listener is not None and not self._is_paused and not self.is_closed

    @property
    def _owner(self) -> Listener:
        assert self._listener
        return self._listener

    def _say_goodbye(self) -> None:
        """Send close_notify (RFC 8446 §6.1); what the peer still sends can be read."""
        if self._is_finished or self.is_closed:
            return
        self._is_finished = True
        # It would wait for the peer's own close_notify, or has been broken before.
        with suppress(ssl.SSLError):
            self._tls.unwrap()
        self._flush()
