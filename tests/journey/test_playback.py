"""Recordings are played in a real browser: the picture at a moment is the one that was there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fakes.recordings import FakeRecording, busy
from tests.journey.archive import kept
from tests.journey.browsers import WINDOW
from tests.journey.player import Player
from tests.processes import ADMIN, ADMIN_PASSWORD, Installation, installed, wait_until

A_SECOND = 1000


@dataclass(frozen=True)
class Archive:
    """An installation with recordings, and a browser's tab that is signed in there."""

    installation: Installation
    page: Page

    def play(self, recording: FakeRecording, *, torn_by: int = 0) -> Player:
        """The page of a new recording, once its first picture is there."""
        number = kept(self.installation, recording, torn_by=torn_by)
        self.page.goto(f"http://{self.installation.settings.http}/console/recordings/{number}")
        player = Player(self.page)
        player.wait_for("paused")
        return player


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
    # noVNC reads its canvas back when the desktop changes its size.
    assert [words for words in console if "willReadFrequently" not in words] == []


@pytest.fixture(scope="module")
def half_a_minute() -> FakeRecording:
    return busy(30)


def test_twenty_moments_each_within_a_second(archive: Archive, half_a_minute: FakeRecording) -> None:
    player = archive.play(half_a_minute)
    for moment in random.Random(5).sample(range(50, half_a_minute.now), 20):
        took = player.seek(moment)
        assert player.shows(half_a_minute.at(moment)), moment
        assert took < A_SECOND, moment


def test_it_plays_from_beginning_to_end(archive: Archive) -> None:
    recording = busy(12)
    player = archive.play(recording)
    player.part("speed").select_option("4")
    archive.page.get_by_role("button", name="Play").click()
    player.wait_for("playing")
    player.wait_for("ended")
    assert player.shows(recording.picture)
    expect(player.part("position")).to_have_text("0:12")


def test_while_it_plays_the_picture_is_that_of_its_moment(archive: Archive, half_a_minute: FakeRecording) -> None:
    player = archive.play(half_a_minute)
    archive.page.keyboard.press("Space")
    for moment in (2000, 6000, 9000):
        wait_until(lambda moment=moment: player.position >= moment, 15, f"{moment} ms are played")
        archive.page.keyboard.press("Space")
        player.wait_for("paused")
        # What was given last is drawn a moment later.
        wait_until(lambda: player.shows(half_a_minute.at(player.position)), 2, "the picture of this moment")
        archive.page.keyboard.press("Space")


def test_a_torn_file_plays_up_to_its_tear(archive: Archive, half_a_minute: FakeRecording) -> None:
    torn_by = len(half_a_minute.file) // 3
    last = max(at for at in half_a_minute.offsets if half_a_minute.offsets[at] <= len(half_a_minute.file) - torn_by)
    player = archive.play(half_a_minute, torn_by=torn_by)
    player.seek(last)
    assert player.shows(half_a_minute.at(last))
    archive.page.keyboard.press("End")
    player.wait_for("ended")
    assert player.position == last
    assert player.shows(half_a_minute.at(last))


def test_playing_is_one_line_of_the_audit_and_a_download_another(archive: Archive) -> None:
    player = archive.play(busy(12))
    player.seek(9_000)
    player.seek(3_000)
    with archive.page.expect_download() as download:
        archive.page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith(".rbrec")
    archive.page.get_by_role("link", name="Session").click()
    timeline = archive.page.locator(".timeline")
    expect(timeline.get_by_text("played a recording")).to_have_count(1)
    expect(timeline.get_by_text("downloaded a recording")).to_have_count(1)


def test_an_admin_deletes_a_recording_without_a_script(archive: Archive, half_a_minute: FakeRecording) -> None:
    number = kept(archive.installation, half_a_minute)
    (row,) = archive.installation.rows("SELECT file, session_id FROM recordings WHERE id = :id", id=number)
    file = archive.installation.settings.recordings.folder / row["file"]
    page = archive.page
    page.goto(f"http://{archive.installation.settings.http}/console/recordings?session={row['session_id']}")
    page.locator("summary", has_text="Delete…").click()
    assert file.exists()
    page.get_by_role("button", name="Delete the recording").click()
    page.goto(f"http://{archive.installation.settings.http}/console/recordings/{number}")
    expect(page.get_by_text("This recording was deleted.")).to_be_visible()
    expect(page.locator("#player")).to_have_count(0)
    assert not file.exists()


def test_the_picture_before_is_held_until_the_next_is_there(archive: Archive, half_a_minute: FakeRecording) -> None:
    """Between the two no frame is blank, and none is half made."""
    player = archive.play(half_a_minute)
    player.seek(3000)
    player.frame.evaluate(WATCH)
    player.seek(25_000)
    sizes = player.frame.evaluate("() => window.sizes")
    assert sizes
    assert set(sizes) == {"320x240"}


