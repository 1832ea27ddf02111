"""A technician's work on the board in a real browser: keys, news that disturb nothing, searching, sending away."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import IN_A_BROWSER, Served, sign_in

pytestmark = IN_A_BROWSER

HOSTILE = "<img src=x onerror=alert(1)> \u202egnol" + "W" * 80
# Where a row is seen, what is marked, and what has the focus.
MARK = """row => {
  const cell = row.querySelector(".mono:not(.row__reference)");
  getSelection().selectAllChildren(cell);
}"""
PLACE = "row => row.getBoundingClientRect().top"
FOCUS = "document.activeElement.closest('[data-key]')?.dataset.key + ' ' + document.activeElement.dataset.focus"


def key_of(page: Page) -> str | None:
    """Which piece has the focus itself."""
    found = page.evaluate("document.activeElement.dataset.key ?? null")
    return str(found) if found else None


def test_news_come_within_two_seconds_and_take_nothing_away(served: Served, board: Page) -> None:
    own = served.portal
    # Rows that slide in would be measured on their way.
    board.emulate_media(reduced_motion="reduce")
    for number in range(20):
        own.session(customer=f"Customer {number}")
    marked, focused = own.held(customer="Marked"), own.session(customer="Focused")
    for number in range(20):
        own.session(customer=f"Later {number}")
    expect(board.locator("tr.row")).to_have_count(42)
    row, other = board.locator("tr.row", has_text="Marked"), board.locator("tr.row", has_text="Focused")
    other.locator("summary").focus()
    row.evaluate(MARK)
    row.evaluate("row => row.scrollIntoView({ block: 'center' })")
    before = board.evaluate(FOCUS), row.evaluate(PLACE), board.evaluate("String(getSelection())")
    assert before[0] == f"session-{focused.session.id} end"
    assert before[2].strip() == "198.51.100.7"
    start = time.monotonic()
    own.own.sessions.edit(marked.session.id, own.person("anna"), note="changed")
    own.own.sessions.open_page(focused.link, "198.51.100.9")
    own.session(customer="Newest")
    expect(board.locator("tr.row")).to_have_count(43)
    assert time.monotonic() - start < 2.0
    expect(row).to_contain_text("changed")
    expect(other).to_contain_text("Waiting")
    assert (board.evaluate(FOCUS), board.evaluate("String(getSelection())")) == (before[0], before[2])
    assert abs(row.evaluate(PLACE) - before[1]) < 2


def test_where_the_row_with_the_focus_leaves_its_neighbour_has_it(served: Served, board: Page) -> None:
    sessions = [served.portal.session(customer=f"Customer {number}") for number in range(3)]
    expect(board.locator("tr.row")).to_have_count(3)
    board.locator("tr.row").nth(1).focus()
    served.portal.own.sessions.end(sessions[1].session.id, served.portal.person("anna"))
    expect(board.locator("tr.row")).to_have_count(2)
    assert key_of(board) == f"session-{sessions[0].session.id}"


def test_a_days_work_with_keys_alone(served: Served, board: Page) -> None:
    own = served.portal
    number = own.arrive("203.0.113.9", desktop="BUERO-3")
    waiting, held = own.session(customer="Waiting"), own.held(customer="Held")
    expect(board.locator("tr.row")).to_have_count(2)
    keys = board.keyboard
    keys.press("j")
    assert key_of(board) == f"parked-{number}"
    keys.press("Enter")
    expect(board.locator("select[name=session]")).to_be_focused()
    keys.type("Waiting")
    keys.press("Tab")
    keys.press("Enter")
    expect(board.locator("[data-key^=parked-]")).to_have_count(0)
    assert own.own.calls.parked() == []
    # The row that came into its place has the focus now.
    keys.press("k")
    assert key_of(board) == f"session-{held.session.id}"
    keys.press("j")
    assert key_of(board) == f"session-{waiting.session.id}"
    before = own.own.sessions.get(waiting.session.id).expires_at
    keys.press("e")
    expect(board.locator("tr.row", has_text="Waiting").locator("[data-until]")).to_have_text("2 h 30 min")
    assert (own.own.sessions.get(waiting.session.id).expires_at - before).total_seconds() == 1800
    assert key_of(board) == f"session-{waiting.session.id}"
    keys.press("x")
    expect(board.get_by_role("button", name="End session")).to_be_focused()
    keys.press("Escape")
    expect(board.get_by_role("button", name="End session")).to_be_hidden()
    assert key_of(board) == f"session-{waiting.session.id}"
    keys.press("x")
    keys.press("Enter")
    expect(board.locator("tr.row")).to_have_count(1)
    assert own.own.sessions.get(waiting.session.id).ended
    # The viewer itself is another story.
    board.route("**/console/sessions/*", lambda route: route.fulfill(body="The viewer"))
    keys.press("j")
    keys.press("Enter")
    expect(board).to_have_url(f"{served.url}/console/sessions/{held.session.id}")


def test_the_list_of_keys_opens_and_closes(board: Page) -> None:
    board.keyboard.press("?")
    expect(board.get_by_role("dialog", name="Keys")).to_be_visible()
    board.keyboard.press("n")
    expect(board.locator("#new-session form")).to_be_hidden()
    board.keyboard.press("Escape")
    expect(board.get_by_role("dialog", name="Keys")).to_be_hidden()
    board.get_by_role("button", name="Keys").click()
    board.get_by_role("button", name="Close").click()
    expect(board.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_the_filter_shows_what_fits_also_when_news_come_and_leads_to_all(served: Served, board: Page) -> None:
    own = served.portal
    own.session(customer="Bäckerei Huber", reference="T-1")
    own.session(customer="Gray", note="HUBER's colleague")
    ended = own.session(customer="Former")
    own.own.sessions.end(ended.session.id, own.person("anna"))
    expect(board.locator("tr.row")).to_have_count(2)
    rows = board.locator("tr.row:visible")
    board.keyboard.press("/")
    board.keyboard.type("BÄCK t-1")
    expect(rows).to_have_count(1)
    own.session(customer="New")
    expect(board.locator("tr.row")).to_have_count(3)
    expect(rows).to_have_count(1)
    board.keyboard.press("Escape")
    expect(rows).to_have_count(3)
    board.keyboard.press("/")
    board.keyboard.type("former & gone")
    expect(rows).to_have_count(0)
    expect(board.locator("#no-match q")).to_have_text("former & gone")
    assert board.locator("#search-all").evaluate("link => link.search") == "?search=former+%26+gone"
    board.locator("#filter input").fill("former")
    board.keyboard.press("Enter")
    expect(board.get_by_role("heading", name="All sessions")).to_be_visible()
    expect(board.locator("tr.row")).to_contain_text("Former")


def test_a_refused_change_is_said_and_the_board_stays(served: Served, board: Page) -> None:
    new = served.portal.session(customer="Huber")
    expect(board.locator("tr.row")).to_have_count(1)
    served.portal.own.sessions.end(new.session.id, served.portal.person("anna"))
    board.locator("tr.row [data-focus=extend]").click()
    expect(board.locator("#problem")).to_contain_text("ended")
    expect(board.locator("tr.row")).to_have_count(0)
    expect(board.locator("#live .empty")).to_be_visible()


def test_without_a_script_rows_extend_and_end_as_well(served: Served, browser: Browser) -> None:
    new = served.portal.session(customer="Huber", minutes=30)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.url}/sign-in")
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="60 minutes more").click()
    expect(page.locator("tr.row")).to_contain_text("1 h 30 min")
    page.locator("tr.row summary").click()
    page.get_by_role("button", name="End session").click()
    expect(page.locator("#live .empty")).to_be_visible()
    assert served.portal.own.sessions.get(new.session.id).ended
    context.close()


@pytest.mark.parametrize("width", [1280, 360])
def test_hostile_names_stay_words_and_break_no_layout(served: Served, board: Page, width: int) -> None:
    own = served.portal
    new = own.session(customer=HOSTILE, note=HOSTILE * 8, reference=HOSTILE[:64])
    assert own.own.calls.hold(own.arrive(code=new.code, desktop=HOSTILE), 40001)
    own.arrive("2001:db8:1234:5678:9abc:def0:1234:5678", desktop=HOSTILE)
    own.session(customer=HOSTILE)
    opened: list[str] = []
    board.on("dialog", lambda dialog: opened.append(dialog.message))
    board.set_viewport_size({"width": width, "height": 800})
    expect(board.locator("tr.row")).to_have_count(2)
    for path in ("", "/console/history", f"/console/sessions/{new.session.id}/notes"):
        if path:
            board.goto(served.url + path)
        wider = board.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (path, wider) == (path, 0)
        assert board.locator("main img").count() == 0
        heights = [box.bounding_box() for box in board.locator("tr.row").all()]
        assert all(box and box["height"] < 300 for box in heights)
    assert opened == []


def test_notes_are_changed_from_the_row(served: Served, board: Page) -> None:
    served.portal.session(customer="Huber")
    board.locator("tr.row").get_by_role("link", name="Add a note").click()
    board.get_by_label("Ticket number").fill("T-77")
    board.get_by_label("Note").fill("till printer")
    board.get_by_role("button", name="Keep").click()
    expect(board.locator("tr.row")).to_contain_text(re.compile("T-77.*till printer", re.DOTALL))


def test_two_people_see_each_others_changes(served: Served, board: Page, browser: Browser) -> None:
    served.portal.session(customer="Huber")
    other = sign_in(browser.new_page(), served)
    expect(other.locator("tr.row")).to_have_count(1)
    board.locator("tr.row [data-focus=extend-60]").click()
    expect(other.locator("[data-until]")).to_have_text("3 h 00 min")
    other.close()
