"""Signing in with an OpenID Connect provider, which is another site to the browser, as it is in a shop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fakes.openid_provider import CLIENT_ID, SECRET, FakeProvider, running
from tests.journey.axe import violations
from tests.processes import Installation, installed

# As long as a shop's name may well be: it must fit a telephone.
NAME = "Single sign-on of Example & Sons"


@dataclass(frozen=True)
class Shop:
    """An installation, and the provider that it names."""

    installation: Installation
    provider: FakeProvider

    @property
    def url(self) -> str:
        return self.installation.settings.public_url


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "secret").write_text(SECRET)
    with running("") as provider:
        environ = {
            "REACHBACK_OPENID_ISSUER": provider.issuer,
            "REACHBACK_OPENID_CLIENT_ID": CLIENT_ID,
            "REACHBACK_OPENID_CLIENT_SECRET_FILE": str(folder / "secret"),
            "REACHBACK_OPENID_NAME": NAME,
        }
        with installed(folder, **environ) as installation:
            provider.back = f"{installation.settings.public_url}/sign-in/openid/back"
            installation.people.add("olaf", openid_email="olaf@example.org")
            installation.start_portal()
            yield Shop(installation, provider)


def go(page: Page, shop: Shop, place: str) -> None:
    page.goto(shop.url + place)
    page.get_by_role("link", name=f"Sign in with {NAME}").click()
    page.get_by_role("button", name="Continue").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_somebody_signs_in_at_the_provider_and_is_where_they_wanted_to_be(
    shop: Shop, browser: Browser, scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    go(page, shop, "/console?show=mine")
    expect(page).to_have_url(f"{shop.url}/console?show=mine")
    expect(page.get_by_text("olaf").first).to_be_attached()
    page.goto(f"{shop.url}/sign-in")
    expect(page).to_have_url(f"{shop.url}/console")
    context.close()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_somebody_whom_nobody_let_in_is_told_what_to_do(shop: Shop, browser: Browser, scheme: str, width: int) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(shop.url + "/sign-in")
    assert violations(page) == []
    honest = shop.provider.person
    shop.provider.person = {"sub": "7", "email": "mallory@example.org", "email_verified": True}
    go(page, shop, "/console")
    shop.provider.person = honest
    expect(page.get_by_role("alert")).to_contain_text(f"{NAME} knows you, but nobody let you in here.")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
