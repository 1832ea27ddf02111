"""Whoever does not read stops whoever sends; nobody in between grows, and nothing is lost."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.processes import Installation, Process, wait_until

from .conftest import Measured, exchange, raw_picture

MAX_GROWTH = 32 * 2**20
# Of no size that any buffer on the way has, which would hide a lost or doubled piece.
PATTERN = raw_picture(random.Random(7).randbytes(4 * 499 * 503), 499)
TEXT = b"\x06\0\0\0" + (1_000_003).to_bytes(4, "big") + random.Random(8).randbytes(1_000_003)
MANY = 64
LOTS = MANY * len(TEXT)


@dataclass
class Scales:
    """Weighs every process of the two parts, again and again, in a thread."""

    parts: list[Process]
    greatest: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._before = {one.pid: self._weight(one) for one in self._family()}
        self._thread = threading.Thread(target=self._weigh)
        self._thread.start()

    def stop(self) -> dict[str, float]:
        """The greatest growth of each, in MiB."""
        self._stop.set()
        self._thread.join()
        return {name: grown / 2**20 for name, grown in self.greatest.items()}

    def _family(self) -> list[psutil.Process]:
        return [process for part in self.parts for process in part.family()]

    def _weigh(self) -> None:
        while not self._stop.wait(0.05):
            for process in self._family():
                grown = self._weight(process) - self._before.get(process.pid, 0)
                if process.pid in self._before:
                    name = self._name(process)
                    self.greatest[name] = max(grown, self.greatest.get(name, 0))

    def _name(self, process: psutil.Process) -> str:
        for part in self.parts:
            if process.pid == part.pid:
                return part.name
        return "websockify's child"

    @staticmethod
    def _weight(process: psutil.Process) -> int:
        return int(process.memory_info().rss)


def test_a_browser_that_does_not_read(install: Callable[..., Installation], measured: Measured) -> None:
    installation = install()
    parts = installation.start_all("listener", "websockify")
    new = installation.waiting()
    with FakeVncServer(installation.call_address, code=new.code) as server:
        server.greet()
        wait_until(lambda: installation.is_held(new))
        with FakeViewer(installation.websocket_url(new), receive_buffer=4096) as viewer:
            exchange(server, viewer.greet())
            scales = Scales(parts)
            began = time.monotonic()
            sent = server.flood(PATTERN, stalled=3.0)
            measured("what a flooding server got rid of before it was stopped", sent / 2**20, "MiB")
            measured("it was stopped after", time.monotonic() - began - 3.0)
            for name, grown in scales.stop().items():
                measured(f"growth of the {name}, browser not reading", grown, "MiB")
                assert grown < MAX_GROWTH / 2**20
            assert len(scales.greatest) == 3
            got = viewer.read(sent, 30)
            assert hashlib.sha256(got).digest() == _digest_of_pattern(sent)
            rest = PATTERN[sent % len(PATTERN) :]
            server.send(rest)
            assert viewer.read(len(rest)) == rest
            exchange(server, viewer)


def test_a_server_that_does_not_read(install: Callable[..., Installation], measured: Measured) -> None:
    installation = install()
    parts = installation.start_all("listener", "websockify")
    new = installation.waiting()
    with FakeVncServer(installation.call_address, code=new.code, receive_buffer=4096) as server:
        server.greet()
        wait_until(lambda: installation.is_held(new))
        with FakeViewer(installation.websocket_url(new)) as viewer:
            exchange(server, viewer.greet())
            scales = Scales(parts)
            progress = [0]
            typing = threading.Thread(target=_type, args=(viewer, progress))
            typing.start()
            stuck_at = _when_stuck(progress)
            measured("what a typing technician got rid of before it was stopped", stuck_at / 2**20, "MiB")
            assert stuck_at < LOTS
            for name, grown in scales.stop().items():
                measured(f"growth of the {name}, server not reading", grown, "MiB")
                assert grown < MAX_GROWTH / 2**20
            assert len(scales.greatest) == 3
            for _ in range(MANY):
                server.hear(TEXT)
            typing.join(10)
            exchange(server, viewer)


def test_ending_under_a_browser_that_does_not_read(install: Callable[..., Installation], measured: Measured) -> None:
    """Neither leg waits for it; what was under way to the browser is dropped."""
    running = install()
    _, websockify = running.start_all("listener", "websockify")
    new = running.waiting()
    with FakeVncServer(running.call_address, code=new.code) as server:
        server.greet()
        wait_until(lambda: running.is_held(new))
        with FakeViewer(running.websocket_url(new), receive_buffer=4096) as viewer:
            viewer.greet()
            server.flood(PATTERN, stalled=1.0)
            (child,) = websockify.family()[1:]
            ended = time.monotonic()
            running.sessions.end(new.session.id, running.admin)
            server.read_to_end(3)
            wait_until(lambda: running.lost_row(new), 3)
            took = time.monotonic() - ended
            measured("ended under a browser that does not read → the customer's leg and the row", took)
            assert took < 1.0
            wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 3)
            took = time.monotonic() - ended
            measured("ended under a browser that does not read → the browser's leg", took)
            assert took < 1.0


def _type(viewer: FakeViewer, progress: list[int]) -> None:
    source = TEXT * MANY
    while progress[0] < LOTS:
        piece = source[progress[0] : min(progress[0] + 100_000, LOTS)]
        viewer.send(piece)
        progress[0] += len(piece)


def _when_stuck(progress: list[int]) -> int:
    """How much was sent once nothing more went for two seconds."""
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < 2.0:
        if progress[0] != seen:
            seen, since = progress[0], time.monotonic()
        time.sleep(0.05)
    return seen


def _digest_of_pattern(count: int) -> bytes:
    whole, rest = divmod(count, len(PATTERN))
    digest = hashlib.sha256()
    for _ in range(whole):
        digest.update(PATTERN)
    digest.update(PATTERN[:rest])
    return digest.digest()
