"""The address that customers' computers dial, dialled from here.

Whoever says nothing for three seconds is spoken to by the listener as by TightVNC's dispatcher; hardly another program
does so. Who then leaves without a word, from this machine, is no call: no row is written and nobody is warned.
"""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from reachback.findings import Finding, doubtful, ill, well
from rfb.dispatcher import GREETING
from sessions.settings import Address, Settings

CONNECT_SECONDS = 5.0
# The listener's three seconds, and its time to write a line where it is busy.
HEAR_SECONDS = 8.0


def examine(settings: Settings) -> Finding:
    """Dial by the public name; the listener has to answer, and no other program."""
    host = settings.public_host or urlsplit(settings.public_url).hostname or ""
    address = Address(host, settings.listen[0].port)
    try:
        with socket.create_connection((host, address.port), CONNECT_SECONDS) as line:
            heard = _hear(line)
    except OSError as error:
        cure = f"open port {address.port} in the firewall, or correct REACHBACK_PUBLIC_HOST and its address in DNS"
        return ill(f"customers' computers cannot dial {address} ({error.strerror or error})", cure)
    return _told(address, heard)


def _hear(line: socket.socket) -> bytes:
    line.settimeout(HEAR_SECONDS)
    heard = b""
    try:
        while len(heard) < len(GREETING) and (more := line.recv(len(GREETING) - len(heard))):
            heard += more
    except TimeoutError:
        return heard
    return heard


def _told(address: Address, heard: bytes) -> Finding:
    if heard == GREETING:
        return well(f"the listener answers at {address}, where customers' computers dial")
    if heard:
        cure = f"lead port {address.port} of that name to this machine, or correct REACHBACK_PUBLIC_HOST"
        return ill(f"another program answers at {address}, where customers' computers dial", cure)
    return doubtful(
        f"{address} takes calls, but the listener did not answer within {HEAR_SECONDS:.0f} s",
        "lead that port to this machine's listener; where it is full, see REACHBACK_MAX_CALLS_PER_ADDRESS",
    )
