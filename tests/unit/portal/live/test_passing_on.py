"""What is passed on to a customer, in a real browser: copied, photographed, printed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import IN_A_BROWSER, Served, sign_in

pytestmark = IN_A_BROWSER


@pytest.fixture(params=["light", "dark"])
def created(request: pytest.FixtureRequest, served: Served, browser: Browser) -> Iterator[Page]:
    """The board with a session just made."""
    permissions = ["clipboard-read", "clipboard-write"]
    context = browser.new_context(color_scheme=request.param, permissions=permissions)
    page = sign_in(context.new_page(), served)
    page.keyboard.press("n")
    page.keyboard.type("Huber")
    page.keyboard.press("Tab")
    page.keyboard.type("T-2041")
    page.keyboard.press("Enter")
    expect(page.locator("#created")).to_be_focused()
    yield page
    context.close()


def link_of(page: Page) -> str:
    return page.locator("#new-link").input_value()


def decoded(picture: Path) -> str:
    """What a real reader makes of a picture."""
    command = ["zbarimg", "--quiet", "--raw", "--set", "disable", "--set", "qrcode.enable", str(picture)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_a_camera_reads_the_link_on_the_screen_and_on_paper(created: Page, tmp_path: Path) -> None:
    link = link_of(created)
    created.screenshot(path=tmp_path / "screen.png")
    assert decoded(tmp_path / "screen.png") == link
    created.emulate_media(media="print")
    created.screenshot(path=tmp_path / "paper.png")
    assert decoded(tmp_path / "paper.png") == link


def test_each_part_is_copied(created: Page) -> None:
    link = link_of(created)
    created.get_by_role("button", name="Copy the link").click()
    expect(created.get_by_role("button", name="Copied the link")).to_be_visible()
    assert clipboard(created) == link
    created.get_by_role("button", name="Copy the code").click()
    expect(created.get_by_role("button", name="Copied the code")).to_be_visible()
    assert re.fullmatch(r"\d{3} \d{3} \d{3}", clipboard(created))
    created.get_by_role("radio", name="Français").check()
    created.get_by_role("button", name="Copy the message").click()
    expect(created.get_by_role("button", name="Copied the message")).to_be_visible()
    assert clipboard(created).startswith("Bonjour.\n")
    assert link in clipboard(created)


def test_the_language_is_remembered_for_the_next_customer(created: Page) -> None:
    created.get_by_role("radio", name="Русский").check()
    expect(created.get_by_label("Message, Русский")).to_be_visible()
    expect(created.get_by_label("Message, English")).to_be_hidden()
    created.get_by_role("link", name="Done").click()
    expect(created.locator("#created")).to_have_count(0)
    expect(created.locator("#live-state")).to_have_text("Live")
    created.keyboard.press("n")
    created.get_by_role("button", name="Create session").click()
    expect(created.get_by_label("Message, Русский")).to_be_visible()


def test_only_the_slip_is_printed(created: Page) -> None:
    link, code = link_of(created), created.locator("#new-code").inner_text()
    created.get_by_role("radio", name="Deutsch").check()
    created.evaluate("window.print = () => { window.printed = true; }")
    created.get_by_role("button", name="Print slip").click()
    assert created.evaluate("window.printed")
    created.emulate_media(media="print")
    text = created.locator("body").inner_text()
    for shown in ("Hilfe an Ihrem Computer", link, code, "Huber", "T-2041", "anna", "Gültig bis"):
        assert shown in text
    for unseen in ("Sessions", "New session", "Shown once", "Help with your computer"):
        assert unseen not in text
    assert created.pdf().count(b"/Type /Page\n") == 1
    white = created.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert white == "rgb(255, 255, 255)"


def test_the_panel_is_filled_and_sent_from_the_keyboard(served: Served, created: Page) -> None:
    (view,) = served.portal.own.sessions.list()
    assert (view.customer, view.reference) == ("Huber", "T-2041")
