"""A customer's computer that sends what a hostile one would: it stays text, in its place, and the page goes on."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import expect

from tests.fakes.fake_vnc_server import FakeVncServer
from tests.journey.people import Viewer

SCRIPT = "<img src=x onerror=alert(1)>"
# A mark that turns the direction of writing, as it is used to disguise the ending of a file's name.
TURNED = f"{SCRIPT}\u202egpj.exe"
BROKEN = b"\xff\xfe\xc3(\xe2\x82"
PIXELS, ENCODINGS, REQUEST, KEY, POINTER, CUT_TEXT = 0, 2, 3, 4, 5, 6
REST = {PIXELS: 19, REQUEST: 9, KEY: 7, POINTER: 5}
CAPS, PROVIDE, TEXT = 1 << 24, 1 << 28, 1
DESKTOP_NAME = -307


def named(name: bytes) -> bytes:
    """An update that says a new desktop name."""
    return struct.pack(">BxHHHHHiI", 0, 1, 0, 0, 0, 0, DESKTOP_NAME, len(name)) + name


def copied(text: bytes) -> bytes:
    return struct.pack(">B3xI", 3, len(text)) + text


def extended(flags: int, content: bytes) -> bytes:
    """A message of the extended clipboard."""
    return struct.pack(">B3xiI", 3, -4 - len(content), flags) + content


def provided(text: bytes) -> bytes:
    return extended(PROVIDE | TEXT, zlib.compress(struct.pack(">I", len(text)) + text))


def kinds_sent(server: FakeVncServer, seconds: float) -> list[int]:
    """The types of the messages that came within so many seconds (RFC 6143 §7.5)."""
    server.socket.settimeout(seconds)
    kinds: list[int] = []
    with suppress(TimeoutError):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            kinds.append(server.read(1)[0])
            server.read(_rest_of(kinds[-1], server))
    server.socket.settimeout(seconds)
    return kinds


def _rest_of(kind: int, server: FakeVncServer) -> int:
    if kind == ENCODINGS:
        return 4 * int(struct.unpack(">xH", server.read(3))[0])
    if kind == CUT_TEXT:
        return abs(int(struct.unpack(">3xi", server.read(7))[0]))
    return REST[kind]


@pytest.fixture
def seen(house, technician) -> Iterator[tuple[Viewer, FakeVncServer]]:
    """A viewer that shows the desktop of a fake, whose name and whose session's note are hostile already."""
    board = technician.sign_in()
    created = board.create("Mrs Gray", note=f"</textarea>{TURNED}")
    with FakeVncServer(("127.0.0.1", house.port), code=created.code, name=TURNED) as server:
        server.greet()
        board.wait_for_call("Mrs Gray")
        viewer = board.connect("Mrs Gray")
        viewer.wait_for("connected")
        yield viewer, server


def is_inert(viewer: Viewer) -> None:
    page = viewer.page
    assert page.locator("img").count() == 0
    assert viewer.state == "connected"
    said = page.title() + page.locator("#bar").inner_text() + (page.locator("#computer").get_attribute("title") or "")
    assert "\u202e" not in said


def test_names_and_notes(seen):
    viewer, server = seen
    page = viewer.page
    expect(page.locator("#computer")).to_contain_text(SCRIPT)
    is_inert(viewer)
    for name, shown in [
        (f"One {TURNED}".encode(), "One <img"),
        (b"Two " + BROKEN, "Two "),
        (b"Three " + b"x" * 1_000_000, "Three xxx"),
    ]:
        server.send(named(name))
        expect(page.locator("#computer")).to_contain_text(shown)
        is_inert(viewer)
    assert len(page.locator("#computer").inner_text()) <= 128
    viewer.button("More").click()
    page.get_by_role("button", name="Notes").click()
    expect(page.locator("#note")).to_have_value(f"</textarea>{TURNED}")


def test_the_file_name_of_a_screenshot(seen):
    viewer, server = seen
    server.send(named(f"../../{TURNED}\n".encode()))
    expect(viewer.page.locator("#computer")).to_contain_text("../../")
    viewer.button("More").click()
    with viewer.page.expect_download() as saving:
        viewer.page.get_by_role("button", name="Save a screenshot").click()
    name = saving.value.suggested_filename
    assert name.startswith("Mrs_Gray-img_src_x_onerror_alert_1_gpj_exe-")
    assert name.endswith(".png")


def test_texts_on_its_clipboard(seen):
    viewer, server = seen
    page = viewer.page
    viewer.button("Clipboard").click()
    box = page.get_by_label("From the computer")
    for text in (SCRIPT, f"</textarea>{SCRIPT}"):
        server.send(copied(text.encode()))
        expect(box).to_have_value(text)
    server.send(copied(BROKEN))
    expect(box).to_have_value("ÿþÃ(â")
    server.send(copied(b"y" * 1_000_000))
    expect(page.locator("#received-note")).to_contain_text("its beginning")
    is_inert(viewer)


def test_broken_texts_of_the_extended_clipboard(seen):
    viewer, server = seen
    viewer.button("Clipboard").click()
    box = viewer.page.get_by_label("From the computer")
    server.send(extended(CAPS | PROVIDE | TEXT, struct.pack(">I", 0)))
    server.send(provided("ça €".encode()))
    expect(box).to_have_value("ça €")
    server.send(provided(BROKEN))
    server.send(extended(PROVIDE | TEXT, zlib.compress(struct.pack(">I", 0x7FFFFFFF) + b"short")))
    server.send(extended(PROVIDE | TEXT, b"no zlib at all"))
    server.send(named(b"Still there"))
    expect(viewer.page.locator("#computer")).to_have_text("Still there")
    server.send(copied(b"and this too"))
    expect(box).to_have_value("and this too")
    is_inert(viewer)


def test_who_only_looks_takes_no_harm_from_the_extended_clipboard(seen):
    viewer, server = seen
    viewer.button("View only").click()
    server.send(extended(CAPS | PROVIDE | TEXT, struct.pack(">I", 0)))
    server.send(provided(b"\x00\x01" * 40))
    server.send(named(b"Still there"))
    expect(viewer.page.locator("#computer")).to_have_text("Still there")
    is_inert(viewer)


def test_who_only_looks_sends_no_key_no_pointer_and_no_clipboard(seen):
    viewer, server = seen
    page = viewer.page
    viewer.click((500, 300))
    viewer.type("a")
    assert {KEY, POINTER} <= set(kinds_sent(server, 2))
    viewer.button("View only").click()
    expect(viewer.button("View only")).to_have_attribute("aria-pressed", "true")
    kinds_sent(server, 2)
    viewer.click((510, 310))
    viewer.type("b")
    viewer.button("Clipboard").click()
    page.get_by_label("To the computer").fill("secret")
    expect(page.locator("#paste")).to_be_disabled()
    page.locator("#paste-form").evaluate("form => form.dispatchEvent(new Event('submit', { cancelable: true }))")
    assert set(kinds_sent(server, 3)) <= {ENCODINGS, REQUEST}
