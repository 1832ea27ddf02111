"""The board's script in a real browser, against the real application."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Page, expect

from .conftest import IN_A_BROWSER, Served

pytestmark = IN_A_BROWSER


def test_a_call_appears_by_itself_and_is_pointed_at(served: Served, board: Page) -> None:
    expect(board.locator(".band")).to_be_hidden()
    served.portal.arrive("203.0.113.9", desktop="BUERO-3")
    row = board.locator("[data-key^=parked-]")
    expect(row).to_contain_text("BUERO-3")
    expect(row).to_have_class(re.compile("is-new"))
    expect(board).to_have_title(re.compile(r"^\(1\) "))


def test_the_first_session_takes_the_place_of_the_empty_board_and_leaves_it_again(served: Served, board: Page) -> None:
    expect(board.locator(".empty")).to_be_visible()
    new = served.portal.session(customer="Huber")
    expect(board.locator(".row")).to_contain_text("Huber")
    expect(board.locator(".empty")).to_be_hidden()
    served.portal.own.sessions.end(new.session.id, served.portal.person("anna"))
    expect(board.locator(".row")).to_have_count(0)
    expect(board.locator(".empty")).to_be_visible()


def test_a_choice_survives_news(served: Served, board: Page) -> None:
    first = served.portal.session(customer="First")
    served.portal.arrive("203.0.113.9")
    select = board.locator("select[name=session]")
    select.focus()
    select.select_option(first.session.id)
    served.portal.session(customer="Second")
    expect(board.locator(".row")).to_have_count(2)
    expect(select.locator("option")).to_have_count(2)
    board.locator("h1").click()
    board.evaluate("document.activeElement.blur()")
    expect(select.locator("option")).to_have_count(3)
    expect(select).to_have_value(first.session.id)


def test_the_focus_and_an_opened_question_survive_a_row_drawn_anew(served: Served, board: Page) -> None:
    new = served.portal.session(customer="Huber")
    end = board.locator(".ask summary")
    end.click()
    expect(board.get_by_role("button", name="End session")).to_be_visible()
    served.portal.own.sessions.open_page(new.link, "198.51.100.7")
    expect(board.locator(".row--waiting")).to_be_visible()
    expect(board.get_by_role("button", name="End session")).to_be_visible()
    expect(end).to_be_focused()


def test_a_row_that_did_not_change_stays_the_very_same(served: Served, board: Page) -> None:
    served.portal.session(customer="First")
    expect(board.locator(".row")).to_have_count(1)
    row = board.locator(".row").element_handle()
    served.portal.session(customer="Second")
    expect(board.locator(".row")).to_have_count(2)
    expect(board.locator(".row").first).to_contain_text("Second")
    assert board.evaluate("row => row.isConnected", row)


def test_a_portal_that_does_not_answer_is_said_and_found_again(served: Served, board: Page) -> None:
    served.close()
    try:
        expect(board.locator("#live-state")).to_contain_text("No answer since")
        expect(board.locator("#live")).to_have_attribute("data-stale", "")
    finally:
        served.open_again()
    expect(board.locator("#live-state")).to_have_text("Live", timeout=20_000)


def test_whoever_was_signed_out_is_led_to_sign_in_and_back(served: Served, board: Page) -> None:
    board.context.clear_cookies()
    expect(board).to_have_url(f"{served.url}/sign-in?next=/console")


def turn(page: Page, *, hidden: bool) -> None:
    """Tell the page that nobody sees it any more, or that somebody does again."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_a_page_that_nobody_sees_asks_less_often_and_at_once_when_it_is_seen(served: Served, board: Page) -> None:
    asked: list[float] = []
    board.on("request", lambda sent: asked.append(time.monotonic()) if sent.url.endswith("/console/rows") else None)
    turn(board, hidden=True)
    asked.clear()
    # Browsers slow down the timers of a page that is hidden for long, and not those of its worker.
    assert len(board.workers) == 1
    served.portal.arrive("203.0.113.9")
    expect(board).to_have_title(re.compile(r"^\(1\) "), timeout=9_000)
    assert len(asked) == 1
    with board.expect_request("**/console/rows", timeout=1_000):
        turn(board, hidden=False)


def test_the_key_n_opens_the_panel_but_not_while_somebody_types(board: Page) -> None:
    panel = board.locator("#new-session form")
    board.keyboard.press("n")
    expect(panel).to_be_visible()
    board.keyboard.type("nina")
    expect(board.locator("[name=customer]")).to_have_value("nina")
    board.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_loading_the_created_page_again_makes_no_second_session(served: Served, board: Page) -> None:
    board.keyboard.press("n")
    board.fill("[name=customer]", "Huber")
    board.click("text=Create session")
    expect(board.locator("#created .code")).to_have_text(re.compile(r"\d{3} \d{3} \d{3}"))
    board.get_by_role("button", name="Copy").first.click()
    expect(board.locator("[data-copy=new-link]")).to_have_text(re.compile("Copied|Press"))
    board.reload()
    expect(board.locator("#live-state")).to_have_text("Live")
    expect(board.locator("#created")).to_have_count(0)
    assert len(served.portal.own.sessions.list()) == 1


def test_ending_asks_back_and_ends(served: Served, board: Page) -> None:
    new = served.portal.session(customer="Huber")
    board.locator(".ask summary").click()
    assert not served.portal.own.sessions.get(new.session.id).ended
    board.get_by_role("button", name="End session").click()
    expect(board.locator(".empty")).to_be_visible()
    assert served.portal.own.sessions.get(new.session.id).ended
