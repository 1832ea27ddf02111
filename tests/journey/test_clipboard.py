"""Text goes from one clipboard to the other, both ways."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from contextlib import suppress

import pytest
from playwright.sync_api import expect

from tests.fakes.fake_vnc_server import FakeVncServer
from tests.journey.computers import IN_TERMINAL, Computer, TigerVnc, TightVnc, X11vnc
from tests.journey.people import Viewer
from tests.processes import wait_until

THEIRS = "Invoice 2041, from the computer"
OURS = "Licence key, from the technician"
ALLOWED = ["clipboard-read", "clipboard-write"]
MIB = 1024 * 1024


@pytest.mark.parametrize("kind", [X11vnc, TigerVnc, TightVnc])
def test_text_goes_both_ways(house, technician, customer, programs, kind):
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    customer.open(created.link)
    computer = kind(programs)
    computer.open_terminal()
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")

    viewer.button("Clipboard").click()
    viewer.page.get_by_label("To the computer").fill(OURS)
    viewer.page.get_by_role("button", name="Put on its clipboard").click()
    expect(viewer.page.locator("#paste-done")).to_contain_text("Sent.")
    viewer.click(IN_TERMINAL)
    # The terminal fetches the text by itself: so the file is watched, and no key may overtake what is pasted.
    viewer.type("stty -icanon; cat > pasted\n")
    wait_until(lambda: computer.file("pasted") == "", what="the program listens")
    viewer.page.keyboard.press("Shift+Insert")
    wait_until(lambda: computer.file("pasted") == OURS, what="the text was pasted")
    viewer.page.keyboard.press("Control+c")

    viewer.button("Clipboard").click()
    expect(viewer.page.locator("#drawer")).to_be_hidden()
    viewer.click(IN_TERMINAL)
    copy_there(viewer, THEIRS)
    expect(viewer.page.locator("#clipboard-news")).to_be_visible()
    viewer.button("Clipboard").click()
    expect(viewer.page.get_by_label("From the computer")).to_have_value(THEIRS)
    expect(viewer.page.locator("#clipboard-news")).to_be_hidden()


@pytest.mark.parametrize("kind", [X11vnc, TigerVnc])
def test_shared_clipboards_follow_each_other(house, technician, customer, programs, kind):
    technician.context.grant_permissions(ALLOWED, origin=house.url)
    board = technician.sign_in()
    customer.open(board.create("Mrs Gray").link)
    computer = kind(programs)
    computer.open_terminal()
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    page = viewer.page

    viewer.button("Clipboard").click()
    write_here(viewer, "An older text")
    page.get_by_label("Share clipboards").check()
    expect(page.locator("#share-note")).to_have_text("Your clipboard is on the computer.")
    write_here(viewer, OURS)
    viewer.click(IN_TERMINAL)
    paste_into_file(viewer, computer, OURS)

    copy_there(viewer, THEIRS)
    wait_until(lambda: read_here(viewer) == THEIRS, what="what was copied there is here")
    expect(page.locator("#clipboard-news")).to_be_hidden()
    expect(page.locator("#share-note")).to_have_text("The computer's clipboard is here.")

    # The choice is the browser's, and outlives the page.
    page.reload()
    viewer.wait_for("connected")
    viewer.button("Clipboard").click()
    expect(page.get_by_label("Share clipboards")).to_be_checked()
    page.get_by_label("Share clipboards").uncheck()
    write_here(viewer, "Not for the computer")
    viewer.click(IN_TERMINAL)
    paste_into_file(viewer, computer, THEIRS)


def test_nothing_is_shared_that_the_browser_does_not_allow(house, technician, programs):
    viewer = connected(house, technician, X11vnc(programs))
    page = viewer.page
    viewer.button("Clipboard").click()
    page.get_by_label("Share clipboards").check()
    expect(page.locator("#share-note")).to_contain_text("does not let this page read your clipboard")
    page.get_by_label("To the computer").fill("Łódź")
    expect(page.locator("#outgoing-note")).to_contain_text("may arrive as ?: Ł ź")
    page.get_by_role("button", name="Put on its clipboard").click()
    expect(page.locator("#paste-done")).to_contain_text("Sent.")
    page.get_by_label("To the computer").fill("x" * (MIB // 2))
    page.get_by_role("button", name="Put on its clipboard").click()
    expect(page.locator("#paste-done")).to_contain_text("Not sent: the text has 512 KB")


def test_hostile_text_from_the_computer_is_only_text(house, technician):
    technician.context.grant_permissions(ALLOWED, origin=house.url)
    # noVNC's word about a clipboard that is not UTF-8 would be an error here, were it not taken.
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    with FakeVncServer(("127.0.0.1", house.port), code=created.code) as server:
        server.greet()
        board.wait_for_call("Mrs Gray")
        viewer = board.connect("Mrs Gray")
        viewer.wait_for("connected")
        page = viewer.page
        viewer.button("Clipboard").click()
        page.get_by_label("Share clipboards").check()
        expect(page.locator("#share-note")).not_to_contain_text("asks")

        server.send(cut_text(b"<b onclick=alert(1)>\x1b[201~\x00rm -r\r\n\x9b"))
        wait_until(lambda: read_here(viewer) == "<b onclick=alert(1)>[201~rm -r\n")
        expect(page.get_by_label("From the computer")).to_have_value("<b onclick=alert(1)>[201~rm -r\n")

        server.send(broken_utf8() + cut_text(b"after it"))
        expect(page.get_by_label("From the computer")).to_have_value("after it")

        server.send(cut_text(b"y" * MIB))
        expect(page.locator("#share-note")).to_contain_text("too long to come here whole")
        expect(page.locator("#received-note")).to_contain_text("this is its beginning")
        assert read_here(viewer) == "after it"

        # And the page is as quick as before.
        for number in range(500):
            server.send(cut_text(b"flood %d" % number))
        wait_until(lambda: read_here(viewer) == "flood 499")
        viewer.button("View only").click()
        assert viewer.state == "connected"


def connected(house, technician, computer: Computer) -> Viewer:
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    if isinstance(computer, X11vnc):
        computer.code = created.code
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    return viewer


def copy_there(viewer: Viewer, text: str) -> None:
    """Let the terminal take the selection and the cut buffer, as when somebody marks text in it (xterm: OSC 52)."""
    viewer.type(f"printf '\\033]52;pc0;{b64encode(text.encode()).decode()}\\007'\n")


def paste_into_file(viewer: Viewer, computer: Computer, wanted: str) -> None:
    """Paste in the terminal, whose program writes it into a file, until that holds `wanted`."""
    viewer.type("rm -f pasted ready; stty -icanon; cat > pasted\n")
    wait_until(lambda: computer.file("pasted") == "", what="the program listens")
    viewer.page.keyboard.press("Shift+Insert")
    wait_until(lambda: computer.file("pasted") == wanted, what="the text was pasted")
    wait_until(lambda: is_left(viewer, computer), 30, what="the shell takes commands again")


def is_left(viewer: Viewer, computer: Computer) -> bool:
    """End the program in the terminal. What is typed while the shell comes back may be lost, so one asks again."""
    viewer.page.keyboard.press("Control+c")
    viewer.type("stty sane; : > ready\n")
    with suppress(AssertionError):
        wait_until(lambda: computer.file("ready") is not None, 2)
        return True
    return False


def write_here(viewer: Viewer, text: str) -> None:
    viewer.page.evaluate("text => navigator.clipboard.writeText(text)", text)


def read_here(viewer: Viewer) -> str:
    text = viewer.page.evaluate("() => navigator.clipboard.readText()")
    assert isinstance(text, str)
    return text


def cut_text(text: bytes) -> bytes:
    """ServerCutText (RFC 6143 §7.6.4)."""
    return b"\x03\0\0\0" + struct.pack(">I", len(text)) + text


def broken_utf8() -> bytes:
    """The extended clipboard's *provide* with a text that is no UTF-8."""
    packed = zlib.compress(struct.pack(">I", 3) + b"\xff\xfe\0")
    return b"\x03\0\0\0" + struct.pack(">iI", -4 - len(packed), 1 << 28 | 1) + packed
