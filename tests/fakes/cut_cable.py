"""A cut cable, without rights: a socket filter that drops everything, so that this end's TCP acknowledges nothing."""

from __future__ import annotations

import ctypes
import socket
import struct
import time

SO_ATTACH_FILTER = 26
# Classic BPF: BPF_RET | BPF_K, and 0 for "keep no byte of the packet".
DROP = struct.pack("HBBI", 0x06, 0, 0, 0)
UNACKNOWLEDGED = 24  # where `struct tcp_info` counts the segments under way
PATIENCE = 5.0


def cut(connection: socket.socket) -> None:
    """From here on, nothing that arrives for `connection` gets past its kernel, and so nothing is answered.

    Nothing is sent either, as long as its program sends nothing: all is acknowledged both ways before the cut.
    """
    _wait_for_acknowledgements(connection)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    program = ctypes.create_string_buffer(DROP, len(DROP))
    # struct sock_fprog: how many instructions, padded to a pointer, and where they are.
    told = struct.pack("HxxxxxxP", 1, ctypes.addressof(program))
    connection.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, told)


def _wait_for_acknowledgements(connection: socket.socket) -> None:
    deadline = time.monotonic() + PATIENCE
    while _under_way(connection):
        assert time.monotonic() < deadline, "what was sent is not acknowledged"
        time.sleep(0.001)


def _under_way(connection: socket.socket) -> int:
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, UNACKNOWLEDGED + 4)
    count: int = struct.unpack_from("=I", info, UNACKNOWLEDGED)[0]
    return count
