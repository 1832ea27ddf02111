"""Recordings are played in a real browser: the picture at a moment is the one that was there."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.fakes.recordings import FakeRecording, busy
from tests.journey.browsers import WINDOW
from tests.journey.player import Player
from tests.processes import ADMIN, ADMIN_PASSWORD, Installation, installed

A_SECOND = 1000
ROW = """INSERT INTO recordings (session_id, call_id, state, reason, file, begun_at, ended_at, bytes, milliseconds)
VALUES (:session, :call, :state, :reason, :file, '2026-03-01 10:00:00.000000', '2026-03-01 10:10:00.000000', :bytes, :long)
RETURNING id"""


@dataclass(frozen=True)
class Archive:
    """An installation with recordings, and a browser's tab that is signed in there."""

    installation: Installation
    page: Page

    def keep(self, recording: FakeRecording, *, torn_by: int = 0) -> int:
        """Put a recording where the recorder would; answers its number."""
        new = self.installation.waiting(customer="Mrs Gray", reference="T-2041")
        data = bytes(recording.file[: len(recording.file) - torn_by])
        call = arrive(self.installation, new.code)
        return self._insert(
            session=new.session.id,
            call=call,
            state="broken" if torn_by else "done",
            reason="The listener was stopped." if torn_by else "The session ended.",
            file=f"{new.session.id}.rec",
            bytes=len(data),
            long=recording.now,
        )

    def play(self, recording: FakeRecording, *, torn_by: int = 0) -> Player:
        """The page of a new recording, once its first picture is there."""
        number = self.keep(recording, torn_by=torn_by)
        serve(self.page, number, recording, torn_by)
        self.page.goto(f"http://{self.installation.settings.http}/console/recordings/{number}")
        player = Player(self.page)
        try:
            player.wait_for("paused", seconds=5)
        except Exception:
            self.page.screenshot(path="/tmp/player/fail.png")
            raise
        return player

    def _insert(self, **values: object) -> int:
        self.installation.change(ROW, **values)
        (row,) = self.installation.rows("SELECT max(id) AS id FROM recordings")
        return int(row["id"])


def arrive(installation: Installation, code: str) -> int:
    from sessions.calls import Arrival
    from sessions.matching import Claims, MatchedBy, Said

    claims = Claims("127.0.0.1", (Said(MatchedBy.ID, code),))
    return installation.calls.arrived(Arrival(claims, "FRONT-DESK", 1024, 768, encrypted=False)).call_id


def serve(page: Page, number: int, recording: FakeRecording, torn_by: int) -> None:
    data = bytes(recording.file[: len(recording.file) - torn_by])

    def hand_out(route: Route) -> None:
        first, last = map(int, re.findall(r"\d+", route.request.headers["range"]))
        part = data[first : last + 1]
        span = f"bytes {first}-{first + len(part) - 1}/{len(data)}"
        if part:
            route.fulfill(status=206, headers={"Content-Range": span}, body=part)
        else:
            route.fulfill(status=416)

    page.route(f"**/api/recordings/{number}/index", lambda route: route.fulfill(body=json.dumps(recording.index())))
    page.route(f"**/api/recordings/{number}/file?play=1", hand_out)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("archive"), REACHBACK_RECORDING="on-demand") as made:
        made.start_portal()
        yield made


@pytest.fixture
def archive(installation: Installation, browser: Browser) -> Iterator[Archive]:
    context = browser.new_context(viewport=WINDOW)
    page = context.new_page()
    console: list[str] = []
    page.on("console", lambda message: console.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: console.append(str(error)))
    page.goto(f"http://{installation.settings.http}/sign-in")
    page.get_by_label("Name").fill(ADMIN)
    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/console")
    yield Archive(installation, page)
    context.close()
    assert console == []


def test_twenty_moments_each_within_a_second(archive: Archive) -> None:
    recording = busy(30)
    player = archive.play(recording)
    chance = random.Random(5)
    for moment in chance.sample(range(50, recording.now), 20):
        took = player.seek(moment)
        assert player.shows(recording.at(moment)), moment
        assert took < A_SECOND, moment
        print(moment, round(took))


def test_it_plays_from_beginning_to_end(archive: Archive, tmp_path: Path) -> None:
    recording = busy(12)
    player = archive.play(recording)
    archive.page.locator("#speed").select_option("4")
    archive.page.get_by_role("button", name="Play").click()
    player.wait_for("playing")
    archive.page.screenshot(path="/tmp/player/playing.png", full_page=True)
    player.wait_for("ended")
    assert player.shows(recording.picture)
    expect(player.part("position")).to_have_text("0:12")
