"""A customer's VNC server that dials out, as a test wants it: polite, odd, slow or hostile.

    with FakeVncServer(address, code=new.code) as server:
        server.greet()

`greet()` plays the server's side of RFC 6143 §7.1 to §7.3 in version 3.3, 3.7 or 3.8 with security None, VNC
authentication or a refusal. With a `number` it waits for the dispatcher first, as TightVNC 2.8.11 for Windows does with
`-dispatch HOST::PORT/NUMBER`; with a `server_name` it dials by TLS. Everything else is plain bytes: `send`, `read`,
`finish`, `hang_up`, `reset`, `cut`.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.fakes.cut_cable import cut

PATIENCE = 10.0
ID_BLOCK = 250
# Type of a viewer's message → its bytes, or those that tell its length.
HEADS = {0: 20, 2: 4, 3: 10, 4: 8, 5: 6, 6: 8, 248: 9, 251: 8, 255: 12}
SET_PIXEL_FORMAT = 20  # bytes (RFC 6143 §7.5.1)
PIXEL_FORMAT = bytes.fromhex("20 18 00 01 00ff 00ff 00ff 10 08 00 000000")
CHALLENGE = bytes(range(16))
# What servers expect for CHALLENGE, by password: made with `openssl enc -des-ecb -nopad -provider legacy` and the
# password's bytes with mirrored bits as the key. The same command gives what `vncpasswd -f` of TigerVNC stores.
ANSWERS = {
    "s3cret": bytes.fromhex("fc9a2bb8546a63388eb45b530d3a6337"),
    "password1": bytes.fromhex("b866924125c8eebb9debc1db61c538e2"),
}
NONE, VNC, TIGHT = 1, 2, 16
DISPATCHER_HELLO = b"TCPDISPATCH\n" + b"\x01\x03"


class Refused(EOFError):
    """The relay did not go on with the greeting."""


@dataclass
class FakeVncServer:
    """One outgoing connection. `code` is sent as a repeater's ID block, `source` is the address to dial from.

    `pings` counts the dispatcher's; `greeted_after` are the seconds from the dial to its first byte.
    """

    address: tuple[str, int]
    code: str | None = None
    name: str = "FRONT-DESK"
    width: int = 1024
    height: int = 768
    version: tuple[int, int] = (3, 8)
    password: str | None = None
    refusal: str | None = None
    source: str | None = None
    one_by_one: bool = False
    receive_buffer: int | None = None
    number: int | None = None
    server_name: str | None = None
    pings: int = field(init=False, default=0)
    greeted_after: float = field(init=False, default=0.0)
    dialled_at: float = field(init=False)
    socket: socket.socket = field(init=False)

    def __enter__(self) -> Self:
        return self.dial()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()

    def dial(self) -> Self:
        """Connect; say nothing yet."""
        self.socket = socket.socket(socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET)
        self.socket.settimeout(PATIENCE)
        if self.receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        if self.source:
            self.socket.bind((self.source, 0))
        # Before: the relay may have accepted long before this process goes on.
        self.dialled_at = time.monotonic()
        self.socket.connect(self.address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.server_name is not None:
            self.socket = _client_context().wrap_socket(self.socket, server_hostname=self.server_name or None)
        return self

    # The greeting.

    def greet(self) -> Self:
        """From the first byte to ServerInit. Raises Refused where the relay leaves on the way."""
        if self.number is not None:
            self.wait_for_dispatcher(self.number)
        self.introduce()
        spoken = self.read(12)
        assert spoken == b"RFB %03d.%03d\n" % self.version, spoken
        if self.refusal is not None:
            self.refuse()
        elif self.password is None:
            self._offer(NONE)
            if self.version == (3, 8):
                self.send(bytes(4))
        else:
            # Behind the dispatcher TightVNC for Windows offers its own type as well.
            self._offer(VNC, *([TIGHT] if self.number is not None else []))
            self._check_password(self.password)
        assert self.read(1) == b"\x01"  # ClientInit: shared
        self.send(self.server_init())
        # From here on it is a call, and told at once how pixels are wanted.
        assert self.read(SET_PIXEL_FORMAT)[:1] == bytes(1)
        return self

    def wait_for_dispatcher(self, number: int) -> None:
        """From silence to *go*, byte by byte as TightVNC 2.8.11 was seen to do it."""
        self.tell_dispatcher(number)
        while self.read(1) == b"\x00":
            self.pings += 1
            self.send(b"\x00")

    def tell_dispatcher(self, number: int) -> None:
        """The same, as far as the server tells its number and has heard the dispatcher's name."""
        hello = self.read(1)
        self.greeted_after = time.monotonic() - self.dialled_at
        assert hello + self.read(13) == DISPATCHER_HELLO
        for part in (b"\x03", b"\x00", struct.pack(">I", number)):
            self.send(part)
        if number == 0:
            assert self.read(4) != bytes(4)
        self.send(b"\x01\x00")  # the keyword: one NUL
        self.send(b"\x01\x00")  # the dispatcher's name: the same
        self.read(self.read(1)[0])

    def introduce(self) -> None:
        """The first bytes: the ID block, where there is a code, and the version."""
        block = b"" if self.code is None else f"ID:{self.code}".encode().ljust(ID_BLOCK, b"\0")
        self.send(block + b"RFB %03d.%03d\n" % self.version)

    def server_init(self) -> bytes:
        name = self.name.encode()
        return struct.pack(">HH", self.width, self.height) + PIXEL_FORMAT + struct.pack(">I", len(name)) + name

    def refuse(self) -> None:
        """Refuse in the server's own words."""
        words = (self.refusal or "").encode()
        none = bytes(4) if self.version == (3, 3) else bytes(1)
        self.send(none + struct.pack(">I", len(words)) + words)

    def _offer(self, security: int, *others: int) -> None:
        if self.version == (3, 3):
            self.send(struct.pack(">I", security))
            return
        offered = [security, *others]
        self.send(bytes([len(offered), *offered]))
        assert self.read(1) == bytes([security])

    def _check_password(self, password: str) -> None:
        self.send(CHALLENGE)
        fits = self.read(16) == ANSWERS[password]
        words = b"password check failed!"
        reason = struct.pack(">I", len(words)) + words if self.version == (3, 8) else b""
        self.send(bytes(4) if fits else b"\0\0\0\1" + reason)

    # What the relay says.

    def hear(self, wanted: bytes) -> None:
        """Read message by message until this one comes; the relay's own conversation is between them."""
        while self.message() != wanted:
            continue

    def message(self) -> bytes:
        """The next message of a viewer's, whole (RFC 6143 §7.5)."""
        kind = self.read(1)
        head = kind + self.read(HEADS[kind[0]] - 1)
        if kind[0] == 2:
            return head + self.read(4 * int.from_bytes(head[2:], "big"))
        if kind[0] == 6:
            return head + self.read(abs(int.from_bytes(head[4:], "big", signed=True)))
        return head + (self.read(head[8]) if kind[0] == 248 else b"")

    # Bytes.

    def send(self, data: bytes) -> None:
        """Everything at once, or byte by byte."""
        pieces = [data[at : at + 1] for at in range(len(data))] if self.one_by_one else [data]
        for piece in pieces:
            self.socket.sendall(piece)

    def read(self, count: int) -> bytes:
        """Exactly `count` bytes. Raises Refused where the connection ends before."""
        data = bytearray()
        while len(data) < count:
            try:
                piece = self.socket.recv(min(count - len(data), 1 << 20))
            except (ConnectionError, ssl.SSLError):
                piece = b""
            if not piece:
                raise Refused(f"closed after {bytes(data[:100])!r}")
            data += piece
        return bytes(data)

    def read_to_end(self, seconds: float = PATIENCE) -> bytes:
        """Whatever still comes until the relay closes. Raises TimeoutError."""
        return read_to_end(self.socket, seconds)

    def flood(self, data: bytes, stalled: float) -> int:
        """Send `data` again and again as fast as it is taken, until nothing was taken for `stalled` seconds.

        Returns how many bytes went; the last copy may be cut.
        """
        sent = 0
        self.socket.settimeout(stalled)
        with contextlib.suppress(TimeoutError):
            while True:
                sent += self.socket.send(data[sent % len(data) :])
        self.socket.settimeout(PATIENCE)
        return sent

    def finish(self) -> None:
        """Send nothing more, but go on reading."""
        self.socket.shutdown(socket.SHUT_WR)

    def hang_up(self) -> None:
        """Close, as a server does that is shut down."""
        self.socket.close()

    def cut(self) -> None:
        """The cable is pulled: from here on, not even this machine's TCP answers."""
        # The kernel holds back acknowledgements for as long as something is unread; later they would be a sign of life.
        self.socket.settimeout(0.0)
        with contextlib.suppress(BlockingIOError, ssl.SSLWantReadError):
            while self.socket.recv(1 << 16):
                continue
        cut(self.socket)

    def reset(self) -> None:
        """Vanish with a RST, as a crashed machine's router does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def _client_context() -> ssl.SSLContext:
    """A client that does not check who answers: a test's certificate was signed by nobody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def read_to_end(connection: socket.socket, seconds: float = PATIENCE) -> bytes:
    """Read until the other side closes, in whatever way; answers what came. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    data = bytearray()
    while True:
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            piece = connection.recv(1 << 16)
        except (ConnectionError, ssl.SSLEOFError):
            return bytes(data)
        if not piece:
            return bytes(data)
        data += piece
