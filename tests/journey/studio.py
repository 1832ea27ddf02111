"""Where the documentation's pictures are taken: an installation, its people, their computers, and a camera."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from tests.fakes.windows_program import program
from tests.journey.browsers import WINDOW, launched
from tests.journey.house import House, house_in
from tests.journey.people import Board, Technician
from tests.journey.programs import Programs, programs_in

# The ports that readers see when they follow the pages.
SETTINGS = {
    "REACHBACK_HTTP": "127.0.0.1:8080",
    "REACHBACK_LISTEN": "127.0.0.1:5500",
    "REACHBACK_PUBLIC_HOST": "support.example.org",
    "REACHBACK_RECORDING": "on-demand",
}
KIT = {
    "tvnserver.exe": program(),
    "screenhooks32.dll": program(strings={"FileDescription": "screenhooks32", "ProductName": "TightVNC"}),
    "LICENSE.txt": b"GNU General Public License\n",
}
COLOURS = 256
# A customer's page is no wider than this; the rest of a window would be white.
SHEET = ViewportSize(width=760, height=600)
PHONE = ViewportSize(width=360, height=740)
OFFICE_HOUR = 10


@dataclass(frozen=True)
class Camera:
    """Puts pictures of pages into a folder, small ones."""

    folder: Path

    def take(self, page: Page, name: str, *, whole: bool = True) -> None:
        """The whole page, or what is seen of it without scrolling, in 256 colours."""
        path = self.folder / f"{name}.png"
        page.screenshot(path=path, full_page=whole, animations="disabled")
        with Image.open(path) as picture:
            small = picture.convert("RGB").quantize(
                COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE
            )
        small.save(path, optimize=True)


@dataclass(frozen=True)
class Studio:
    """Everything that a picture needs."""

    house: House
    programs: Programs
    browser: Browser
    camera: Camera
    zone: str

    def desk(self, name: str, *role: str) -> tuple[Technician, Board]:
        """Somebody new, signed in at their own computer; the board has been told not to ring."""
        password = self.house.told("technician", "add", name, *role)
        technician = Technician(self._context(WINDOW), self.house)
        board = technician.sign_in(name, password)
        board.page.locator("#asking").get_by_role("button", name="No").click()
        return technician, board

    def customer(self, agent: str, language: str = "en-GB", size: ViewportSize = SHEET) -> Page:
        """A customer's browser, without scripts, as `agent` names itself."""
        return self._context(size, java_script_enabled=False, user_agent=agent, locale=language).new_page()

    def _context(self, size: ViewportSize, **given: object) -> BrowserContext:
        return self.browser.new_context(**{"locale": "en-GB", "viewport": size, "timezone_id": self.zone, **given})


@contextmanager
def studio(folder: Path, **ports: str) -> Iterator[Studio]:
    """A studio for the length of a `with` block; pictures go into `folder`. `ports` are settings for other ports."""
    folder.mkdir(parents=True, exist_ok=True)
    zone = office_hours(datetime.now(UTC))
    with (
        TemporaryDirectory() as room,
        house_in(_made(room, "house"), **(SETTINGS | ports), REACHBACK_TIME_ZONE=zone) as house,
        programs_in(_made(room, "programs")) as programs,
        sync_playwright() as playwright,
        launched(playwright) as browser,
    ):
        _put_kit(house)
        yield Studio(house, programs, browser, Camera(folder), zone)


def office_hours(now: datetime) -> str:
    """The zone in which it is past ten when it is `now` in Greenwich: pictures are taken at any time, and shown by day.

    The signs in such names are turned round: Etc/GMT-2 is two hours east of Greenwich.
    """
    east = (OFFICE_HOUR - now.hour + 11) % 24 - 11
    return f"Etc/GMT{-east:+d}" if east else "Etc/GMT"


def _put_kit(house: House) -> None:
    house.settings.kit_dir.mkdir()
    for name, data in KIT.items():
        (house.settings.kit_dir / name).write_bytes(data)
    house.told("kit", "check")


def _made(room: str, name: str) -> Path:
    folder = Path(room) / name
    folder.mkdir()
    return folder
