"""A customer's server that floods its technician: the listener stays small, and another call is served meanwhile."""

from __future__ import annotations

import contextlib
import struct
import threading
import time
import zlib
from collections.abc import Callable

import psutil
import pytest
from websockets.exceptions import ConnectionClosed

from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.processes import Installation

from .conftest import Measured, exchange, joined

SECONDS = 3.0
MAX_GROWTH = 160  # MiB; two pictures in ZRLE, of the largest kind that is kept
ENDLESS = struct.pack(">BxH", 0, 0xFFFF)


def rectangle(width: int, height: int, encoding: int, data: bytes = b"") -> bytes:
    return struct.pack(">HHHHi", 0, 0, width, height, encoding) + data


def bomb(width: int, height: int, encoding: int, size: int) -> bytes:
    """A stream of rectangles that swell a thousandfold: the first one begins it, the others go on."""
    deflater = zlib.compressobj(9)
    made = [ENDLESS]
    for _ in range(40):
        chunk = deflater.compress(bytes(size)) + deflater.flush(zlib.Z_SYNC_FLUSH)
        made.append(rectangle(width, height, encoding, struct.pack(">I", len(chunk)) + chunk))
    return b"".join(made)


FLOODS = {
    "empty updates": bytes(4) * 65536,
    "updates that end at once": (ENDLESS + rectangle(0, 0, -224)) * 16384,
    "messages of one byte": b"\x0d" * 262144,
    "fences": b"\xf8\0\0\0\x80\0\0\x01\0" * 30000,
    "clipboards": (b"\3\0\0\0" + struct.pack(">I", 1 << 20) + bytes(1 << 20)) * 2,
    "sizes": b"".join(b"\0\0\0\1" + rectangle(*size, -223) for size in ((1, 1), (65535, 65535))) * 8192,
    "nothing, again and again": ENDLESS + rectangle(0, 0, 0) * 5461,
    "ZRLE without pixels": ENDLESS + rectangle(0, 0, 16, struct.pack(">I", 5) + b"\0\0\0\xff\xff") * 12000,
    "a cursor larger than memory": ENDLESS + rectangle(60000, 60000, -239) + bytes(262144),
    "a name of 16 MiB": b"\0\0\0\1" + rectangle(0, 0, -307, struct.pack(">I", 1 << 24) + bytes(1 << 24)),
    "a bomb in Zlib": bomb(4000, 4000, 6, 64_000_000),
    "a bomb in ZRLE": bomb(4096, 4096, 16, 64_000_000),
}


@pytest.mark.parametrize("what", FLOODS)
def test_a_flood_harms_nobody_else(install: Callable[..., Installation], measured: Measured, what: str) -> None:
    installation = install()
    listener = installation.start_all("listener", "websockify")[0]
    process = psutil.Process(listener.pid)
    with joined(installation) as (_, good, polite), joined(installation) as (_, bad, victim):
        before = process.memory_info().rss
        threads = (
            threading.Thread(target=flood, args=(bad, FLOODS[what])),
            threading.Thread(target=read_all, args=(victim,)),
        )
        for thread in threads:
            thread.start()
        slowest, greatest = served_meanwhile(good, polite, process)
        bad.reset()
        for thread in threads:
            thread.join()
        grown = (greatest - before) / 2**20
        measured(f"{what}: another call's slowest key and picture", slowest)
        measured(f"{what}: growth of the listener", grown, "MiB")
        assert slowest < 1.0
        assert grown < MAX_GROWTH
    assert "Traceback" not in listener.log


def flood(server: FakeVncServer, data: bytes) -> None:
    with contextlib.suppress(OSError):
        while True:
            server.send(data)


def read_all(viewer: FakeViewer) -> None:
    """Take whatever comes: a viewer that did not would slow the flood down."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            viewer.websocket.recv()


def served_meanwhile(server: FakeVncServer, viewer: FakeViewer, process: psutil.Process) -> tuple[float, int]:
    """The slowest exchange of some seconds, and how large the listener became meanwhile."""
    slowest, greatest = 0.0, 0
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        began = time.monotonic()
        exchange(server, viewer)
        slowest = max(slowest, time.monotonic() - began)
        greatest = max(greatest, process.memory_info().rss)
    return slowest, greatest
