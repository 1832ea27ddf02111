"""Take the pictures of the documentation anew: `make pictures`, or `python -m tests.journey.screenshots [FOLDER]`.

Nothing in them is painted: a real installation, real VNC servers, a real browser. The ports are those that people see
who follow the pages (8080, 5500), so nothing else may have them meanwhile. It is one story, told once: Mrs Gray's
invoice does not print.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, expect

from tests.journey.browsers import WINDOW
from tests.journey.computers import TigerVnc, X11vnc
from tests.journey.office import EMPTY, FAULT, GROUND, Office
from tests.journey.old_browsers import IE6
from tests.journey.people import Board, Created, Viewer
from tests.journey.player import Player
from tests.journey.studio import PHONE, Studio, studio

FOLDER = Path("docs/pictures")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
XP = IE6["User-Agent"]
WINDOWS_10 = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
    " Edg/140.0.0.0"
)
ANNA, BERT, CLARA = "Anna", "Bert", "Clara"
GRAY = "Mrs Gray"
LATE = 60_000
CASE = "The invoice does not print"


def take(folder: Path, **ports: str) -> None:
    """Take all pictures, on the ports of the pages unless `ports` sets others."""
    with studio(folder, **ports) as place:
        _, board = place.desk(ANNA)
        _passing_on(place, board)
        gray = board.create(GRAY, note=CASE)
        customer = _before_the_call(place, gray)
        viewer = _first_picture(place, board, gray)
        _panels(place, viewer)
        _recorded(place, viewer, customer)
        _together(place, viewer)
        busy = _busy(place, Board(viewer.page.context.new_page()))
        _board(place, busy)
        _ended(place, viewer, customer)
        _afterwards(place)


def _passing_on(place: Studio, board: Board) -> None:
    """A session just made, with all there is to pass on; it is over before anybody could use it."""
    panel = board.page.locator("#new-session")
    panel.locator("summary", has_text="New session").click()
    panel.get_by_label("Customer").first.fill("Mme Petit")
    panel.get_by_label("Ticket number").fill("T-2043")
    place.camera.take(board.page, "new-session-panel")
    panel.get_by_role("button", name="Create session").click()
    board.page.get_by_role("radio", name="Français").check()
    place.camera.take(board.page, "new-session")
    board.page.get_by_role("link", name="Done").click()
    board.end("Mme Petit")
    expect(board.row("Mme Petit")).to_have_count(0)


def _before_the_call(place: Studio, gray: Created) -> Page:
    """What Mrs Gray sees until her computer calls; answers her page with the steps."""
    page = place.customer(XP)
    page.goto(place.house.url)
    page.get_by_label("Type the number").fill(f"{gray.code[:3]} {gray.code[3:6]} {gray.code[6:]}")
    place.camera.take(page, "customer-number")
    page.get_by_role("button", name="Continue").click()
    place.camera.take(page, "customer-consent")
    page.get_by_role("button", name="Yes, let").click()
    page.get_by_role("link", name="Windows XP and older").click()
    place.camera.take(page, "customer")
    page.get_by_role("link", name="Print these steps").click()
    place.camera.take(page, "customer-print")
    page.get_by_role("link", name="Back").click()
    _elsewhere(place, gray)
    return page


def _elsewhere(place: Studio, gray: Created) -> None:
    """The same pages on other computers and in other languages."""
    for agent, language, size, name in (
        (WINDOWS_10, "en-GB", None, "customer-kit"),
        (XP, "es-ES", PHONE, "customer-narrow-es"),
    ):
        page = place.customer(agent, language, **({"size": size} if size else {}))
        page.goto(f"{gray.link}?step=2")
        place.camera.take(page, name)
        page.context.close()
    for language in ("de", "fr", "pt", "ru"):
        page = place.customer(XP, language)
        page.goto(gray.link)
        place.camera.take(page, f"customer-consent-{language}")
        page.context.close()


def _first_picture(place: Studio, board: Board, gray: Created) -> Viewer:
    """Her computer calls, and Anna connects."""
    computer = Office(place.programs, "OFFICE-PC", code=gray.code, zone=place.zone)
    computer.furnish()
    computer.dial(place.house.port)
    board.wait_for_call(GRAY)
    viewer = board.connect(GRAY)
    viewer.wait_for("connected")
    viewer.wait_for_colour(EMPTY, GROUND)
    viewer.click((512, 200))
    # Measured only while the line is quiet for a moment.
    expect(viewer.page.locator("#line-trip")).not_to_be_empty(timeout=LATE)
    place.camera.take(viewer.page, "viewer")
    return viewer


def _panels(place: Studio, viewer: Viewer) -> None:
    """The menu and each panel beside the picture."""
    page = viewer.page
    viewer.page.mouse.click(*viewer.point(*FAULT), click_count=3)
    viewer.button("More").click()
    place.camera.take(page, "viewer-menu")
    for panel in ("type", "quality", "notes"):
        page.locator(f"#menu [data-panel={panel}]").click()
        if panel == "type":
            page.get_by_label("Type this text").fill("net stop spooler")
        if panel == "notes":
            page.get_by_label("Ticket number").fill("T-2041")
            expect(page.locator("#notes-state")).to_contain_text("Saved")
        place.camera.take(page, f"viewer-{panel}")
        viewer.button("More").click()
    page.locator("#clipboard").click()
    expect(page.get_by_label("From the computer")).to_have_value(re.compile("driver not found"))
    place.camera.take(page, "viewer-clipboard")
    page.get_by_role("button", name="Close the drawer").click()
    _schemes(place, page)


def _schemes(place: Studio, page: Page) -> None:
    """Dark, and on a phone."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size(PHONE)
        place.camera.take(page, f"viewer-narrow-{scheme}")
        page.set_viewport_size(WINDOW)
    place.camera.take(page, "viewer-dark")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")


