from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, insert

from sessions.models import Session
from sessions.search import PER_PAGE, STATES, SearchRegister, Wanted

from .conftest import Desk, HandClock


@pytest.fixture
def search(engine: Engine, clock: HandClock) -> SearchRegister:
    return SearchRegister(engine, clock)


def names(search: SearchRegister, text: str = "", **other: object) -> set[str]:
    return {one.customer for one in search.find(Wanted(text, **other)).sessions}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {"Mrs Gray", "Bäckerei Huber"}),
        ("gray", {"Mrs Gray"}),
        ("T-20", {"Mrs Gray"}),
        ("printer", {"Mrs Gray"}),
        ("ANNA", {"Mrs Gray", "Bäckerei Huber"}),
        ("front-desk", {"Bäckerei Huber"}),
        ("198.51.100.7", {"Bäckerei Huber"}),
        ("BÄCKEREI", {"Bäckerei Huber"}),
        ("huber front", {"Bäckerei Huber"}),
        ("huber printer", set()),
        ("nobody", set()),
    ],
)
def test_every_word_is_looked_for_in_all_that_people_remember(
    desk: Desk, search: SearchRegister, text: str, found: set[str]
) -> None:
    desk.session(customer="Mrs Gray", note="The printer", reference="T-2041")
    desk.arrive(code=desk.session(customer="Bäckerei Huber").code)
    assert names(search, text) == found


@pytest.mark.parametrize("text", ["%", "_", "\\", "100%", "a_b", "c\\d", "' OR 1=1 --", "\u202e", "é" * 500])
def test_wildcards_are_letters_like_others(desk: Desk, search: SearchRegister, text: str) -> None:
    desk.session(customer="plain")
    assert names(search, text) == set()
    desk.session(customer=f"x{text[:120]}x")
    assert names(search, text[:120]) == {f"x{text[:120]}x"}


def test_states_are_as_the_board_says_them(desk: Desk, search: SearchRegister, clock: HandClock) -> None:
    desk.session(customer="short", minutes=5)
    closed, living = desk.session(customer="closed"), desk.session(customer="living")
    desk.sessions.end(closed.session.id, desk.anna)
    clock.forward(minutes=6)
    told = {state: names(search, state=state) for state in STATES}
    assert told == {state: set[str]() for state in STATES} | {
        "living": {"living"},
        "ended": {"short", "closed"},
        "created": {"living"},
        "closed": {"closed"},
        "expired": {"short"},
    }
    clock.forward(minutes=200)
    assert names(search, state="expired") == {"short", "living"}
    assert living.session.state == "created"


def test_a_time_has_its_beginning_and_not_its_end(desk: Desk, search: SearchRegister, clock: HandClock) -> None:
    start = clock()
    for name in ("first", "second", "third"):
        desk.session(customer=name)
        clock.forward(hours=1)
    hour = timedelta(hours=1)
    assert names(search, since=start + hour) == {"second", "third"}
    assert names(search, before=start + hour) == {"first"}
    assert names(search, since=start + hour, before=start + 2 * hour) == {"second"}


def fill(engine: Engine, desk: Desk, count: int, start: datetime) -> None:
    """Sessions of many days, four of each minute, every hundredth of them for Huber."""
    with engine.begin() as connection:
        connection.execute(
            insert(Session),
            [
                {
                    "id": f"{number:012}",
                    "state": "closed",
                    "customer": f"Huber {number}" if number % 100 == 0 else f"Customer {number}",
                    "note": "x" * 200,
                    "reference": f"T-{number}",
                    "created_by_id": desk.anna.id,
                    "created_at": start + timedelta(minutes=number // 4),
                    "expires_at": start + timedelta(minutes=number // 4 + 120),
                }
                for number in range(count)
            ],
        )


def test_twenty_thousand_sessions_are_turned_over_without_losing_or_repeating_one(
    engine: Engine, desk: Desk, search: SearchRegister
) -> None:
    fill(engine, desk, 20_000, desk.clock())
    pages = [search.find(Wanted("huber"), page) for page in (1, 2, 3, 4)]
    seen = [one.id for page in pages for one in page.sessions]
    assert seen == [f"{number:012}" for number in range(19_900, -1, -100)]
    assert {(page.total, page.pages) for page in pages} == {(200, 4)}
    last = search.find(Wanted(), 400)
    assert (last.total, last.pages, len(last.sessions)) == (20_000, 400, PER_PAGE)
    assert [one.id for one in last.sessions] == [f"{number:012}" for number in range(49, -1, -1)]


@pytest.mark.parametrize(("asked", "shown"), [(-3, 1), (0, 1), (2, 2), (10**12, 2)])
def test_a_page_that_is_not_there_is_the_nearest_one(
    engine: Engine, desk: Desk, search: SearchRegister, asked: int, shown: int
) -> None:
    fill(engine, desk, PER_PAGE + 1, desk.clock())
    assert search.find(Wanted(), asked).page == shown


def test_nothing_is_one_empty_page(search: SearchRegister) -> None:
    found = search.find(Wanted("anything"))
    assert (found.sessions, found.total, found.page, found.pages) == ([], 0, 1, 1)
