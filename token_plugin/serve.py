"""Our launcher of websockify.

What it adds to the stock one:

* a page of another origin cannot open a connection, however it came by a ticket;
* a refusal is an answer: 403 with its words, where stock websockify only hangs up;
* no file is served, no secret logged;
* back-pressure and a heartbeat (`bridge`);
* a handler outlives its parent, and does not keep the port: on SIGHUP a successor takes the port and the parent ends,
  on SIGQUIT the parent ends alone;
* the service manager is told how it is (`service`).
"""

from __future__ import annotations

import errno
import logging
import multiprocessing
import signal
import socket
import ssl
import struct
import time
from collections.abc import Sequence
from typing import Any, ClassVar

from sqlalchemy.exc import SQLAlchemyError
from websockify.websocket import WebSocketWantWriteError
from websockify.websocketproxy import ProxyRequestHandler, WebSocketProxy

from certificates import ServedCertificate
from service.sockets import Contradiction, check
from service.started import Service
from sessions.errors import TicketRefused, TicketUnknown
from sessions.forwarded import believed
from sessions.settings import Address, Network, Settings
from token_plugin.bridge import Bridge, TooMuch
from token_plugin.launcher import Launcher
from token_plugin.plugin import SessionTickets
from token_plugin.tally import Tally
from token_plugin.tls import websocket_context

HEARTBEAT_SECONDS = 25
CONNECT_SECONDS = 5
MAX_CONNECTIONS = 200
FULL_SECONDS = 0.1
# From a connection's first moment until its ticket is spent, in all: a request may come in one drop every few seconds.
REQUEST_SECONDS = 20
KEEPALIVE = {"tcp_keepidle": 30, "tcp_keepintvl": 10, "tcp_keepcnt": 3}
GOING_AWAY = {
    "call": "The call is over.",
    "browser": "Goodbye.",
    "reset": "The session ended.",
    "silence": "The browser stopped answering.",
}
# What a browser that does not read still has to get is dropped, by a reset instead of a farewell.
UNHEARD = frozenset({"reset", "silence"})
NO_LINGER = struct.pack("ii", 1, 0)

UNIT = "reachback-websockify.socket"

# Inside Proxy, `socket` is websockify's method.
Socket = socket.socket

log = logging.getLogger(__name__)


class CannotListen(Exception):
    """The address cannot be listened on; `str()` says why and what to do."""


class Handler(ProxyRequestHandler):  # type: ignore[misc]  # websockify has no types
    """Serves one connection, in a process of its own."""

    # http.server's: how long a client may take to send its request.
    timeout = 10
    server_version = "Reachback"
    sys_version = ""
    allowed_origins: ClassVar[frozenset[str]] = frozenset()
    tally: ClassVar[Tally]
    trusted_proxies: ClassVar[tuple[Network, ...]] = ()

    def parse_request(self) -> bool:
        """Read the request's head; behind a trusted proxy, the browser's address is the one in the log."""
        is_whole = bool(super().parse_request())
        if is_whole:
            forwarded = ",".join(self.headers.get_all("X-Forwarded-For", []))
            peer, *more = self.client_address
            self.client_address: tuple[Any, ...] = (believed(peer, forwarded, self.trusted_proxies), *more)
        return is_whole

    def validate_connection(self) -> None:
        """Check the origin and spend the ticket; a refusal is answered and ends the connection."""
        origin = self.headers.get("Origin")
        if origin is not None and origin not in self.allowed_origins:
            # Only browsers send an Origin; programs come with a ticket and no page that could be hostile.
            self.tally.refused("origin")
            self._refuse("This page may not connect here. REACHBACK_ALLOWED_ORIGINS lists the origins that may.")
        try:
            with self.tally.waiting():
                super().validate_connection()
        except TicketRefused as refusal:
            self._refuse(str(refusal))
        except self.server.EClose:
            # websockify's own refusal: the address has no token.
            self.tally.refused("unknown")
            self._refuse(str(TicketUnknown()))
        except SQLAlchemyError:
            log.exception("the register does not answer")
            self.tally.refused("register")
            self._refuse("The register does not answer. Try again; `reachback doctor` says what is wrong.", 503)

    def new_websocket_client(self) -> None:
        """Carry bytes until either side is over."""
        signal.alarm(0)
        address = (self.server.target_host, self.server.target_port)
        try:
            call = socket.create_connection(address, CONNECT_SECONDS)
        except OSError as error:
            log.warning("the call's port %d does not answer: %s", address[1], error)
            raise self.CClose(1011, "The call is gone.") from None
        with call:
            ended = self._carry(call)
        if ended in UNHEARD:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        raise self.CClose(1000, GOING_AWAY[ended])

    def _carry(self, call: socket.socket) -> str:
        for one in (call, self.request):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.setblocking(False)  # noqa: FBT003  (the standard library's signature)
        try:
            return Bridge(self.request, call, HEARTBEAT_SECONDS, time.monotonic).carry()
        except TooMuch as error:
            raise self.CClose(1009, str(error)) from None

    def send_close(self, code: int = 1000, reason: str = "") -> None:
        """Say why, where the browser still listens."""
        try:
            super().send_close(code, reason)
        except (OSError, AttributeError, WebSocketWantWriteError):
            # It has closed its side already (websockify then has no socket left), or does not read.
            log.debug("the browser is gone")

    def _refuse(self, words: str, status: int = 403) -> None:
        body = f"{words}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        raise self.server.EClose(words)


