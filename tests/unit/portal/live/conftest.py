"""The application on a port of its own, and anna in front of it with a real browser."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import BaseWSGIServer, make_server

from portal import create_app
from sessions.clock import utc_now
from tests.unit.portal.conftest import PASSWORD, Portal, settings_for

# Werkzeug's own server, which only tests use, leaves a file open that it was sending when the browser left.
LEFT_OPEN = "ignore:.*unclosed file.*/portal/static/:ResourceWarning"
TOLD_LATER = "ignore:.*/portal/static/:pytest.PytestUnraisableExceptionWarning"
IN_A_BROWSER = [
    pytest.mark.integration,
    pytest.mark.filterwarnings(LEFT_OPEN),
    pytest.mark.filterwarnings(TOLD_LATER),
]


class Served:
    """The application on a port of its own, which can be closed and opened again."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.server = self._open(0)
        self.url = f"http://127.0.0.1:{self.server.port}"

    def _open(self, port: int) -> BaseWSGIServer:
        server = make_server("127.0.0.1", port, self.portal.app, threaded=True)
        self.thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()
        return server

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def open_again(self) -> None:
        self.server = self._open(self.server.port)


@pytest.fixture
def served(tmp_path: Path, database: str) -> Iterator[Served]:
    app = create_app(settings_for(tmp_path, REACHBACK_DATABASE_URL=database))
    served = Served(Portal(app, app.extensions["reachback"], utc_now))  # type: ignore[arg-type]
    yield served
    served.close()
    served.portal.own.engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield chromium
        chromium.close()


def sign_in(page: Page, served: Served) -> Page:
    """Until the board lives."""
    page.goto(f"{served.url}/console")
    page.fill("[name=name]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.click("text=Sign in >> visible=true >> nth=-1")
    expect(page.locator("#live-state")).to_have_text("Live")
    return page


@pytest.fixture
def board(served: Served, browser: Browser) -> Iterator[Page]:
    """The board of anna, who has just signed in. Whatever its scripts complain about fails the test."""
    page = browser.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
    yield sign_in(page, served)
    page.close()
    assert complaints == []
