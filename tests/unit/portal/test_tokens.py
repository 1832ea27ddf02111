"""The colours of the technicians' pages reach the contrast that tired eyes need (WCAG 2.2, AA), in both schemes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import portal

TOKENS = (Path(portal.__file__).parent / "static" / "tokens.css").read_text()
COLOUR = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")
TEXT, OUTLINE = 4.5, 3.0
STATES = ("waiting", "connected", "in-use", "needs-you", "bad")
PAIRS = [
    *[(text, ground, TEXT) for text in ("text", "muted", "accent", *STATES) for ground in ("ground", "surface")],
    *[(text, f"{state}-soft", TEXT) for state in STATES for text in ("text", "muted", state)],
    ("text", "accent-soft", TEXT),
    ("accent-text", "accent", TEXT),
    ("accent-text", "accent-strong", TEXT),
    ("bad-text", "bad", TEXT),
    ("edge", "ground", OUTLINE),
    ("edge", "surface", OUTLINE),
]


def scheme(name: str) -> dict[str, str]:
    light, dark = TOKENS.split("@media (prefers-color-scheme: dark)")
    return dict(COLOUR.findall(light)) if name == "light" else dict(COLOUR.findall(dark))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_black_on_white_has_the_greatest_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_both_schemes_name_the_same_colours() -> None:
    assert scheme("light").keys() == scheme("dark").keys()


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_pair_of_text_and_ground_can_be_read(name: str) -> None:
    colours = scheme(name)
    poor = {
        (text, ground): round(contrast(colours[text], colours[ground]), 2)
        for text, ground, least in PAIRS
        if contrast(colours[text], colours[ground]) < least
    }
    assert poor == {}