class Proxy(WebSocketProxy):  # type: ignore[misc]  # websockify has no types
    """websockify over a socket that was bound before, so that a taken port is told as what it is."""

    def __init__(
        self,
        listener: Socket,
        certificate: ServedCertificate | None,
        launcher: Launcher,
        **options: Any,  # noqa: ANN401  (websockify's own)
    ) -> None:
        self._listener = listener
        self._certificate = certificate
        self._launcher = launcher
        super().__init__(RequestHandlerClass=Handler, **options)

    def socket(self, *_args: object, **_options: object) -> Socket:
        """The listening socket; websockify calls this once, to make one."""
        return self._listener

    def terminate(self) -> None:
        """Note a signal; `poll` ends the server.

        Stock websockify raises in the signal's handler, and Python drops what is raised there while `os.fork` runs its
        hooks: a connection that came in the same moment made the server deaf to SIGTERM.
        """
        self.terminating = True

    def poll(self) -> None:
        """Called by websockify before each wait for a connection, at least once a second."""
        self._launcher.attend()
        while len(multiprocessing.active_children()) >= MAX_CONNECTIONS and not self.terminating:
            # The next ones wait in the kernel's queue: each connection costs a process here.
            time.sleep(FULL_SECONDS)
            self._launcher.attend()
        if self.terminating:
            raise self.Terminate
        Handler.tally.write()
        if self._certificate:
            # Each connection's process has what this one knows: here a renewed file is read, and told of, once.
            self._certificate.context()

    def top_new_client(self, startsock: Socket, address: tuple[str, int]) -> None:
        """Serve one connection: the first thing that runs in its own process."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        # A reload is the parent's business.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        # Nobody catches it: the process ends where it is.
        signal.alarm(REQUEST_SECONDS)
        # Should the parent be killed, its successor can have the port while this connection goes on.
        self._listener.close()
        Handler.tally.leave_book()
        super().top_new_client(startsock, address)

    def do_handshake(self, sock: Socket, address: tuple[str, int]) -> Socket:
        """Have a connection's request read and served, inside TLS where a certificate is set."""
        if self._certificate is None:
            wrapped: Socket = super().do_handshake(sock, address)
            return wrapped
        try:
            wrapped = self._certificate.context().wrap_socket(sock, server_side=True)
        except (ssl.SSLEOFError, ConnectionError):
            # Whoever only looks whether we are here, as /healthz does.
            raise self.EClose("") from None
        except OSError as error:
            # A scanner, an old browser, plain HTTP: ssl.SSLError is an OSError.
            raise self.EClose(f"no TLS that could be agreed on: {error}") from None
        self.RequestHandlerClass(wrapped, (*address[:2], True), self)
        return wrapped


def serve(settings: Settings, service: Service) -> None:
    """Serve WebSockets until SIGTERM or SIGINT, which end those that are open too, or until somebody takes over.

    Raises:
        CannotListen
    """
    # Python 3.14 starts processes by forkserver, which would have to pickle the server, its sockets and loggers.
    multiprocessing.set_start_method("fork", force=True)
    Handler.allowed_origins = frozenset(settings.allowed_origins)
    Handler.tally = Tally(settings.metrics_dir)
    Handler.trusted_proxies = settings.trusted_proxies
    listener = take(settings.websocket, service.inherited)
    launcher = Launcher(listener, service.notifier)
    proxy = Proxy(
        listener,
        ServedCertificate.of(settings.web_tls, websocket_context, "REACHBACK_WEB_TLS"),
        launcher,
        listen_host=settings.websocket.host,
        listen_port=listener.getsockname()[1],
        token_plugin=SessionTickets(settings.database_url, settings.node),
        # For its log only, TLS is ours (see `tls`); websockify would take an empty name for the current folder.
        cert=str(settings.web_tls.cert) if settings.web_tls else "no-certificate",
        web="",
    )
    if not service.predecessor.ready():
        raise CannotListen("The older process has not let go of the port. Reload again.")
    log.info("listening for WebSockets on %s", Address(*listener.getsockname()[:2]))
    launcher.begin()
    proxy.start_server()


class Listening(Socket):
    """A listening socket at which two processes may wait for a moment: who comes too late is not kept waiting."""

    def accept(self) -> tuple[Socket, Any]:
        """The next connection. Raises InterruptedError where another process has it, which websockify takes calmly."""
        try:
            return super().accept()
        except BlockingIOError:
            raise InterruptedError(errno.EINTR, "another process was faster") from None


def take(address: Address, inherited: Sequence[socket.socket]) -> Listening:
    """A listening socket on `address`: the one that was handed over, else a new one. Raises CannotListen."""
    if not inherited:
        return listen(address)
    try:
        check(inherited, [(address.host, address.port)], "REACHBACK_WEBSOCKET", UNIT)
    except Contradiction as contradiction:
        raise CannotListen(str(contradiction)) from None
    return _prepared(inherited[0])


def listen(address: Address) -> Listening:
    """A listening socket on `address`. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listener = socket.create_server((address.host, address.port), family=family, backlog=100)
    except OSError as error:
        raise CannotListen(
            f"Cannot listen on {address}: {error.strerror or error}. Stop what uses it, or change REACHBACK_WEBSOCKET."
        ) from error
    return _prepared(listener)


def _prepared(bound: socket.socket) -> Listening:
    listener = Listening(fileno=bound.detach())
    listener.setblocking(False)  # noqa: FBT003  (the standard library's signature)
    # Accepted sockets inherit these on Linux.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE["tcp_keepidle"])
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE["tcp_keepintvl"])
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE["tcp_keepcnt"])
    return listener
