"""A dispatcher's client as TightVNC 2.8.11 for Windows is one, in front of a VNC server that cannot be one itself.

    python dispatcher_bridge.py RELAY_PORT NUMBER VNC_PORT

It dials the relay on this machine, waits for the dispatcher, tells the number and answers pings. Told to go on, it
connects to the VNC server on this machine, and from then on only carries bytes.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading

from tests.fakes.fake_vnc_server import FakeVncServer

HOST = "127.0.0.1"


def main(relay_port: int, number: int, vnc_port: int) -> None:
    """Call once, until either side hangs up."""
    client = FakeVncServer((HOST, relay_port), number=number).dial()
    client.wait_for_dispatcher(number)
    with client.socket as relay, socket.create_connection((HOST, vnc_port)) as server:
        relay.settimeout(None)
        back = threading.Thread(target=carry, args=(relay, server))
        back.start()
        carry(server, relay)
        back.join()


def carry(source: socket.socket, sink: socket.socket) -> None:
    """Everything that comes from `source`, and then its end."""
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
