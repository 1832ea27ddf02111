"""The two people, each with a browser: what they click, and what they see."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.journey.house import ADMIN, House
from tests.processes import wait_until

SECONDS = 15.0
# Two shades that a picture compressed with loss may still differ by.
NEARLY = 8

# A viewer asks for a ticket at once when its connection goes, and is told where the call is gone too: Chromium writes
# every such answer into its console. It happens whenever a test's computer hangs up before its browser is closed.
NO_CALL_NOW = r"status of 409 .*/tickets"

RGB = tuple[int, int, int]

expect.set_options(timeout=SECONDS * 1000)


@dataclass(frozen=True)
class Created:
    """What the board showed once about a new session."""

    customer: str
    link: str
    code: str


class Technician:
    """Works in one browser window, signed in by the form."""

    def __init__(self, context: BrowserContext, house: House) -> None:
        self.context = context
        self.house = house
        self.console: list[str] = []
        self.tolerated = [NO_CALL_NOW]
        self.sockets: list[str] = []
        context.set_default_timeout(SECONDS * 1000)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.console.append(f"thrown: {error.error}"))

    def tolerate(self, *patterns: str) -> None:
        """Complaints in the browser's console that belong to the story."""
        self.tolerated += patterns

    def complaints(self) -> list[str]:
        """Errors and warnings in the console that nobody expects."""
        loud = [one for one in self.console if not one.startswith(("log:", "info:", "debug:"))]
        return [one for one in loud if not any(re.search(pattern, one) for pattern in self.tolerated)]

    def tab(self) -> Page:
        page = self.context.new_page()
        page.on("websocket", lambda socket: self.sockets.append(socket.url))
        return page

    def sign_in(self, name: str = ADMIN, password: str = "") -> Board:
        """Sign in by the form; the first technician with the password that was printed, unless told otherwise."""
        page = self.tab()
        page.goto(f"{self.house.url}/sign-in")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(password or self.house.password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
        return Board(page)

    def board(self) -> Board:
        """The board in a tab of its own."""
        page = self.tab()
        page.goto(f"{self.house.url}/console")
        return Board(page)

    def _hear(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


class Board:
    """The technician's board."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def create(self, customer: str, *, note: str = "", vnc_password: str = "") -> Created:
        """Make a session in the panel; answers what is shown of it, once."""
        page = self.page
        panel = page.locator("#new-session")
        panel.locator("summary", has_text="New session").click()
        panel.get_by_label("Customer").first.fill(customer)
        panel.get_by_label("Note").fill(note)
        if vnc_password:
            panel.get_by_text("If the customer’s VNC server asks for a password").click()
            panel.get_by_label("VNC password").fill(vnc_password)
        panel.get_by_role("button", name="Create session").click()
        expect(page.locator("#created")).to_be_visible()
        link = page.locator("#new-link").input_value()
        code = re.sub(r"\D", "", page.locator("#new-code").inner_text())
        page.locator("#created").get_by_role("link", name="Done").click()
        expect(page.locator("#created")).to_have_count(0)
        return Created(customer, link, code)

    def row(self, customer: str) -> Locator:
        return self.page.locator("tr.row", has_text=customer)

    def band(self, words: str) -> Locator:
        """Something that needs a technician."""
        return self.page.locator(".alert", has_text=words)

    def wait_for_call(self, customer: str, *facts: str) -> None:
        """Until the session's row shows a call with these facts."""
        row = self.row(customer)
        expect(row.locator(".state")).to_contain_text("Connected")
        for fact in facts:
            expect(row).to_contain_text(fact)

    def connect(self, customer: str) -> Viewer:
        """Click *Connect*: the same tab becomes the viewer."""
        self.row(customer).get_by_role("link", name="Connect").click()
        return Viewer(self.page)

    def watch(self, customer: str) -> Viewer:
        """Click *Watch*: the same tab becomes a viewer that touches nothing."""
        self.row(customer).get_by_role("link", name="Watch").click()
        return Viewer(self.page)

    def end(self, customer: str) -> None:
        row = self.row(customer)
        row.locator("summary", has_text="End").click()
        row.get_by_role("button", name="End session").click()


# Notes when the page goes from one state to the next, by the clock that the test reads as well.
JOURNAL = """() => {
  const root = document.documentElement;
  window.journal = [];
  new MutationObserver(() => window.journal.push([root.dataset.viewer, Date.now() / 1000]))
    .observe(root, { attributes: true, attributeFilter: ["data-viewer"] });
}"""
# Copied first: a canvas that is read often is moved out of the graphics card, and Chromium warns of it.
PIXEL = """([x, y]) => {
  const copy = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  copy.drawImage(document.querySelector("canvas"), x, y, 1, 1, 0, 0, 1, 1);
  return [...copy.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""


class Viewer:
    """The page with the customer's desktop."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def wait_for(self, *states: str, seconds: float = SECONDS) -> None:
        """Until the page says that it is in one of these states."""
        found = ", ".join(f"html[data-viewer={state}]" for state in states)
        self.page.locator(found).wait_for(state="attached", timeout=seconds * 1000)

    @property
    def state(self) -> str | None:
        return self.page.locator("html").get_attribute("data-viewer")

    @property
    def canvas(self) -> Locator:
        return self.page.frame_locator("#screen").locator("canvas")

    def expect_words(self, words: str | re.Pattern[str]) -> None:
        """Until the page says this about what it is doing."""
        expect(self.page.locator("#state")).to_have_text(words)

    def keep_journal(self) -> None:
        self.page.evaluate(JOURNAL)

    def journal(self) -> list[tuple[str, float]]:
        return [(state, at) for state, at in self.page.evaluate("() => window.journal")]

    def pixel(self, x: int, y: int) -> RGB:
        frame = self.page.frame(url="**/viewer-frame")
        assert frame
        red, green, blue = frame.evaluate(PIXEL, [x, y])
        return red, green, blue

    def wait_for_colour(self, at: tuple[int, int], colour: str) -> None:
        """Until the picture has a colour such as `#336699` at a place of the desktop."""
        wait_until(lambda: nearly(self.pixel(*at), rgb(colour)), SECONDS, f"{colour} at {at}")

    def point(self, x: int, y: int) -> tuple[float, float]:
        """Where on the page a pixel of the desktop is."""
        box = self.canvas.bounding_box()
        width, height = self.canvas.evaluate("canvas => [canvas.width, canvas.height]")
        assert box
        return box["x"] + (x + 0.5) * box["width"] / width, box["y"] + (y + 0.5) * box["height"] / height

    def click(self, at: tuple[int, int]) -> None:
        """Click there on the desktop, which has the keyboard then."""
        self.page.mouse.click(*self.point(*at))
        self.wait_for_keyboard("desktop")

    def wait_for_keyboard(self, owner: str) -> None:
        """Until keys go to the `desktop`, which lives in a frame of its own, or to the `page`."""
        self.page.locator(f"html[data-keyboard={owner}]").wait_for(state="attached")

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def button(self, name: str) -> Locator:
        return self.page.locator("#bar").get_by_role("button", name=name)

    def expect_present(self, words: str, *people: str) -> None:
        """Until the strip under the bar says this, and that exactly these are here."""
        expect(self.page.locator("#present-words")).to_have_text(words)
        if people:
            expect(self.page.locator("#present-people li")).to_have_text(people)

    def settle(self, way: str) -> None:
        """Click one of the ways that the strip offers, such as *Ask for control*."""
        self.page.locator("#present-ways").get_by_role("button", name=way, exact=True).click()


class Customer:
    """Opens the link in a browser of their own, without scripts."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context

    def open(self, link: str) -> Page:
        """Open the link and agree to what it asks; answers the page with the steps."""
        page = self.context.new_page()
        page.goto(link)
        page.get_by_role("button", name="Yes, let").click()
        expect(page.get_by_text("Waiting for your computer.")).to_be_visible()
        return page


def rgb(colour: str) -> RGB:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def nearly(one: RGB, other: RGB) -> bool:
    return all(abs(a - b) <= NEARLY for a, b in zip(one, other, strict=True))


def moment_of(condition: Callable[[], bool], seconds: float = 5.0) -> float:
    """The time at which `condition` comes true, by the clock that browsers read as well."""
    wait_until(condition, seconds)
    return time.time()
