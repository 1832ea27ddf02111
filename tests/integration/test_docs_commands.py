"""Commands that people copy from the pages do what the pages say."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journey.house import house_in
from tests.journey.programs import Programs, programs_in
from tests.processes import Installation, wait_until

DOCS = Path(__file__).parents[2] / "docs"
# One that nobody uses: the page's own may be somebody's.
DISPLAY = ":6207"


def blocks(page: str, language: str) -> list[str]:
    """The page's blocks of code in a language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


@pytest.mark.timeout(120)
def test_the_computer_of_the_first_five_minutes_calls(tmp_path: Path, install: Callable[..., Installation]) -> None:
    installation = install()
    installation.start_listener()
    new = installation.session()
    host, port = installation.call_address
    [script] = [block for block in blocks("five-minutes.md", "sh") if "x11vnc" in block]
    installing, *commands = script.splitlines()
    assert installing.startswith("sudo apt-get install ")
    with programs_in(tmp_path) as programs:
        for command in commands:
            own = (
                command.replace(":7 ", f"{DISPLAY} ")
                .replace("CODE", new.code)
                .replace("127.0.0.1:5500", f"{host}:{port}")
            )
            start(programs, own)
        view = wait_until(lambda: installation.is_held(new), 30, "the computer is connected")
    assert view.call
    assert (view.call.desktop, view.call.width, view.call.height) == ("TEST-PC", 1024, 768)


@pytest.mark.timeout(120)
def test_the_first_start_prints_what_the_page_shows(tmp_path: Path) -> None:
    [shown] = blocks("five-minutes.md", "text")
    with house_in(tmp_path) as house:
        printed = house.process.log
    for line in shown.splitlines():
        own = re.escape(line.replace("127.0.0.1:8080", str(house.settings.http))).replace(r"\.\.\.", r"\S+")
        assert re.search(rf"^{own}$", printed, re.MULTILINE), line


def start(programs: Programs, command: str) -> None:
    """Start what the page leaves running; the X server answers before the next."""
    words = shlex.split(command.removesuffix("&"))
    programs.start(words[0], *words)
    if words[0] == "Xvfb":
        wait_until(lambda: Path(f"/tmp/.X11-unix/X{DISPLAY[1:]}").exists(), what="the screen is there")


def test_the_firewalls_rules_are_accepted_by_nftables(tmp_path: Path) -> None:
    [rules] = blocks("firewall.md", "nft")
    file = tmp_path / "nftables.conf"
    # With the line for session ports, too: it is a comment only until somebody wants it.
    file.write_text(rules.replace("# tcp", "tcp"), encoding="utf-8")
    check = ("unshare", "--map-root-user", "--net", "nft", "--check", "--file", str(file))
    checked = subprocess.run(check, capture_output=True, text=True, timeout=20, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
