from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session as Transaction

from sessions.calls import CallRegister
from sessions.deliveries import CLAIM, KEEP_DELIVERED, MOST_TRIES, DeliveryRegister
from sessions.errors import UnknownDelivery
from sessions.models import Delivery
from sessions.outbox import keep_for_webhooks
from sessions.register import SessionRegister

from .conftest import Desk

MIDDLE = bytes([127])


def rows(engine: Engine) -> list[Delivery]:
    with Transaction(engine) as transaction:
        return list(transaction.scalars(select(Delivery).order_by(Delivery.id)))


@pytest.fixture
def telling(desk: Desk) -> Desk:
    """The desk of an installation that tells another program."""
    keep_for_webhooks(desk.engine)
    desk.sessions = SessionRegister(desk.engine, desk.clock)
    desk.calls = CallRegister(desk.engine, desk.clock)
    return desk


@pytest.fixture
def deliveries(telling: Desk) -> DeliveryRegister:
    return DeliveryRegister(telling.engine, telling.clock, lambda _: MIDDLE)


def test_without_a_receiver_nothing_is_written(desk: Desk) -> None:
    new, _ = desk.held()
    desk.sessions.end(new.session.id, desk.anna)
    assert rows(desk.engine) == []


def test_one_session_is_told_from_its_beginning_to_its_end(telling: Desk) -> None:
    new = telling.session(customer="Miller & Sons", reference="T-17", note="no sound")
    telling.sessions.open_page(new.link, "198.51.100.7")
    call, _ = telling.arrive(code=new.code)
    telling.calls.hold(call, 40001)
    telling.clock.forward(minutes=5)
    telling.sessions.edit(new.session.id, telling.anna, note="sound card replaced")
    telling.sessions.end(new.session.id, telling.anna)
    created, connected, ended = (row.body for row in rows(telling.engine))
    assert [one["event"] for one in (created, connected, ended)] == [
        *("session.created", "session.connected", "session.ended"),
    ]
    assert created["session"] == {
        "id": new.session.id,
        "state": "created",
        "customer": "Miller & Sons",
        "reference": "T-17",
        "note": "no sound",
        "technician": "anna",
        "created_at": "2026-03-01T10:00:00Z",
    }
    assert (created["by"], created["expires_at"]) == ("anna", "2026-03-01T12:00:00Z")
    assert connected["call"]["computer"] == "front-desk"
    assert (connected["call"]["matched_by"], connected["session"]["state"]) == ("id", "connected")
    assert ended["session"]["note"] == "sound card replaced"
    assert (ended["session"]["state"], ended["seconds"], ended["ended_at"]) == ("closed", 300, "2026-03-01T10:05:00Z")


def test_a_session_whose_time_was_up_ended_then_and_not_when_somebody_noticed(telling: Desk) -> None:
    telling.session(minutes=10)
    telling.clock.forward(minutes=25)
    assert telling.sessions.expire() == 1
    ended = rows(telling.engine)[-1].body
    assert (ended["session"]["state"], ended["seconds"], ended["by"]) == ("expired", 600, "clock")


def test_no_secret_is_told(telling: Desk) -> None:
    new = telling.waiting()
    told = str([row.body for row in rows(telling.engine)])
    for secret in (new.link, new.code):
        assert secret not in told


def test_what_did_not_happen_is_not_told(telling: Desk) -> None:
    new = telling.session()
    telling.sessions.end(new.session.id, telling.anna)
    telling.sessions.end(new.session.id, telling.anna)
    assert [row.kind for row in rows(telling.engine)] == ["session.created", "session.ended"]


def test_a_claimed_delivery_is_nobody_elses_until_its_claim_is_over(
    telling: Desk, deliveries: DeliveryRegister
) -> None:
    telling.session()
    first = deliveries.claim()
    assert first
    assert deliveries.claim() is None
    telling.clock.forward(seconds=CLAIM.total_seconds() + 1)
    second = deliveries.claim()
    assert second
    assert (second.id, second.tries) == (first.id, 2)


def test_a_late_word_of_an_older_claim_changes_nothing(telling: Desk, deliveries: DeliveryRegister) -> None:
    telling.session()
    first = deliveries.claim()
    telling.clock.forward(seconds=CLAIM.total_seconds() + 1)
    second = deliveries.claim()
    assert first
    assert second
    deliveries.failed(first, "too slow")
    assert rows(telling.engine)[0].error is None
    deliveries.delivered(second)
    assert rows(telling.engine)[0].delivered_at


