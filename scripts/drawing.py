"""Drawings of boxes and arrows as SVG, for pages that are read without a network and without scripts."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from math import hypot

INK, PAPER, EDGE, FILL, SOFT = "#1f2a30", "#ffffff", "#5b7a8c", "#e8f0f4", "#f6f8f9"
FONT = "font-family='system-ui, sans-serif'"
LINE_HEIGHT = 17
SVG = "http://www.w3.org/2000/svg"
# An arrow's head, at the end of a line or turned round at its beginning.
MARKER = (
    "<marker id='head' viewBox='0 0 10 10' refX='9' refY='5' markerWidth='9' markerHeight='9'"
    " markerUnits='userSpaceOnUse' orient='auto-start-reverse'>"
    f"<path d='M0,0 10,5 0,10z' fill='{EDGE}'/></marker>"
)

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle with words in it; its place is that of its middle, in pixels."""

    words: str
    x: float
    y: float
    width: float = 150
    height: float = 46
    fill: str = FILL

    def towards(self, point: Point) -> Point:
        """Where a straight line from the middle to `point` leaves the box."""
        across, down = point[0] - self.x, point[1] - self.y
        share = min(self.width / 2 / abs(across) if across else 1e9, self.height / 2 / abs(down) if down else 1e9)
        return self.x + across * share, self.y + down * share


@dataclass
class Drawing:
    """Boxes and arrows on a sheet of paper."""

    width: int
    height: int
    title: str
    _parts: list[str] = field(default_factory=list)
    _words: list[str] = field(default_factory=list)  # over everything else

    def box(self, box: Box) -> None:
        """Draw a box and its words, a line of them for each line."""
        left, top = box.x - box.width / 2, box.y - box.height / 2
        self._parts.append(
            f"<rect x='{left:g}' y='{top:g}' width='{box.width:g}' height='{box.height:g}' rx='6'"
            f" fill='{box.fill}' stroke='{EDGE}'/>"
        )
        self.words(box.x, box.y, box.words)

    def frame(self, left: float, top: float, width: float, height: float, words: str) -> None:
        """Draw a frame around several boxes, with a word in its upper corner."""
        self._parts.append(
            f"<rect x='{left:g}' y='{top:g}' width='{width:g}' height='{height:g}' rx='10'"
            f" fill='{SOFT}' stroke='{EDGE}' stroke-dasharray='5 4'/>"
        )
        self._parts.append(f"<text x='{left + 12:g}' y='{top + 20:g}' fill='{EDGE}'>{escape(words)}</text>")

    def arrow(self, start: Point, end: Point, words: str = "", *, bend: float = 0, both: bool = False) -> None:
        """Draw an arrow; `bend` moves its middle so many pixels to the right of its way, and its words along."""
        middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        length = hypot(end[0] - start[0], end[1] - start[1])
        across = -(end[1] - start[1]) / length, (end[0] - start[0]) / length
        control = middle[0] + 2 * bend * across[0], middle[1] + 2 * bend * across[1]
        ends = "marker-end='url(#head)'" + (" marker-start='url(#head)'" if both else "")
        way = f"M{start[0]:.1f},{start[1]:.1f} Q{control[0]:.1f},{control[1]:.1f} {end[0]:.1f},{end[1]:.1f}"
        self._parts.append(f"<path d='{way}' fill='none' stroke='{EDGE}' stroke-width='1.5' {ends}/>")
        if words:
            self.words(middle[0] + bend * across[0], middle[1] + bend * across[1], words, on_paper=True)

    def between(self, one: Box, other: Box, words: str = "", *, bend: float = 0, both: bool = False) -> None:
        """Draw an arrow from the edge of a box to that of another."""
        self.arrow(one.towards((other.x, other.y)), other.towards((one.x, one.y)), words, bend=bend, both=both)

    def words(self, x: float, y: float, words: str, *, on_paper: bool = False) -> None:
        """Write words around a place; on paper, so that a line behind them does not strike them out."""
        lines = words.split("\n")
        halo = f" stroke='{PAPER}' stroke-width='9' paint-order='stroke' stroke-linejoin='round'" if on_paper else ""
        size = 13 if on_paper else 14
        for number, line in enumerate(lines):
            at = y + 5 + (number - (len(lines) - 1) / 2) * LINE_HEIGHT
            look = f"text-anchor='middle' font-size='{size}' fill='{INK}'{halo}"
            self._words.append(f"<text x='{x:.1f}' y='{at:.1f}' {look}>{escape(line)}</text>")

    def svg(self) -> str:
        """The drawing's file."""
        size = f"width='{self.width}' height='{self.height}'"
        return "\n".join(
            [
                f"<svg xmlns='{SVG}' viewBox='0 0 {self.width} {self.height}' {size} role='img' {FONT} font-size='14'>",
                f"<title>{escape(self.title)}</title>",
                f"<defs>{MARKER}</defs>",
                f"<rect {size} fill='{PAPER}' rx='8'/>",
                *self._parts,
                *self._words,
                "</svg>",
                "",
            ]
        )
