"""Debian's Chromium, without a window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright, ViewportSize

CHROMIUM = "/usr/bin/chromium"
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WINDOW = ViewportSize(width=1280, height=800)


@contextmanager
def launched(playwright: Playwright, *options: str) -> Iterator[Browser]:
    """A browser for the length of a `with` block, with more of Chromium's options where a test needs them."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS, *options])
    try:
        yield browser
    finally:
        browser.close()
