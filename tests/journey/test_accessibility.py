"""axe-core looks at every page, light and dark, wide and narrow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page

from sessions.call_values import Arrival
from sessions.clock import utc_now
from sessions.matching import Claims, MatchedBy, Said
from sessions.views import NewSession
from tests.fakes.recordings import busy
from tests.journey.archive import kept
from tests.journey.axe import violations
from tests.processes import ADMIN, ADMIN_PASSWORD, Installation, installed

WIDTHS = (1280, 360)
PAGES = (
    "/console/account",
    "/console/account/password",
    "/console/account/second-factor",
    "/console/people",
    "/console/webhooks",
    "/console",
    "/console/history",
    "/console/history?search=nobody",
    "/console/sessions/{living}/notes",
    "/console/sessions/{living}",
    "/console/sessions/{ended}",
    "/console/sessions/{ended}/history",
    "/console/sessions/{living}/history",
    "/console/audit",
    "/console/audit?text=nothing",
    "/console/audit?from=yesterday",
    "/console/recordings?state=",
    "/console/recordings?search=nothing",
    "/console/recordings/{playable}",
    "/console/recordings/{deleted}",
)
DESKTOP = "FRONT-DESK <img src=x onerror=alert(1)>"


@dataclass(frozen=True)
class Shop:
    """An installation whose board has something of everything."""

    installation: Installation
    living: NewSession
    held: NewSession
    ended: NewSession
    playable: int
    deleted: int

    @property
    def url(self) -> str:
        return self.installation.settings.public_url


def arrive(installation: Installation, address: str, code: str | None = None) -> int:
    said = (Said(MatchedBy.ID, code),) if code else ()
    return installation.calls.arrived(Arrival(Claims(address, said), DESKTOP, 1024, 768, encrypted=False)).call_id


def hold(installation: Installation, customer: str, port: int) -> tuple[NewSession, int]:
    new = installation.waiting("198.51.100.7", customer=customer, note="The printer", reference="T-2041")
    call = arrive(installation, "198.51.100.7", new.code)
    assert installation.calls.hold(call, port)
    return new, call


def furnish(installation: Installation) -> Shop:
    ended = installation.waiting("198.51.100.9", customer="Mr Brown")
    installation.sessions.end(ended.session.id, installation.admin)
    installation.session(customer="Not opened")
    living = installation.waiting("198.51.100.8", customer="Mrs Gray", note="<b>rings</b>", reference="T-2040")
    held, _ = hold(installation, "Ms Green", 40_001)
    used, call = hold(installation, "Dr White", 40_002)
    installation.tickets.spend(installation.tickets.issue(used.session.id, installation.admin).token)
    assert installation.calls.take_seat(call)
    doubtful = installation.waiting("198.51.100.6", customer="Unsure")
    assert installation.calls.hold(arrive(installation, "203.0.113.77", doubtful.code), 40_003)
    arrive(installation, "203.0.113.9")
    installation.calls.refuse("203.0.113.200", "It spoke HTTP.")
    recordings = [kept(installation, busy(12), state=state) for state in ("done", "deleted")]
    kept(installation, busy(12), torn_by=1000)
    return Shop(installation, living, held, ended, *recordings)


def owe_webhooks(installation: Installation) -> None:
    """One that waits, and one that was given up."""
    now = utc_now()
    waits = ("next_at", now + timedelta(minutes=5), 3, "The receiver answered 503 (Service Unavailable).")
    given_up = ("given_up_at", now - timedelta(hours=2), 34, "The receiver cannot be reached: Connection refused.")
    for column, moment, tries, error in (waits, given_up):
        installation.change(
            f"INSERT INTO deliveries (kind, session_id, body, created_at, {column}, tries, error) "
            "VALUES ('session.created', 'k3v9w2m5q7xa', :body, :created, :moment, :tries, :error)",
            body=json.dumps({"session": {"customer": f"Mrs {'Long' * 30}"}}),
            created=f"{now - timedelta(hours=26):%Y-%m-%d %H:%M:%S.%f}",
            moment=f"{moment:%Y-%m-%d %H:%M:%S.%f}",
            tries=tries,
            error=error,
        )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with installed(tmp_path_factory.mktemp("shop")) as installation:
        shop = furnish(installation)
        owe_webhooks(installation)
        installation.start_portal()
        yield shop


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(color_scheme=request.param, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def sign_in(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/sign-in")
    page.get_by_label("Name").fill(ADMIN)
    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/console")


def looked_at(page: Page, where: str, unless: tuple[str, ...] = ()) -> list[str]:
    """What is wrong with the page as it is now, at every width."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{where} at {width}: {one}" for one in violations(page) if not (unless and one.startswith(unless))]
        sideways = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{where} at {width}: can be moved sideways by {sideways} px"] * (sideways > 0)
    return found


def test_pages_for_everybody(page: Page, shop: Shop) -> None:
    found = []
    # Without a script a page can tell news only by loading itself again; a link on it stops that (WCAG 2.2.1).
    unless = ("meta-refresh",)
    for path in ("/sign-in", "/nowhere", "/", f"/support/{shop.living.link}", f"/support/{shop.ended.link}"):
        page.goto(shop.url + path)
        found += looked_at(page, path.split("/")[1] or "front", unless if path.startswith("/support") else ())
    assert not found, "\n".join(found)


def test_pages_of_technicians(page: Page, shop: Shop) -> None:
    sign_in(page, shop)
    names = {"living": shop.living.session.id, "ended": shop.ended.session.id}
    names |= {"playable": str(shop.playable), "deleted": str(shop.deleted)}
    found = []
    for path in PAGES:
        page.goto(shop.url + path.format(**names))
        found += looked_at(page, path)
    assert not found, "\n".join(found)


def test_a_recording_about_to_be_deleted(page: Page, shop: Shop) -> None:
    sign_in(page, shop)
    found = []
    for path in ("/console/recordings", f"/console/recordings/{shop.playable}"):
        page.goto(shop.url + path)
        page.locator("summary", has_text="Delete…").first.click()
        found += looked_at(page, path)
    assert not found, "\n".join(found)


def test_the_board_with_everything_open(page: Page, shop: Shop) -> None:
    sign_in(page, shop)
    page.locator("#me > summary").click()
    found = looked_at(page, "menu")
    page.locator("#ringing > summary").click()
    found += looked_at(page, "alerts")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    found += looked_at(page, "keys")
    page.goto(f"{shop.url}/console?new=1")
    found += looked_at(page, "panel")
    page.locator("#new-session").get_by_role("button", name="Create session").click()
    page.locator("#created").wait_for()
    found += looked_at(page, "created")
    assert not found, "\n".join(found)
