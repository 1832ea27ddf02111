"""Measure what a server needs, and write it into docs/sizing.md: `python -m tests.journey.sizes`, about three minutes.

Memory and CPU come from the benchmarks' own measures; what a desktop sends, from real VNC servers that a real browser
looks at while they are recorded.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from benchmarks.contestants import Contestant, Source, reachback, source
from benchmarks.following import costs
from benchmarks.measures import hold_calls, take_turn
from benchmarks.processes import cpu_seconds, memory
from benchmarks.report import machine
from benchmarks.tables import table
from tests.journey.browsers import WINDOW, launched
from tests.journey.busy import BusyDesktop
from tests.journey.computers import Computer
from tests.journey.house import House, house_in
from tests.journey.office import Office
from tests.journey.people import Technician
from tests.journey.programs import Programs, programs_in
from tests.processes import wait_until

PAGE = Path(__file__).parents[2] / "docs" / "sizing.md"
PLACE = re.compile(r"(<!-- figures: [^>]* -->\n).*?(<!-- end of figures -->)", re.DOTALL)
HELD, WATCHED, MEGABYTES = 100, 8, 200
SECONDS = 30.0
# A text that comes faster than anybody reads: a program that compiles, a log that is followed.
LINES = 'i=0; while :; do i=$((i+1)); echo "line $i of what this program says while it works"; sleep 0.2; done'


@dataclass(frozen=True)
class Desk:
    """What one desktop did: bytes of its recording, and CPU seconds of the whole installation, each second."""

    name: str
    flow: float
    cpu: float

    def row(self) -> list[str]:
        """Kilobytes a second, megabytes an hour, and how much of one core."""
        return [self.name, f"{self.flow / 1e3:.1f}", f"{self.flow * 3600 / 1e6:.0f}", f"{self.cpu * 100:.1f} %"]


def measure() -> str:
    """All figures, as Markdown."""
    with _room("house") as folder, house_in(folder) as house:
        idle, resting = memory(house.process.family()).pss, _cpu(house)
    with _started() as (contestant, _):
        held = hold_calls(contestant, HELD, watched=False)
    with _started() as (contestant, _):
        watched = hold_calls(contestant, WATCHED, watched=True)
    with _started() as (contestant, peer):
        flow = take_turn(contestant, peer, MEGABYTES).flow
    inflated = costs(2000, deflated=True)
    assert flow.relay is not None
    needs = [
        ["all parts, without a call", f"{idle / 1e6:.0f} MB", f"{resting * 100:.1f} % of a core"],
        ["one more call that is held", f"{(held.all.pss - held.one.pss) / (HELD - 1) / 1e3:.0f} kB", ""],
        ["one more seat", f"{(watched.all.pss - watched.one.pss) / (WATCHED - 1) / 1e6:.0f} MB", ""],
        ["1 MB/s of pictures that are not compressed", "", f"{flow.relay / flow.amount * 1e8:.2f} % of a core"],
        ["1 MB/s of Tight, rectangles of 2 kB", "", f"{inflated.call * 1e-3 * 100:.1f} % of a core"],
    ]
    return "\n\n".join(
        [
            f"{machine()}, {datetime.now(UTC):%-d %B %Y}.",
            table(["what", "memory", "CPU"], needs),
            table(
                ["a desktop, watched and recorded", "kB/s", "MB an hour", "of a core"], [one.row() for one in desks()]
            ),
        ]
    )


def desks() -> Iterator[Desk]:
    """The same seat at three desktops."""
    kinds: dict[str, Callable[[Computer], object]] = {
        "a letter and a clock, nobody works": lambda _: None,
        "a text that runs through a window, five lines a second": _running_text,
        "text, pictures and a clock, all changing at once": BusyDesktop,
    }
    with sync_playwright() as playwright, launched(playwright) as browser:
        for name, furnish in kinds.items():
            with (
                _room("house") as folder,
                _room("programs") as room,
                house_in(folder, REACHBACK_RECORDING="always") as house,
                programs_in(room) as programs,
            ):
                yield Desk(name, *_watched(house, programs, browser, furnish))


def _watched(
    house: House, programs: Programs, browser: Browser, furnish: Callable[[Computer], object]
) -> tuple[float, float]:
    technician = Technician(browser.new_context(viewport=WINDOW), house)
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    computer = Office(programs, "OFFICE-PC", code=created.code, zone="UTC")
    computer.furnish()
    furnish(computer)
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    board.connect("Mrs Gray").wait_for("connected")
    wait_until(lambda: house.session("Mrs Gray")["recording"] == "running", what="it is recorded")
    # The first picture is no part of what a desktop sends all the time.
    time.sleep(3)
    begun, size = time.monotonic(), _recorded(house)
    share = _cpu(house)
    figures = (_recorded(house) - size) / (time.monotonic() - begun), share
    technician.context.close()
    return figures


def _cpu(house: House) -> float:
    """CPU seconds of the whole installation in each second, over the next while."""
    begun, before = time.monotonic(), cpu_seconds(house.process.family())
    time.sleep(SECONDS)
    return (cpu_seconds(house.process.family()) - before) / (time.monotonic() - begun)


def _running_text(computer: Computer) -> None:
    computer.show("xterm", "-T", "running", "-geometry", "80x24+200+300", "-e", "sh", "-c", LINES)
    computer.wait_for_window("running")


def _recorded(house: House) -> int:
    return sum(file.stat().st_size for file in house.settings.recordings.folder.iterdir())


@contextmanager
def _started() -> Iterator[tuple[Contestant, Source]]:
    with _room("benchmark") as folder, source(folder) as peer, reachback(peer, folder) as contestant:
        yield contestant, peer


@contextmanager
def _room(name: str) -> Iterator[Path]:
    with TemporaryDirectory(prefix=f"reachback-{name}-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    figures = measure()
    print(figures)  # noqa: T201  (for the person at the terminal)
    page = PAGE.read_text(encoding="utf-8")
    assert PLACE.search(page), f"{PAGE} has no place for figures"
    PAGE.write_text(PLACE.sub(lambda found: f"{found[1]}\n{figures}\n\n{found[2]}", page), encoding="utf-8")
