"""Take the pictures of the documentation anew: `python -m tests.journey.screenshots [FOLDER]`.

Nothing in them is painted: a real installation, real VNC servers, a real browser. Customers' calls arrive at port 5500,
so that the customer's page shows the port that customers dial.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.journey.browsers import WINDOW, launched
from tests.journey.computers import TigerVnc, X11vnc
from tests.journey.house import House, house_in
from tests.journey.old_browsers import IE6
from tests.journey.people import Board, Customer, Technician, Viewer
from tests.journey.programs import Programs, programs_in

FOLDER = Path("docs/pictures")
SETTINGS = {"REACHBACK_LISTEN": "127.0.0.1:5500", "REACHBACK_PUBLIC_HOST": "support.example.org"}
COLOURS = 256
PHONE = 360
NARROW = ViewportSize(width=PHONE, height=740)
SCHEMES: tuple[tuple[Literal["light", "dark"], str], ...] = (("light", ""), ("dark", "-dark"))
ANNA = "Anna"
BERT = "Bert"

GROUND = "#3b6e8f"
LETTER = """\
Gray & Daughters, Bookbinders
-----------------------------

Dear Mr Brown,

thank you for the two boxes of endpaper, which arrived on
Tuesday in perfect order.

The invoice does not print: the printer takes the paper in,
stops, and asks for a driver. I have written down what it
says below, and rung for help.

    PRN-2041  driver not found (page 1 of 3)

Yours sincerely,
E. Gray
"""
PRINTER = """\
Printer: offline

Page 1 of 3   no driver
Page 2 of 3   waiting
Page 3 of 3   waiting
"""
FILES = """\
Volume in drive C is OFFICE

2009-03-02  09:14    <DIR>          Invoices
2009-03-02  09:14    <DIR>          Letters
2009-04-17  16:40           41 472  Price list.xls
2009-05-06  11:02            2 310  To Mr Brown.txt
               2 files       43 782 bytes
