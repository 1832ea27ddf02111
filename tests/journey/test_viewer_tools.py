"""What the viewer offers beside the picture, each against a real desktop."""

from __future__ import annotations

import io
import re
import struct
from datetime import datetime, timedelta

import pytest
from PIL import Image
from playwright.sync_api import Page, WebSocket, expect

from tests.journey.axe import violations
from tests.journey.computers import HEIGHT, IN_BUTTON, ON_GROUND, WIDTH, Computer, X11vnc
from tests.journey.people import Technician, Viewer, nearly, rgb
from tests.processes import wait_until

COLOUR = "#3b6e8f"
KEYS = "Keys"
HOSTILE = '<img src=x onerror="alert(1)">\u202e =cmd|calc'


class Wire(list[bytes]):
    """What the page sent to the relay."""

    def watch(self, page: Page) -> None:
        def note(payload: str | bytes) -> None:
            self.append(payload if isinstance(payload, bytes) else payload.encode())

        def hear(socket: WebSocket) -> None:
            socket.on("framesent", note)

        page.on("websocket", hear)

    def levels(self) -> tuple[int, int] | None:
        """Quality and compression that were asked for last (SetEncodings, RFC 6143 §7.5.2)."""
        asked = [message for message in self if message[:2] == b"\x02\x00"]
        if not asked:
            return None
        (count,) = struct.unpack_from(">H", asked[-1], 2)
        encodings = struct.unpack_from(f">{count}i", asked[-1], 4)
        quality = next(one + 32 for one in encodings if -32 <= one <= -23)
        return quality, next(one + 256 for one in encodings if -256 <= one <= -247)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def computer(programs) -> Computer:
    computer = X11vnc(programs)
    computer.furnish(COLOUR)
    return computer


@pytest.fixture
def viewer(house, technician: Technician, customer, computer, wire) -> Viewer:
    # A call is on the board a moment before its port is open; a ticket asked for in between is refused, and asked anew.
    technician.tolerate(r"status of 409 .*/tickets")
    board = technician.sign_in()
    wire.watch(board.page)
    customer.open(board.create("Mrs Gray").link)
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    viewer.wait_for_colour(ON_GROUND, COLOUR)
    return viewer


def menu(viewer: Viewer, name: str) -> None:
    viewer.button("More").click()
    viewer.page.locator("#menu").get_by_role("button", name=name, exact=True).click()


