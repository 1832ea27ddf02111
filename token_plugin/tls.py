"""TLS inside websockify, where no reverse proxy does it: wss:// on the port itself.

websockify's own wrapping reads the files for every connection (a renewal that is half done refuses browsers), takes
whatever protocol versions OpenSSL has been built with, and its sockets say "not now" in words that its own WebSocket
code takes for the end.
"""

from __future__ import annotations

import contextlib
import errno
import os
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING

from certificates import web_context
from sessions.settings import CertFiles

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class TlsSocket(ssl.SSLSocket):
    """A socket that says like any other that it would have to wait: by EWOULDBLOCK."""

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Like socket.recv."""
        with _as_any_socket():
            return super().recv(buflen, flags)

    def send(self, data: ReadableBuffer, flags: int = 0) -> int:
        """Like socket.send."""
        with _as_any_socket():
            return super().send(data, flags)


def websocket_context(files: CertFiles) -> ssl.SSLContext:
    """A context whose sockets websockify can use. Raises OSError."""
    context = web_context(files)
    context.sslsocket_class = TlsSocket
    return context


@contextlib.contextmanager
def _as_any_socket() -> Iterator[None]:
    try:
        yield
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK)) from None
