"""A cut cable, without rights: a socket filter that drops everything, so that this end's TCP acknowledges nothing."""

from __future__ import annotations

import ctypes
import socket
import struct

SO_ATTACH_FILTER = 26
# Classic BPF: BPF_RET | BPF_K, and 0 for "keep no byte of the packet".
DROP = struct.pack("HBBI", 0x06, 0, 0, 0)


def cut(connection: socket.socket) -> None:
    """From here on, nothing that arrives for `connection` gets past its kernel, and so nothing is answered."""
    program = ctypes.create_string_buffer(DROP, len(DROP))
    # struct sock_fprog: how many instructions, padded to a pointer, and where they are.
    told = struct.pack("HxxxxxxP", 1, ctypes.addressof(program))
    connection.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, told)