# Notes at every frame that is drawn what stands in front.
WATCH = """() => {
  window.sizes = [];
  const look = () => {
    const shown = document.querySelector(".curtain") ?? document.querySelector("#place canvas");
    window.sizes.push(`${shown?.width}x${shown?.height}`);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def test_a_gap_shows_the_last_picture_until_the_next_is_whole(archive: Archive) -> None:
    recording = FakeRecording()
    recording.refresh(0)
    recording.paint(1000, (0, 0, 320, 240), (200, 30, 30))
    recording.gap(4000)
    recording.paint(6000, (10, 10, 50, 50), (30, 30, 200))
    recording.end(7000)
    player = archive.play(recording)
    for moment in (1200, 2500, 4010, 5000, 6500):
        player.seek(moment)
        assert player.shows(recording.at(moment)), moment
    expect(archive.page.locator(".seek__gap")).to_have_count(1)


def test_a_desktop_that_changes_its_size(archive: Archive) -> None:
    recording = FakeRecording()
    recording.refresh(0)
    recording.resize(2000, 200, 300)
    recording.paint(3000, (0, 0, 20, 20), (10, 200, 10))
    recording.refresh(4000)
    recording.end(6000)
    player = archive.play(recording)
    for moment in (1000, 3500, 5000, 2500, 100):
        player.seek(moment)
        assert player.shows(recording.at(moment)), moment


def test_idle_time_is_skipped_unless_that_is_switched_off(archive: Archive) -> None:
    recording = FakeRecording()
    recording.refresh(0)
    recording.paint(60_000, (0, 0, 100, 100), (200, 30, 30))
    recording.end(61_000)
    player = archive.play(recording)
    archive.page.keyboard.press("Space")
    player.wait_for("ended", seconds=10)
    assert player.shows(recording.picture)
    archive.page.get_by_label("Skip idle time").uncheck()
    archive.page.keyboard.press("Home")
    player.wait_for("paused")
    archive.page.get_by_role("button", name="Play").click()
    wait_until(lambda: player.position >= 3000, 10, "three seconds are played")
    assert player.position < 10_000


def test_the_keyboard_is_enough(archive: Archive, half_a_minute: FakeRecording) -> None:
    player = archive.play(half_a_minute)
    keyboard = archive.page.keyboard
    first = player.position
    for key, moment in (
        ("ArrowRight", first + 5000),
        ("Shift+ArrowRight", 30_000),
        ("ArrowLeft", 25_000),
        ("Home", 0),
    ):
        keyboard.press(key)
        player.wait_for("paused", "ended")
        assert player.position == moment, key
    keyboard.press("End")
    player.wait_for("ended")
    reached = []
    while "full" not in reached and len(reached) < 40:
        keyboard.press("Tab")
        reached.append(archive.page.evaluate("() => document.activeElement.id"))
    assert [one for one in reached if one in CONTROLS] == CONTROLS
    expect(player.part("seek")).to_have_attribute("aria-valuetext", "30 seconds of 30 seconds")


CONTROLS = ["seek", "turn", "speed", "skip", "size", "full"]


def test_the_seek_bar_is_dragged(archive: Archive, half_a_minute: FakeRecording) -> None:
    player = archive.play(half_a_minute)
    box = player.part("seek").bounding_box()
    assert box
    mouse, middle = archive.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + 10, middle)
    mouse.down()
    for part in range(1, 10):
        mouse.move(box["x"] + box["width"] * part / 10, middle)
    mouse.up()
    player.wait_for("paused")
    assert 26_000 < player.position < 28_000
    assert player.shows(half_a_minute.at(player.position))


def test_actual_size_and_full_screen(archive: Archive, half_a_minute: FakeRecording) -> None:
    player = archive.play(half_a_minute)
    width = "() => document.querySelector('#place canvas').getBoundingClientRect().width"
    assert player.frame.evaluate(width) > 400
    player.part("size").click()
    expect(player.part("size")).to_have_attribute("aria-pressed", "true")
    wait_until(lambda: player.frame.evaluate(width) == 320, 5, "the picture has its own size")
    player.part("full").click()
    expect(player.part("full")).to_have_attribute("aria-pressed", "true")
    player.part("full").click()
    expect(player.part("full")).to_have_attribute("aria-pressed", "false")


def test_what_the_frame_says_is_not_believed(archive: Archive, half_a_minute: FakeRecording) -> None:
    """Whoever took the frame over can do no more than draw nothing: it is not waited for."""
    archive.page.context.add_init_script(DEAF)
    number = kept(archive.installation, half_a_minute)
    archive.page.goto(f"http://{archive.installation.settings.http}/console/recordings/{number}")
    Player(archive.page).wait_for("paused", seconds=20)
    expect(archive.page.locator("#position")).to_have_text("0:00")


# In the frame, nothing is ever told to the page through a port.
DEAF = "if (window.origin === 'null') MessagePort.prototype.postMessage = () => {};"
