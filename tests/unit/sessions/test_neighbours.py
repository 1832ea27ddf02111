"""Two customers behind one address, at the same time, in a thousand random orders: never the wrong computer.

Each customer opens the page and dials with a computer of their own; some say a code, some nothing at all. They lose
their connection, dial again, dial twice; technicians claim and end; a script that has not heard of the end dials once
more. Whatever happens in between, a call that the register gives to a session by itself is the call of that session's
customer. (Not among the orders: somebody who dials by hand long after the end. docs/security.md tells of them.)
"""

from __future__ import annotations

import random
from datetime import datetime

import pytest

from sessions.errors import LinkEnded, RegisterError
from sessions.matching import LINGER

HOME = "198.51.100.7"
ORDERS = 1000
STEPS = 12


class Neighbour:
    """A customer: their session, their computer's name, whether it can say a code, their open call."""

    def __init__(self, desk, name: str, *, can_say: bool) -> None:
        self.desk = desk
        self.new = desk.session()
        self.name = name
        self.can_say = can_say
        self.opened_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.calls: list[int] = []

    def open(self) -> None:
        try:
            self.desk.sessions.open_page(self.new.link, HOME)
        except LinkEnded:
            return
        self.opened_at = self.opened_at or self.desk.clock.now

    def dials_still(self, neighbour: Neighbour) -> bool:
        if self.ended_at is None or self.opened_at is None:
            return self.opened_at is not None
        is_news = neighbour.opened_at is not None and neighbour.opened_at >= self.ended_at
        return self.desk.clock.now - self.ended_at < LINGER and not is_news

    def dial(self) -> None:
        placement = self.desk.place(HOME, self.new.code if self.can_say else None, desktop=self.name)
        assert placement.session_id in {None, self.new.session.id}, "given to the neighbour"
        self.calls.append(placement.call_id)
        if placement.session_id:
            assert self.desk.calls.hold(placement.call_id, 40001)
        elif placement.rival is not None:
            assert placement.rival in self.calls, "takes the place of the neighbour's call"
            if random_of(self).random() < 0.5:
                self.desk.calls.lost(placement.rival, "Replaced.")
                assert self.desk.calls.succeed(placement.call_id, placement.rival) in {None, self.new.session.id}

    def lose(self) -> None:
        for call_id in self.calls:
            self.desk.calls.lost(call_id, "hung up")

    def claim(self) -> None:
        for call in self.desk.calls.parked():
            if call.id in self.calls:
                try:
                    self.desk.calls.claim(call.id, self.new.session.id, self.desk.anna)
                    self.desk.calls.hold(call.id, 40001)
                except RegisterError:
                    pass

    def end(self) -> None:
        self.ended_at = self.ended_at or self.desk.clock.now
        self.desk.sessions.end(self.new.session.id, self.desk.anna)
        self.lose()


def random_of(neighbour: Neighbour) -> random.Random:
    return random.Random(len(neighbour.calls))


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_never_the_wrong_one(desk, part):
    draw = random.Random(part)
    told = {"matched": 0, "parked": 0}
    for _ in range(ORDERS // 4):
        says = draw.choice([(False, False), (True, False), (True, True)])
        both = [Neighbour(desk, name, can_say=can) for name, can in zip(("north", "south"), says, strict=True)]
        one_order(desk, both, draw)
        for neighbour in both:
            view = desk.sessions.get(neighbour.new.session.id)
            if view.call:
                assert view.call.id in neighbour.calls
                told["matched"] += 1
            told["parked"] += len(neighbour.calls) - bool(view.call)
            neighbour.end()
        desk.clock.forward(minutes=1)
    # The orders were worth something: calls were given away, and others were held back.
    assert told["matched"] > ORDERS // 20
    assert told["parked"] > ORDERS // 20


def one_order(desk, both, draw: random.Random) -> None:
    deeds = ["open", "dial", "dial", "lose", "claim", "end"]
    weights = [3, 4, 4, 1, 1, 0.3]
    for _ in range(STEPS):
        one, other = draw.sample(both, 2)
        deed = draw.choices(deeds, weights)[0]
        if deed != "dial" or one.dials_still(other):
            getattr(one, deed)()
        desk.clock.forward(seconds=draw.choice([0, 0, 1, 20, 40]))
