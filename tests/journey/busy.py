"""A desktop on which something changes all the time, and that can be stopped so that a picture of it holds still."""

from __future__ import annotations

import base64
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil
from PIL import Image, ImageChops

from tests.journey.computers import Computer
from tests.journey.displays import seen_on
from tests.journey.people import Viewer
from tests.processes import Process, wait_until

PICTURE = """() => {
  const canvas = document.querySelector("canvas");
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const pixels = copy.getImageData(0, 0, canvas.width, canvas.height).data;
  let text = "";
  for (let at = 0; at < pixels.length; at += 0x8000) {
    text += String.fromCharCode(...pixels.subarray(at, at + 0x8000));
  }
  return [canvas.width, canvas.height, btoa(text)];
}"""
MESS, PICTURES = (str(Path(__file__).with_name(name)) for name in ("mess.py", "pictures.py"))


class BusyDesktop:
    """Programs that draw on a computer's screen: text in colours, a clock, and a window with pictures of all kinds."""

    def __init__(self, computer: Computer) -> None:
        self._computer = computer
        self._programs: list[Process] = [
            computer.show("xterm", "-geometry", "80x24+10+40", "-fn", "fixed", "-e", sys.executable, MESS),
            computer.programs.start(
                "pictures", sys.executable, PICTURES, computer.display, str(computer.programs.folder)
            ),
            computer.show("xclock", "-update", "1", "-geometry", "160x160+600+20"),
        ]
        computer.wait_for_window("xclock")

    def freeze(self) -> None:
        """Let nothing change any more."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for program in self._programs:
            for process in program.family():
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)


def shown_in(viewer: Viewer) -> Image.Image:
    """What the canvas shows, as a picture."""
    frame = viewer.page.frame(url="**/viewer-frame")
    assert frame
    width, height, pixels = frame.evaluate(PICTURE)
    return Image.frombytes("RGBA", (width, height), base64.b64decode(pixels)).convert("RGB")


def difference(viewer: Viewer, computer: Computer) -> int:
    """How many pixels of the canvas are not the screen's."""
    shown, real = shown_in(viewer), seen_on(computer.display)
    if shown.size != real.size:
        return real.width * real.height
    bands = ImageChops.difference(shown, real).split()
    worst = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return real.width * real.height - worst.histogram()[0]


def wait_until_equal(viewer: Viewer, computer: Computer, seconds: float) -> None:
    """Until the canvas shows exactly what is on the screen."""
    wait_until(lambda: difference(viewer, computer) == 0, seconds, "the canvas equals the screen")
