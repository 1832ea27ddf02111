"""QR codes as part of a page: an SVG without styles, black on white with its quiet zone in every colour scheme."""

from __future__ import annotations

import segno
from markupsafe import Markup

# Four modules of white around it, as ISO/IEC 18004 wants; cameras that meet it on a dark page rely on them.
QUIET = 4


def qr_code(text: str) -> Markup:
    """The picture of `text`, with no size of its own: the page's style sheet gives it one."""
    picture = segno.make(text, error="m", micro=False)
    return Markup(  # noqa: S704  (segno's own drawing: numbers, and nothing of what it says)
        picture.svg_inline(border=QUIET, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass="qr__dark")
    )