def panel(viewer: Viewer, name: str) -> None:
    menu(viewer, name)
    expect(viewer.page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


def pressed(computer: Computer) -> list[str]:
    """The keys that a window on the desktop was told of, in their order."""
    log = "".join(one.log for one in computer.programs.processes if one.name == "xev")
    return re.findall(r"KeyPress event.*?keysym 0x\w+, (\w+)\)", log, re.DOTALL)


def test_keys_that_the_own_machine_would_keep(viewer, computer):
    computer.show("xev", "-name", KEYS, "-geometry", "300x200+480+20", "-event", "keyboard")
    computer.wait_for_window(KEYS)
    viewer.click((600, 100))
    for name in ("Windows", "Alt+Tab", "Print", "F1", "F11"):
        menu(viewer, name)
        viewer.wait_for_keyboard("desktop")
    viewer.button("Ctrl+Alt+Del").click()
    wanted = ["Super_L", "Alt_L", "Tab", "Print", "F1", "F11", "Control_L", "Alt_L", "Delete"]
    wait_until(lambda: len(pressed(computer)) >= len(wanted), what="the keys arrive")
    assert pressed(computer) == wanted


def test_the_chord_leaves_the_desktop_and_escape_goes_back(viewer):
    viewer.wait_for_keyboard("desktop")
    viewer.page.keyboard.press("Control+Alt+Shift")
    viewer.wait_for_keyboard("page")
    expect(viewer.button("Clipboard")).to_be_focused()
    viewer.page.keyboard.press("Escape")
    viewer.wait_for_keyboard("desktop")


def width(viewer: Viewer) -> float:
    box = viewer.canvas.bounding_box()
    assert box
    return float(box["width"])


def test_the_picture_grows_and_shrinks_by_button_and_by_key(viewer):
    fitted = width(viewer)
    viewer.button("Actual size").click()
    wait_until(lambda: width(viewer) == WIDTH, what="the actual size")
    viewer.button("More").click()
    viewer.button("Larger").click()
    wait_until(lambda: width(viewer) == WIDTH * 1.25, what="a larger picture")
    expect(viewer.page.locator("#zoom")).to_have_text("125 %")
    viewer.page.keyboard.press("+")
    wait_until(lambda: width(viewer) > WIDTH * 1.5, what="a larger picture still")
    frame = viewer.page.frame(url="**/viewer-frame")
    assert frame
    before = frame.evaluate("() => document.getElementById('view').scrollTop")
    viewer.page.keyboard.press("ArrowDown")
    wait_until(lambda: frame.evaluate("() => document.getElementById('view').scrollTop") > before, what="it moves")
    # What is clicked is what is seen.
    viewer.page.keyboard.press("-")
    viewer.page.keyboard.press("0")
    wait_until(lambda: width(viewer) == fitted, what="it fits")


def test_a_click_on_a_larger_picture_meets_its_place(viewer, computer):
    viewer.button("More").click()
    viewer.button("Larger").click()
    viewer.button("Larger").click()
    viewer.page.keyboard.press("Escape")
    frame = viewer.page.frame(url="**/viewer-frame")
    assert frame
    frame.evaluate("() => document.getElementById('view').scrollTo(9999, 9999)")
    viewer.click(IN_BUTTON)
    wait_until(computer.presses, what="the click is noted")
    [(x, y)] = computer.presses()
    assert abs(x - IN_BUTTON[0]) <= 1
    assert abs(y - IN_BUTTON[1]) <= 1


def test_two_fingers_pinch_and_move_the_picture(viewer, computer):
    fitted = width(viewer)
    fingers = viewer.page.context.new_cdp_session(viewer.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        told = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    touch("touchStart", (560, 400))
    touch("touchStart", (560, 400), (720, 400))
    for spread in range(10, 200, 10):
        touch("touchMove", (560 - spread, 400), (720 + spread, 400))
    touch("touchEnd")
    wait_until(lambda: width(viewer) > fitted * 1.5, what="the picture grows under two fingers")

    frame = viewer.page.frame(url="**/viewer-frame")
    assert frame
    before = frame.evaluate("() => document.getElementById('view').scrollLeft")
    touch("touchStart", (600, 400))
    touch("touchStart", (600, 400), (700, 400))
    for moved in range(10, 200, 10):
        touch("touchMove", (600 - moved, 400), (700 - moved, 400))
    touch("touchEnd")
    wait_until(
        lambda: frame.evaluate("() => document.getElementById('view').scrollLeft") > before + 50, what="it moves"
    )
    assert computer.presses() == []


def test_a_screenshot_is_the_desktop_as_a_file(viewer):
    viewer.button("More").click()
    with viewer.page.expect_download() as saving:
        viewer.button("Save a screenshot").click()
    assert re.fullmatch(r"Mrs_Gray-Front_desk-\d{4}-\d\d-\d\d-\d{6}\.png", saving.value.suggested_filename)
    with Image.open(io.BytesIO(saving.value.path().read_bytes())) as picture:
        assert picture.size == (WIDTH, HEIGHT)
        assert nearly(picture.convert("RGB").getpixel(ON_GROUND), rgb(COLOUR))


def test_quality_is_set_by_hand_or_left_to_the_line(viewer, wire):
    # What a page of this machine measures is up to how busy it is; where it begins is not.
    assert wire.levels()
    panel(viewer, "Quality")
    expect(viewer.page.get_by_label("Automatic")).to_be_checked()
    viewer.page.get_by_label("Sharpness").fill("9")
    viewer.page.get_by_label("Compression").fill("5")
    expect(viewer.page.get_by_label("Automatic")).not_to_be_checked()
    wait_until(lambda: viewer.state and wire.levels() == (9, 5), what="the computer is asked for it")
    viewer.page.get_by_label("Automatic").check()
    wait_until(lambda: viewer.state and wire.levels() != (9, 5), what="the line decides again")


def test_the_line_says_round_trip_bandwidth_and_last_update(viewer):
    expect(viewer.page.locator("#line-trip")).to_have_text(re.compile(r"^\d+ ms$"))
    expect(viewer.page.locator("#line-flow")).to_have_text(re.compile(r"^[\d.]+ [kM]?B/s$"))
    expect(viewer.page.locator("#line-last")).to_have_text(re.compile(r"^\d+ s ago$"))


def test_notes_are_saved_as_they_are_written_and_survive_a_portal_that_is_away(house, technician, viewer):
    technician.tolerate(r"ERR_FAILED")
    panel(viewer, "Notes")
    viewer.page.get_by_label("Ticket number").fill("T-2041")
    viewer.page.get_by_label("Note", exact=True).fill(HOSTILE)
    expect(viewer.page.locator("#notes-state")).to_have_text(re.compile("^Saved at"))
    session = house.session("Mrs Gray")
    assert session["reference"] == "T-2041"
    assert str(session["note"]).startswith(HOSTILE[:25])

    session_url = re.compile(rf"/api/sessions/{session['id']}$")
    viewer.page.route(session_url, lambda route: route.abort())
    viewer.page.get_by_label("Note", exact=True).fill("Printer driver is gone")
    expect(viewer.page.locator("#notes-state")).to_contain_text("Not saved: The portal cannot be reached.")
    viewer.page.unroute(session_url)
    expect(viewer.page.locator("#notes-state")).to_have_text(re.compile("^Saved at"))
    assert house.session("Mrs Gray")["note"] == "Printer driver is gone"


def test_half_an_hour_more(house, viewer):
    def ends() -> datetime:
        return datetime.fromisoformat(str(house.session("Mrs Gray")["expires_at"]))

    before = ends()
    words = viewer.page.locator(".bar__left [data-left]").inner_text()
    viewer.button("+30 min").click()
    expect(viewer.page.locator(".bar__left [data-left]")).not_to_have_text(words)
    assert ends() - before == timedelta(minutes=30)


def test_who_is_connected(viewer):
    panel(viewer, "People")
    words = re.compile(r"^admin \(you\) in control, here since \d\d:\d\dRelease control$")
    expect(viewer.page.locator("#people li")).to_have_text(words)
    expect(viewer.page.locator("#present")).to_be_hidden()


def test_the_drawer_by_keyboard_alone(viewer):
    page = viewer.page
    page.keyboard.press("Control+Alt+Shift")
    expect(viewer.button("Clipboard")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("To the computer")).to_be_focused()
    page.get_by_role("tab", name="Clipboard").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Type")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Quality")).to_be_focused()
    expect(page.get_by_label("Automatic")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    expect(viewer.button("Clipboard")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_menu_and_panels(viewer, scheme):
    page = viewer.page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found = []
    for size in (1280, 360):
        page.set_viewport_size({"width": size, "height": 800})
        viewer.button("More").click()
        found += violations(page)
        page.locator("#menu [data-panel=notes]").click()
        for name in ("Clipboard", "Type", "Quality", "Notes", "People"):
            page.get_by_role("tab", name=name).click()
            found += [f"{size} {name}: {one}" for one in violations(page)]
        page.get_by_role("button", name="Close the drawer").click()
    assert not found, "\n".join(found)
