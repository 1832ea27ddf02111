"""A customer connects: the sound and the notification, in a real browser that lets them through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.processes import wait_until

from .conftest import IN_A_BROWSER, Served, sign_in

pytestmark = IN_A_BROWSER

# A hidden tab looks every five seconds.
SECONDS = 12.0

# Notes what is shown and struck; the browser's own classes still do it.
WATCHED = """
window.notified = [];
window.struck = 0;
window.Notification = new Proxy(window.Notification, {
  construct(real, [title, options]) {
    window.notified.push([title, options.body]);
    return Reflect.construct(real, [title, options]);
  },
});
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...given) {
  window.struck += 1;
  return start.apply(this, given);
};
"""
HEARD = "[window.notified, window.struck > 0]"


@pytest.fixture
def window(served: Served, browser: Browser) -> Iterator[BrowserContext]:
    """A browser that allows notifications, with anna signed in."""
    context = browser.new_context(permissions=["notifications"])
    context.add_init_script(WATCHED)
    yield context
    context.close()


def answered(window: BrowserContext, served: Served, answer: str = "Yes") -> Page:
    page = sign_in(window.new_page(), served)
    page.locator("#asking").get_by_role("button", name=answer).click()
    expect(page.locator("#asking")).to_be_hidden()
    return page


def told(pages: list[Page]) -> int:
    return sum(len(page.evaluate("window.notified")) for page in pages)


def until_notified(page: Page) -> None:
    wait_until(lambda: told([page]), SECONDS, "a notification")


def kept(served: Served) -> dict[str, str]:
    return dict(served.portal.person("anna").preferences)


def test_a_customer_who_connects_rings_once_and_not_again(served: Served, window: BrowserContext) -> None:
    served.portal.held(customer="There before")
    page = answered(window, served)
    new = served.portal.session(customer="Bäckerei \u202eHuber")
    expect(page.locator("tr.row")).to_have_count(2)
    assert page.evaluate(HEARD) == [[], False]
    served.portal.own.calls.hold(served.portal.arrive(code=new.code), 40002)
    until_notified(page)
    assert page.evaluate(HEARD) == [[["Bäckerei  Huber connected", "FRONT-DESK"]], True]
    served.portal.own.sessions.edit(new.session.id, served.portal.person("anna"), note="changed")
    expect(page.locator("tr.row").first).to_contain_text("changed")
    assert len(page.evaluate("window.notified")) == 1
    page.reload()
    expect(page.locator("#live-state")).to_have_text("Live")
    assert page.evaluate(HEARD) == [[], False]


def test_a_parked_call_rings_and_its_claim_does_not(served: Served, window: BrowserContext) -> None:
    page = answered(window, served)
    new = served.portal.session(customer="Huber")
    number = served.portal.arrive("203.0.113.9", desktop="BUERO-3")
    until_notified(page)
    assert page.evaluate("window.notified") == [["A computer calls: BUERO-3", "It waits for you to say whose it is."]]
    served.portal.own.calls.claim(number, new.session.id, served.portal.person("anna"))
    served.portal.own.calls.hold(number, 40001)
    expect(page.locator(".row--connected")).to_be_visible()
    assert len(page.evaluate("window.notified")) == 1


def test_of_several_tabs_one_rings(served: Served, window: BrowserContext) -> None:
    pages = [answered(window, served), *(window.new_page() for _ in range(2))]
    for page in pages[1:]:
        page.goto(f"{served.url}/console")
        expect(page.locator("#live-state")).to_have_text("Live")
    served.portal.arrive("203.0.113.9")
    for page in pages:
        expect(page.locator("[data-key^=parked-]")).to_be_visible()
    wait_until(lambda: told(pages), SECONDS, "a notification")
    # Nothing is left to wait for: whoever saw the call asks the same lock, one after another.
    for page in pages:
        page.evaluate("() => new Promise((done) => setTimeout(done, 1000))")
    assert told(pages) == 1


def test_no_is_an_answer_too_and_is_changed_in_the_menu(served: Served, window: BrowserContext) -> None:
    page = answered(window, served, "No")
    wait_until(lambda: kept(served) == {"sound": "off", "notify": "off"}, SECONDS)
    page.reload()
    page.locator("#ringing summary").click()
    page.get_by_role("button", name="Notify on the desktop").click()
    wait_until(lambda: kept(served) == {"sound": "off", "notify": "on"}, SECONDS)
    served.portal.arrive("203.0.113.9")
    until_notified(page)
    assert not page.evaluate("window.struck")
    expect(page.locator("#asking")).to_be_hidden()


def test_a_hidden_tab_still_notifies(served: Served, window: BrowserContext) -> None:
    page = answered(window, served)
    page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { value: true, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    served.portal.arrive("203.0.113.9")
    until_notified(page)


def test_where_the_browser_forbids_it_the_menu_says_so(served: Served, browser: Browser) -> None:
    page = browser.new_context().new_page()
    sign_in(page, served)
    page.evaluate("Notification.requestPermission = async () => 'denied'")
    page.locator("#ringing summary").click()
    page.get_by_role("button", name="Notify on the desktop").click()
    expect(page.locator("#ringing-why")).to_contain_text("Your browser blocks notifications")
    assert "notify" not in kept(served)
    page.context.close()
