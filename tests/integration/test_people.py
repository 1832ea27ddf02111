"""A person who may work no more: their seats end at once, and the tickets they still had open nothing."""

from __future__ import annotations

import time

import pytest

from sessions.errors import NotSeated, TicketUnknown
from sessions.sign_ins import SignInRegister
from sessions.technicians import TechnicianRegister
from sessions.views import TechnicianView
from tests.fakes.fake_viewer import FakeViewer
from tests.processes import Installation, wait_until

from .conftest import Measured, exchange, held


def url_for(running: Installation, who: TechnicianView, session_id: str) -> str:
    return f"{running.settings.public_websocket}?token={running.tickets.issue(session_id, who).token}"


WAYS = {
    "removed": lambda people, _sign_ins, name: people.remove(name, None),
    "made an auditor": lambda people, _sign_ins, name: people.change_role(name, "auditor", None),
    "signed out everywhere": lambda people, sign_ins, name: sign_ins.end_all(people.person(name).id, None),
}


@pytest.mark.parametrize("how", WAYS)
def test_their_seat_ends_within_a_second(running: Installation, measured: Measured, how: str) -> None:
    people, sign_ins = TechnicianRegister(running.engine), SignInRegister(running.engine)
    ben = people.add(f"ben {how}", password="correct horse battery").technician
    with held(running) as (new, server), FakeViewer(url_for(running, ben, new.session.id)) as viewer:
        viewer.greet()
        wait_until(lambda: running.state(new) == "in_use")
        exchange(server, viewer)
        decided = time.monotonic()
        WAYS[how](people, sign_ins, ben.name)
        viewer.read_to_end(3)
        took = time.monotonic() - decided
        measured(f"a technician is {how} → their seat is closed", took)
        assert took < 1.0
        wait_until(lambda: running.rows("SELECT left_at FROM seats WHERE technician_id = :id", id=ben.id)[0]["left_at"])


def test_a_ticket_of_theirs_opens_nothing(running: Installation) -> None:
    people = TechnicianRegister(running.engine)
    ben = people.add("ben who left", password="correct horse battery").technician
    with held(running) as (new, _server):
        token = running.tickets.issue(new.session.id, ben).token
        people.remove(ben.name, None)
        with pytest.raises(TicketUnknown):
            running.tickets.spend(token)
        with pytest.raises(NotSeated):
            running.tickets.issue(new.session.id, ben)
