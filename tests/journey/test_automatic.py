"""Automatic quality follows the line: down where it is slow, up again where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.fakes.cuttable_line import CuttableLine, cuttable_line
from tests.journey.computers import X11vnc
from tests.journey.house import House, house_in
from tests.processes import free_ports

SLOW = 12_000
# Text that cannot be packed well, again and again.
BUSY = "while :; do head -c 1500 /dev/urandom | base64; sleep 0.2; done"


@pytest.fixture(scope="module")
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("slow")
    with house_in(folder, REACHBACK_PUBLIC_WEBSOCKET=f"ws://127.0.0.1:{port}") as house:
        yield house


@pytest.fixture
def line(house: House, port: int) -> Iterator[CuttableLine]:
    with cuttable_line(port, house.settings.websocket.port) as line:
        yield line


@pytest.mark.timeout(150)
def test_a_slow_line_gets_a_coarser_picture_and_a_fast_one_a_sharper(house, technician, programs, line):
    technician.tolerate(r"status of 409 .*/tickets", r"WebSocket connection to .* failed")
    board = technician.sign_in()
    created = board.create("Mrs Gray")
    computer = X11vnc(programs, code=created.code)
    computer.show("xterm", "-geometry", "80x24+10+10", "-fn", "fixed", "-e", "sh", "-c", BUSY)
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    viewer.button("More").click()
    viewer.button("Quality").click()
    sharpness = viewer.page.locator("#quality-now")
    line.bytes_a_second = SLOW
    expect(sharpness).to_have_text("0", timeout=60_000)
    expect(viewer.page.locator("#automatic-note")).to_contain_text("kB/s")
    line.bytes_a_second = None
    expect(sharpness).not_to_have_text("0", timeout=60_000)
    assert viewer.state == "connected"