"""


class Office(X11vnc):
    """A desk with work on it."""

    width, height = 1024, 768

    def furnish(self, colour: str = GROUND) -> None:
        self.paint(colour)
        self.write("letter", LETTER, "64x18+40+40")
        self.write("files", FILES, "64x8+60+540")
        self.show("xclock", "-geometry", "170x170+810+40", "-update", "1")
        self.show("xeyes", "-geometry", "150x90+820+250")
        self.write("printer", PRINTER, "26x7+690+400")
        for title in ("letter", "files", "xclock", "xeyes", "printer"):
            self.wait_for_window(title)

    def write(self, title: str, text: str, place: str) -> None:
        """A window with a text in it."""
        path = self.programs.folder / f"{title}.txt"
        path.write_text(text)
        look = ("-fa", "DejaVu Sans Mono", "-fs", "11", "-bg", "#fdfcf7", "-fg", "#24323a", "-b", "12", "+sb")
        self.show("xterm", "-T", title, "-geometry", place, *look, "-e", "sh", "-c", f"cat {path.name}; exec sleep 600")


def take(folder: Path) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as room,
        house_in(_made(room, "house"), **SETTINGS) as house,
        programs_in(_made(room, "programs")) as programs,
        sync_playwright() as playwright,
        launched(playwright) as browser,
    ):
        _play(house, programs, browser, folder)


def _play(house: House, programs: Programs, browser: Browser, folder: Path) -> None:
    technician = Technician(browser.new_context(viewport=WINDOW, locale="en-GB"), house)
    customer = Customer(browser.new_context(viewport=WINDOW, java_script_enabled=False, user_agent=IE6["User-Agent"]))
    board = technician.sign_in(ANNA, house.add_technician(ANNA))
    board.page.locator("#asking").get_by_role("button", name="No").click()

    _passing_on(board, folder / "new-session.png")
    gray = board.create("Mrs Gray", note="The invoice does not print")
    page = customer.open(gray.link)
    _save(page, folder / "customer.png")

    computer = Office(programs, "OFFICE-PC", code=gray.code)
    computer.furnish()
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    viewer.wait_for_colour((1000, 750), GROUND)
    viewer.click((512, 200))
    _save(viewer.page, folder / "viewer.png")
    _save_viewer(viewer, folder)
    _asked(viewer, Technician(browser.new_context(viewport=WINDOW), house), folder / "viewer-asked.png")
    _board(_busy(technician, customer, programs, house).page, folder)


def _busy(technician: Technician, customer: Customer, programs: Programs, house: House) -> Board:
    """A board with a bit of everything on it."""
    board = technician.board()
    brown = board.create("Mr Brown", note="New scanner")
    X11vnc(programs, "STOCKROOM", code=brown.code).dial(house.port)
    board.wait_for_call("Mr Brown")
    customer.open(board.create("Dr Patel", note="Practice, back office").link)
    customer.open(board.create("Village school", note="Room 4").link)
    board.create("Mr Okafor", note="Calls back at three")
    TigerVnc(programs, "RECEPTION").dial(house.port)
    expect(board.band("RECEPTION")).to_be_visible()
    expect(board.row("Mrs Gray")).to_contain_text("In use")
    expect(board.row("Dr Patel").locator(".state")).to_have_text("Waiting")
    expect(board.row("Village school").locator(".state")).to_have_text("Waiting")
    expect(board.page.locator(".is-new")).to_have_count(0)
    return board


def _save_viewer(viewer: Viewer, folder: Path) -> None:
    """The viewer with its drawer, light and dark, wide and narrow."""
    page = viewer.page
    expect(page.locator("#line-trip")).not_to_be_empty()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size(NARROW)
        _save(page, folder / f"viewer-narrow-{scheme}.png")
        page.set_viewport_size(WINDOW)
        viewer.button("More").click()
        page.locator("#menu [data-panel=notes]").click()
        _save(page, folder / f"viewer-notes-{scheme}.png")
        page.get_by_role("button", name="Close the drawer").click()
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    viewer.button("More").click()
    _save(page, folder / "viewer-menu.png")
    viewer.button("More").click()


def _asked(viewer: Viewer, other: Technician, path: Path) -> None:
    """Somebody else watches, and asks for control."""
    board = other.sign_in(BERT, other.house.add_technician(BERT))
    watching = board.connect("Mrs Gray")
    watching.wait_for("connected")
    watching.settle("Ask for control")
    viewer.expect_present(f"{BERT} asks for control.")
    _save(viewer.page, path)
    other.context.close()
    viewer.expect_present("")


def _passing_on(board: Board, path: Path) -> None:
    """A session just made, with all there is to pass on; it is over before anybody could use it."""
    panel = board.page.locator("#new-session")
    panel.locator("summary", has_text="New session").click()
    panel.get_by_label("Customer").first.fill("Mme Petit")
    panel.get_by_label("Ticket number").fill("T-2043")
    panel.get_by_role("button", name="Create session").click()
    board.page.get_by_role("radio", name="Français").check()
    _save(board.page, path)
    board.page.get_by_role("link", name="Done").click()
    board.end("Mme Petit")
    expect(board.row("Mme Petit")).to_have_count(0)


def _board(page: Page, folder: Path) -> None:
    """The board in both colour schemes, wide and on a phone."""
    for scheme, ending in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width, narrow in ((WINDOW["width"], ""), (PHONE, "-narrow")):
            page.set_viewport_size({"width": width, "height": WINDOW["height"]})
            _save(page, folder / f"board{ending}{narrow}.png")


def _save(page: Page, path: Path) -> None:
    page.screenshot(path=path, full_page=True)
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(
            COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE
        )
    small.save(path, optimize=True)


def _made(room: str, name: str) -> Path:
    folder = Path(room) / name
    folder.mkdir()
    return folder


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
