"""Fixtures: `engine` (a fresh database of this version), `clock` (moved by hand), `desk` (all registers over both)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session as Transaction

from sessions.api_tokens import ApiTokenRegister
from sessions.call_values import Arrival, Placement
from sessions.calls import CallRegister
from sessions.listeners import ListenerRegister
from sessions.matching import Claims, MatchedBy, Said
from sessions.models import AuditEvent
from sessions.register import SessionRegister
from sessions.seats import SeatRegister
from sessions.second_factor import SecondFactorRegister
from sessions.sign_ins import SignInRegister
from sessions.technicians import TechnicianRegister
from sessions.tickets import TicketRegister
from sessions.tries import TryRegister
from sessions.vault import Vault
from sessions.views import NewSession, SeatView, TechnicianView
from tests.databases import BOTH, SQLITE, empty_engine

PORTS = (5501, 5502, 5503)


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def claims(address: str, code: str | None = None, *, how: MatchedBy = MatchedBy.ID, port: int | None = None) -> Claims:
    """What a caller says of itself that says one code, or none."""
    return Claims(address, (Said(how, code),) if code is not None else (), port)


@dataclass
class Desk:
    """All registers over one database, with shortcuts for what most tests need first."""

    sessions: SessionRegister
    calls: CallRegister
    listeners: ListenerRegister
    tickets: TicketRegister
    seats: SeatRegister
    people: TechnicianRegister
    sign_ins: SignInRegister
    second_factor: SecondFactorRegister
    tries: TryRegister
    tokens: ApiTokenRegister
    engine: Engine
    anna: TechnicianView
    clock: HandClock

    def session(self, **given: object) -> NewSession:
        return self.sessions.create(by=self.anna, **given)  # type: ignore[arg-type]

    def waiting(self, address: str = "198.51.100.7") -> NewSession:
        new = self.session()
        self.sessions.open_page(new.link, address)
        return new

    def arrive(self, address: str = "198.51.100.7", code: str | None = None, **more: Any) -> tuple[int, str | None]:
        placement = self.place(address, code, **more)
        return placement.call_id, placement.session_id

    def place(
        self,
        address: str = "198.51.100.7",
        code: str | None = None,
        *,
        how: MatchedBy = MatchedBy.ID,
        port: int | None = None,
        desktop: str = "front-desk",
        encrypted: bool = False,
    ) -> Placement:
        return self.calls.arrived(Arrival(claims(address, code, how=how, port=port), desktop, 1024, 768, encrypted))

    def held(self, port: int = 40001) -> tuple[NewSession, int]:
        new = self.waiting()
        call_id, _ = self.arrive(code=new.code)
        assert self.calls.hold(call_id, port)
        return new, call_id

    def person(self, name: str, role: str = "technician") -> TechnicianView:
        """Somebody without a password: hashing one is slow on purpose."""
        return self.people.add(name, role, openid_email=f"{name}@example.org").technician

    def sit(self, new: NewSession, call_id: int, who: TechnicianView | None = None, mode: str = "control") -> int:
        """The seat that somebody takes, by a ticket as everybody does."""
        self.tickets.spend(self.tickets.issue(new.session.id, who or self.anna, mode).token)
        taken = self.calls.take_seat(call_id)
        assert taken
        return taken.id

    def seat(self, new: NewSession, seat_id: int) -> SeatView:
        (found,) = [seat for seat in self.sessions.get(new.session.id).seats if seat.id == seat_id]
        return found

    def events(self, *kinds: str) -> list[tuple[str, str, dict[str, Any]]]:
        """The audit rows of these kinds: kind, actor, details."""
        chosen = select(AuditEvent).where(AuditEvent.kind.in_(kinds)).order_by(AuditEvent.id)
        with Transaction(self.engine) as transaction:
            return [(row.kind, row.actor, row.details) for row in transaction.scalars(chosen)]

    def state(self, new: NewSession) -> str:
        return self.sessions.get(new.session.id).state


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whoever asks for the engine is tested twice, on SQLite and on PostgreSQL, but for what takes thousands of turns.

    A test of one of them names it: `@pytest.mark.parametrize("engine", [POSTGRESQL], indirect=True)`.
    """
    named = any("engine" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "engine" in metafunc.fixturenames and not named:
        is_long = metafunc.definition.get_closest_marker("long")
        metafunc.parametrize("engine", [SQLITE] if is_long else BOTH, indirect=True)


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with empty_engine(tmp_path, request.param) as engine:
        yield engine


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def desk(engine: Engine, clock: HandClock) -> Desk:
    people = TechnicianRegister(engine, clock)
    anna = people.add("anna", password="correct horse battery").technician
    vault = Vault(b"k" * 32)
    return Desk(
        sessions=SessionRegister(engine, clock, vault=vault, session_ports=PORTS),
        calls=CallRegister(engine, clock, vault=vault),
        listeners=ListenerRegister(engine, clock),
        tickets=TicketRegister(engine, clock),
        seats=SeatRegister(engine, clock),
        people=people,
        sign_ins=SignInRegister(engine, clock),
        second_factor=SecondFactorRegister(engine, clock, vault=vault),
        tries=TryRegister(engine, clock),
        tokens=ApiTokenRegister(engine, clock),
        engine=engine,
        anna=anna,
        clock=clock,
    )
