"""People in a real browser: a second factor, a lock-out, a sign-in that is ended from elsewhere."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journey.browsers import WINDOW
from tests.journey.house import ADMIN, House, house_in

NEW = "a new long password"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=WINDOW)
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def other(browser: Browser) -> Iterator[Page]:
    """Another browser."""
    context = browser.new_context(viewport=WINDOW)
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def sign_in(page: Page, house: House, name: str, password: str) -> None:
    page.goto(f"{house.url}/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def next_code(secret: str, last: str) -> str:
    """What the app shows, once it shows something else than the code that was used already."""
    deadline = time.monotonic() + 40
    while pyotp.TOTP(secret).now() == last:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return pyotp.TOTP(secret).now()


def test_from_the_first_password_to_a_recovery_code(page: Page, other: Page, house: House) -> None:
    sign_in(other, house, ADMIN, house.password)
    other.get_by_role("link", name="People").click()
    other.get_by_text("Add somebody").click()
    other.get_by_label("Name").fill("carla")
    other.get_by_role("button", name="Add", exact=True).click()
    made = other.locator(".made__secret").inner_text()

    sign_in(page, house, "carla", made)
    expect(page.get_by_role("heading", name="Change your password")).to_be_visible()
    page.get_by_label("Present password").fill(made)
    page.locator("[name=new]").fill(NEW)
    page.get_by_label("New password, once more").fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()

    page.goto(f"{house.url}/console/account/second-factor")
    secret = re.sub(r"\s", "", page.locator(".factor__secret").inner_text())
    used = pyotp.TOTP(secret).now()
    page.get_by_label("Code from your app").fill(used)
    page.get_by_role("button", name="Turn on").click()
    codes = page.locator(".recovery li").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="I have kept them").click()

    page.context.clear_cookies()
    sign_in(page, house, "carla", NEW)
    page.get_by_label("Code from your app").fill(used)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("does not fit")
    page.get_by_label("Code from your app").fill(next_code(secret, used))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()

    page.context.clear_cookies()
    sign_in(page, house, "carla", NEW)
    page.get_by_label("Code from your app").fill(codes[0])
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Sessions")).to_be_visible()

    other.get_by_role("link", name="People").click()
    line = other.locator(".people > li", has_text="carla")
    line.get_by_text("Change", exact=False).first.click()
    line.get_by_role("button", name="Sign out everywhere").click()
    # The board asks by itself, and is told.
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_five_wrong_passwords_lock_and_say_until_when(page: Page, tmp_path: Path) -> None:
    # In a house of its own: what is locked is this machine's address, for everybody.
    with house_in(tmp_path) as house:
        for _ in range(5):
            sign_in(page, house, ADMIN, "wrong")
        expect(page.get_by_role("alert")).to_contain_text("Wait 5 minutes")