def test_the_order_of_one_session_is_kept_and_others_do_not_wait_for_it(
    telling: Desk, deliveries: DeliveryRegister
) -> None:
    stuck = telling.session()
    telling.sessions.end(stuck.session.id, telling.anna)
    telling.session()
    first, other = deliveries.claim(), deliveries.claim()
    assert first
    assert other
    assert (first.id, other.id, deliveries.claim()) == (1, 3, None)
    deliveries.failed(first, "down")
    assert deliveries.claim() is None, "the end is not told before the beginning"
    telling.clock.forward(seconds=6)
    again = deliveries.claim()
    assert again
    assert again.id == 1
    deliveries.delivered(again)
    then = deliveries.claim()
    assert then
    assert then.id == 2


def test_pauses_double_up_to_an_hour_and_after_a_day_it_is_given_up(
    telling: Desk, deliveries: DeliveryRegister
) -> None:
    telling.session()
    pauses, began = [], telling.clock.now
    while (parcel := deliveries.claim()) is not None:
        if deliveries.failed(parcel, "down"):
            break
        next_at = rows(telling.engine)[0].next_at
        assert next_at
        pauses.append((next_at - telling.clock.now).total_seconds())
        telling.clock.now = next_at
    assert pauses[:11] == pytest.approx([5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600], rel=0.01)
    assert len(pauses) == MOST_TRIES - 1
    assert timedelta(hours=24) < telling.clock.now - began < timedelta(hours=25)
    (given_up,) = deliveries.look().given_up
    assert (given_up.tries, given_up.error, given_up.next_at) == (MOST_TRIES, "down", None)


@pytest.mark.parametrize(("drawn", "factor"), [(0, 0.8), (255, 1.2)])
def test_pauses_are_spread(telling: Desk, drawn: int, factor: float) -> None:
    deliveries = DeliveryRegister(telling.engine, telling.clock, lambda _: bytes([drawn]))
    telling.session()
    parcel = deliveries.claim()
    assert parcel
    deliveries.failed(parcel, "down")
    next_at = rows(telling.engine)[0].next_at
    assert next_at
    assert (next_at - telling.clock.now).total_seconds() == pytest.approx(5 * factor)


def test_an_admin_has_one_sent_again_for_another_day(telling: Desk, deliveries: DeliveryRegister) -> None:
    telling.session()
    give_up(telling, deliveries)
    deliveries.send_again(1, telling.anna)
    parcel = deliveries.claim()
    assert parcel
    assert parcel.tries == 1
    assert deliveries.failed(parcel, "down") is False
    ((kind, actor, details),) = telling.events("webhook_sent_again")
    assert (kind, actor, details) == ("webhook_sent_again", "anna", {"webhook": "session.created"})


def test_all_that_were_given_up_are_sent_again(telling: Desk, deliveries: DeliveryRegister) -> None:
    for _ in range(3):
        telling.session()
        give_up(telling, deliveries)
    telling.session()
    assert deliveries.send_all_again(telling.anna) == 3
    found = deliveries.look()
    assert (found.given_up_in_all, found.waiting_in_all) == (0, 4)


@pytest.mark.parametrize("number", [1, 2, 2**40])
def test_what_was_delivered_or_never_was_is_not_sent_again(
    telling: Desk, deliveries: DeliveryRegister, number: int
) -> None:
    telling.session()
    parcel = deliveries.claim()
    assert parcel
    deliveries.delivered(parcel)
    with pytest.raises(UnknownDelivery):
        deliveries.send_again(number, telling.anna)


def test_what_was_delivered_is_forgotten_after_a_week(telling: Desk, deliveries: DeliveryRegister) -> None:
    telling.session()
    parcel = deliveries.claim()
    assert parcel
    deliveries.delivered(parcel)
    telling.session()
    telling.clock.forward(seconds=KEEP_DELIVERED.total_seconds())
    assert deliveries.prune() == 0
    telling.clock.forward(seconds=1)
    assert deliveries.prune() == 1
    assert [row.id for row in rows(telling.engine)] == [2], "what waits is kept"


def test_an_error_is_cut(telling: Desk, deliveries: DeliveryRegister) -> None:
    telling.session()
    parcel = deliveries.claim()
    assert parcel
    deliveries.failed(parcel, "x" * 1000)
    assert len(rows(telling.engine)[0].error or "") == 256


def give_up(desk: Desk, deliveries: DeliveryRegister) -> None:
    parcel: Any
    claim: Callable[[], Any] = deliveries.claim
    while (parcel := claim()) is not None:
        if deliveries.failed(parcel, "down"):
            return
        desk.clock.forward(hours=2)
