"""Draws the small pictures on customers' pages: `scripts/draw_pictures.py`, after which the files are committed.

Each shows what a person will see on their screen, and a ring around what they have to click. They hold no words but the
program's own, so that they serve every language, and are small enough for a page of 20 kB: 16 colours, below 4 kB.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(__file__).parent.parent / "portal" / "static" / "pictures"
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
BOLD = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
WIDTH = 320
FINE = 4  # drawn larger, then made small: smooth edges
COLOURS = 16

DESK, WINDOW, TITLE, START, TRAY = "#5a7fb0", "#ece9d8", "#2a56b8", "#3c9a3c", "#3f8fe0"
LINE, FAINT, BLACK, WHITE = "#808080", "#b8b8b0", "#000000", "#ffffff"
RING = "#d02020"

Box = tuple[int, int, int, int]


class Picture:
    """One picture, in its own pixels; everything is drawn `FINE` times as large."""

    def __init__(self, height: int, ground: str = DESK) -> None:
        self.height = height
        self._image = Image.new("RGB", (WIDTH * FINE, height * FINE), ground)
        self._draw = ImageDraw.Draw(self._image)

    def box(self, where: Box, fill: str, edge: str | None = LINE) -> None:
        """A filled rectangle."""
        self._draw.rectangle(_large(where), fill, edge, FINE)

    def lines(self, left: int, top: int, *lengths: int, colour: str = LINE) -> None:
        """Writing that need not be read."""
        for row, length in enumerate(lengths):
            self.box((left, top + 12 * row, left + length, top + 12 * row + 4), colour, None)

    def words(self, at: tuple[int, int], text: str, size: int, colour: str, font: str = FONT) -> None:
        """What stands on the screen in these words whatever the language."""
        left, top = at
        self._draw.text((left * FINE, top * FINE), text, colour, ImageFont.truetype(font, size * FINE))

    def ring(self, where: Box) -> None:
        """Here is what to click."""
        self._draw.ellipse(_large(where), None, RING, 3 * FINE)

    def window(self, where: Box, inside: str = WINDOW) -> None:
        """A window with its bar and its cross."""
        left, top, right, _ = where
        self.box(where, inside)
        self.box((left, top, right, top + 16), TITLE, None)
        self.box((right - 14, top + 3, right - 4, top + 13), RING, WHITE)

    def save(self, name: str) -> None:
        """Write it, small in both senses."""
        small = self._image.resize((WIDTH, self.height), Image.Resampling.LANCZOS)
        few = small.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE)
        few.save(FOLDER / f"{name}.png", optimize=True, bits=4)


def question() -> Picture:
    """What to do with a file: the first button."""
    picture = Picture(120)
    picture.window((30, 10, 290, 110))
    picture.box((46, 38, 68, 66), WHITE)
    picture.lines(50, 44, 14, 14, colour=FAINT)
    picture.lines(82, 40, 150, 180, 110)
    for left in (60, 136, 212):
        picture.box((left, 82, left + 62, 102), WHITE if left > 60 else FAINT)
        picture.lines(left + 14, 90, 34, colour=BLACK if left == 60 else LINE)
    picture.ring((50, 75, 132, 109))
    return picture


def answer() -> Picture:
    """A black window that asks, and the key that answers."""
    picture = Picture(112)
    picture.window((14, 8, 210, 104), BLACK)
    picture.lines(26, 34, 150, 168, 120, colour=FAINT)
    picture.words((26, 74), "?  _", 16, WHITE, BOLD)
    picture.box((232, 38, 304, 80), WHITE)
    picture.words((243, 50), "Enter ↵", 13, BLACK, BOLD)
    return picture


def tray() -> Picture:
    """The corner with the clock, and TightVNC beside it."""
    picture = Picture(70)
    picture.box((0, 34, 320, 70), TITLE, None)
    picture.box((0, 34, 74, 70), START, None)
    picture.box((176, 34, 320, 70), TRAY, None)
    picture.box((190, 44, 206, 60), WHITE)
    _sign(picture, 220, 43)
    picture.words((258, 45), "10:32", 13, WHITE)
    picture.ring((209, 33, 249, 69))
    return picture


def menu(words: str) -> Picture:
    """TightVNC's own list, and the line to click."""
    picture = Picture(112)
    picture.box((60, 8, 262, 104), WHITE)
    picture.lines(76, 18, 96, 120)
    picture.box((62, 42, 260, 64), TITLE, None)
    picture.words((74, 45), words, 13, WHITE)
    picture.lines(76, 74, 130, 80)
    picture.ring((50, 34, 272, 72))
    return picture


def _sign(picture: Picture, left: int, top: int) -> None:
    """TightVNC's sign is a V on a square."""
    picture.box((left, top, left + 18, top + 17), WHITE)
    picture.words((left + 4, top + 1), "V", 13, RING, BOLD)


def _large(where: Box) -> Box:
    left, top, right, bottom = where
    return left * FINE, top * FINE, right * FINE, bottom * FINE


PICTURES = {
    "question": question,
    "answer": answer,
    "tray": tray,
    "menu": lambda: menu("Attach Listening Viewer…"),
    "menu13": lambda: menu("Add New Client…"),
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        draw().save(name)