def _recorded(place: Studio, viewer: Viewer, customer: Page) -> None:
    """Anna records from now on, which the customer's page says."""
    viewer.page.locator("#record").click()
    expect(viewer.page.locator("#recording-sign")).to_have_attribute("data-state", "running")
    place.camera.take(viewer.page, "viewer-recording")
    customer.reload()
    expect(customer.get_by_text(f"{ANNA} can see your screen")).to_be_visible()
    expect(customer.get_by_text("Your screen is being recorded.")).to_be_visible()
    place.camera.take(customer, "customer-connected")


def _together(place: Studio, viewer: Viewer) -> None:
    """Somebody else watches, and asks for control."""
    place.house.told("technician", "add", CLARA, "--role", "auditor")
    other, board = place.desk(BERT)
    watching = board.connect(GRAY)
    watching.wait_for("connected")
    watching.settle("Ask for control")
    # Whoever is alone at a computer looks only now and then whether somebody came.
    expect(viewer.page.locator("#present-words")).to_have_text(f"{BERT} asks for control.", timeout=LATE)
    place.camera.take(viewer.page, "viewer-asked")
    viewer.page.locator("#present-more").click()
    place.camera.take(viewer.page, "viewer-people")
    viewer.page.get_by_role("button", name="Close the drawer").click()
    place.camera.take(watching.page, "viewer-watching")
    other.context.close()
    expect(viewer.page.locator("#present-words")).to_have_text("", timeout=LATE)


def _busy(place: Studio, board: Board) -> Board:
    """A board with a bit of everything on it."""
    board.page.goto(f"{place.house.url}/console")
    brown = board.create("Mr Brown", note="New scanner")
    X11vnc(place.programs, "STOCKROOM", code=brown.code).dial(place.house.port)
    board.wait_for_call("Mr Brown")
    for name, note in (("Dr Patel", "Practice, back office"), ("Village school", "Room 4")):
        page = place.customer(XP)
        page.goto(board.create(name, note=note).link)
        page.get_by_role("button", name="Yes, let").click()
    board.create("Mr Okafor", note="Calls back at three")
    TigerVnc(place.programs, "RECEPTION").dial(place.house.port)
    expect(board.band("RECEPTION")).to_be_visible()
    expect(board.row(GRAY)).to_contain_text("In use")
    for name in ("Dr Patel", "Village school"):
        expect(board.row(name).locator(".state")).to_have_text("Waiting")
    expect(board.page.locator(".is-new")).to_have_count(0)
    return board


def _board(place: Studio, board: Board) -> None:
    """The board in both colour schemes, wide and on a phone, and its keys."""
    page = board.page
    for scheme, ending in zip(SCHEMES, ("", "-dark"), strict=True):
        page.emulate_media(color_scheme=scheme)
        for size, narrow in ((WINDOW, ""), (PHONE, "-narrow")):
            page.set_viewport_size(size)
            place.camera.take(page, f"board{ending}{narrow}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WINDOW)
    page.keyboard.press("?")
    place.camera.take(page, "board-keys")
    page.keyboard.press("Escape")


def _ended(place: Studio, viewer: Viewer, customer: Page) -> None:
    """Anna ends the session."""
    viewer.page.locator("#end").click()
    place.camera.take(viewer.page, "viewer-end")
    viewer.page.locator("#end-really").click()
    viewer.wait_for("ended")
    customer.reload()
    place.camera.take(customer, "customer-ended")


def _afterwards(place: Studio) -> None:
    """What is left of it: the recording, its session's history, the audit; and the people."""
    technician, board = place.desk("Dora", "--role", "admin")
    page, gray = board.page, place.house.api("GET", "/api/sessions?search=Gray&ended=true").body[0]
    recording = place.house.api("GET", f"/api/sessions/{gray['id']}/recordings").body[0]
    for name, path in {
        "recordings": "/console/recordings",
        "history": "/console/history",
        "session": f"/console/sessions/{gray['id']}/history",
        "audit": "/console/audit",
        "people": "/console/people",
    }.items():
        page.goto(place.house.url + path)
        place.camera.take(page, name, whole=name != "audit")
    page.goto(f"{place.house.url}/console/recordings/{recording['id']}")
    player = Player(page)
    player.wait_for("paused")
    player.seek(recording["milliseconds"] // 2)
    place.camera.take(page, "playback")
    technician.context.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
