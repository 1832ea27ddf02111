"""The page that plays a recording, as a test uses it."""

from __future__ import annotations

import base64
from io import BytesIO

from PIL import Image, ImageChops
from playwright.sync_api import Frame, Locator, Page

SECONDS = 15.0
# Tells the player where to go as the seek bar does, and how long it took until the picture was there, in milliseconds.
SEEK = """(moment) => new Promise((done, fail) => {
  const root = document.documentElement, bar = document.getElementById("seek");
  const begun = performance.now();
  bar.value = moment;
  const watch = new MutationObserver(() => {
    if (root.dataset.player !== "seeking") { watch.disconnect(); done(performance.now() - begun); }
  });
  bar.dispatchEvent(new Event("input", { bubbles: true }));
  watch.observe(root, { attributes: true, attributeFilter: ["data-player"] });
  setTimeout(() => fail(new Error("no picture came")), 15000);
})"""
# What is in front: the held picture while another is made, else noVNC's own.
PICTURE = """() => {
  const held = document.querySelector(".curtain");
  return (held ?? document.querySelector("#place canvas")).toDataURL("image/png");
}"""


class Player:
    """A recording in a browser's tab."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def frame(self) -> Frame:
        frame = self.page.frame(url="**/viewer-frame")
        assert frame
        return frame

    def wait_for(self, *states: str, seconds: float = SECONDS) -> None:
        """Until the player is in one of these states."""
        found = ", ".join(f"html[data-player={state}]" for state in states)
        self.page.locator(found).wait_for(state="attached", timeout=seconds * 1000)

    def seek(self, moment: float) -> float:
        """Go to a moment; answers how many milliseconds passed until its picture was there."""
        took: float = self.page.evaluate(SEEK, moment)
        return took

    def picture(self) -> Image.Image:
        """What is seen."""
        _, _, data = self.frame.evaluate(PICTURE).partition(",")
        return Image.open(BytesIO(base64.b64decode(data))).convert("RGB")

    def shows(self, expected: Image.Image) -> bool:
        """Whether exactly this is seen."""
        return different(self.picture(), expected) == 0

    def part(self, name: str) -> Locator:
        return self.page.locator(f"#{name}")

    @property
    def position(self) -> int:
        return int(float(self.part("seek").input_value()))


def different(one: Image.Image, other: Image.Image) -> int:
    """How many pixels of two pictures differ; all of them where the sizes do."""
    if one.size != other.size:
        return max(one.width * one.height, other.width * other.height)
    bands = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).split()
    changed = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return one.width * one.height - changed.histogram()[0]
