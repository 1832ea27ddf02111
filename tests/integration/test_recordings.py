"""Recordings with real processes: begun by the API, killed with the listener, found and played afterwards."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from recordings.container import HEADING, Kind, Scanner, read_refresh
from recordings.index import read_index
from sessions.views import NewSession
from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.processes import Api, Installation, Process, wait_until

from .conftest import Measured, joined

WIDTH, HEIGHT = 64, 48
ASK = struct.pack(">BBHHHH", 3, 0, 0, 0, WIDTH, HEIGHT)


def frame(number: int) -> bytes:
    """An update that covers the desktop, of raw pixels that say which one it is."""
    rectangle = struct.pack(">BBHHHHHi", 0, 0, 1, 0, 0, WIDTH, HEIGHT, 0)
    return rectangle + struct.pack(">I", number) * (WIDTH * HEIGHT)


@dataclass
class Recorded:
    """An installation with a technician at a customer's computer, in a session that is recorded."""

    installation: Installation
    api: Api
    listener: Process
    new: NewSession
    server: FakeVncServer
    viewer: FakeViewer
    sent: int = 0

    def play(self, frames: int) -> None:
        """The customer's desktop changes, and the technician sees it."""
        for _each in range(frames):
            data = frame(self.sent)
            self.server.send(data)
            self.sent += 1
            while self.viewer.read(len(data)) != data:
                continue
            self.viewer.send(ASK)

    def recordings(self) -> list[dict[str, object]]:
        answer = self.api("GET", f"/api/sessions/{self.new.session.id}/recordings")
        assert answer.status == 200
        return list(answer.body)

    def in_state(self, state: str) -> dict[str, object] | None:
        return next((one for one in self.recordings() if one["state"] == state), None)

    def file(self, one: dict[str, object], part: str = "") -> bytes:
        headers = {"Authorization": f"Bearer {self.api.token}"} | ({"Range": part} if part else {})
        request = Request(f"{self.api.base}/api/recordings/{one['id']}/file", headers=headers)
        with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
            assert answer.status == (206 if part else 200)
            return bytes(answer.read())


@pytest.fixture
def make(install: Callable[..., Installation]) -> Callable[..., object]:
    @contextmanager
    def begin(**environ: str) -> Iterator[Recorded]:
        installation = install(**{"REACHBACK_RECORDING": "on-demand", **environ})
        _portal, listener, _websockify = installation.start_all("portal", "listener", "websockify")
        api = installation.api()
        with joined(installation, width=WIDTH, height=HEIGHT) as (new, server, viewer):
            viewer.send(ASK)
            it = Recorded(installation, api, listener, new, server, viewer)
            assert api("POST", f"/api/sessions/{new.session.id}/recording", {"on": True}).status == 200
            wait_until(lambda: it.in_state("running"))
            yield it

    return begin


def stream(file: bytes) -> bytes:
    """What a viewer is fed that plays from the first point on."""
    parts = []
    for one in Scanner().receive_data(file):
        payload = file[one.offset + HEADING.size : one.offset + HEADING.size + one.length]
        if one.kind == Kind.REFRESH and not parts:
            parts.append(read_refresh(payload).update)
        elif one.kind == Kind.DATA:
            parts.append(payload)
    return b"".join(parts)


def test_a_killed_listener_leaves_a_recording_that_plays(make: Callable[..., object], measured: Measured) -> None:
    with make() as it:  # type: ignore[attr-defined]
        it.play(50)
        wait_until(lambda: int(str((it.in_state("running") or {})["bytes"])) > 20 * len(frame(0)))
        it.play(50)
        it.listener.kill()
        it.listener = it.installation.start_listener()
        broken = wait_until(lambda: next((one for one in it.recordings() if one["sha256"]), None))
        assert broken["state"] == "broken"
        assert it.in_state("running") is None
        file = it.file(broken)
        assert hashlib.sha256(file).hexdigest() == broken["sha256"]
        assert len(file) == broken["bytes"]
        index = read_index(BytesIO(file))
        assert not index.fault
        assert not index.is_finished
        played = stream(file)
        assert played
        assert b"".join(frame(number) for number in range(it.sent)).find(played) >= 0
        measured("recorded of 100 frames when the listener was killed", len(played) / len(frame(0)), "frames")
        assert it.file(broken, "bytes=0-7") == b"RBREC\0\r\n"
        told = it.api("GET", f"/api/recordings/{broken['id']}/index").body
        assert told["bytes"] == index.bytes
        assert told["points"][0]["whole_at"] is not None


def test_a_recording_ends_with_its_call_and_holds_what_was_sent(make: Callable[..., object]) -> None:
    with make() as it:  # type: ignore[attr-defined]
        it.play(100)
        assert it.api("GET", f"/api/sessions/{it.new.session.id}").body["recording"] == "running"
        assert it.api("DELETE", f"/api/sessions/{it.new.session.id}").status == 204
        done = wait_until(lambda: it.in_state("done"))
        file = it.file(done)
        assert hashlib.sha256(file).hexdigest() == done["sha256"]
        played = stream(file)
        sent = b"".join(frame(number) for number in range(it.sent))
        assert sent.endswith(played)
        assert len(played) > 0.5 * len(sent)
        assert len(file) < 1.02 * len(played) + 1000
        assert read_index(BytesIO(file)).is_finished
        kinds = [row["kind"] for row in it.api("GET", f"/api/sessions/{it.new.session.id}/events").body]
        for kind in ("recording_wanted", "recording_begun", "recording_ended", "recording_downloaded"):
            assert kinds.count(kind) == 1, kind
