"""What technicians at one computer settle among themselves: who has control, who asks for it, who is offered it.

The row of a seat is the decision; the listener looks at it and lets input pass, or no longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sessions.control import CONTROL, controller, hand_to, lock_around, present, vacate
from sessions.dismissal import may_sit
from sessions.errors import (
    ControlTaken,
    NotInControl,
    NotOffered,
    NotSeated,
    NotWatching,
    NotYourSeat,
    UnknownSeat,
)
from sessions.models import Call, Seat, Technician
from sessions.transactions import Register, Transaction, record
from sessions.views import TechnicianView

# A number that no database can hold is the number of no seat.
MAX_ID = 2**31
ACCEPTED, AS_ADMIN = "accepted", "as_admin"


@dataclass(frozen=True, slots=True)
class _Scene:
    """One seat, the call that it is at, and who acts upon it now."""

    transaction: Transaction
    call: Call
    seat: Seat
    by: TechnicianView
    now: datetime

    def controller(self) -> Seat | None:
        return controller(self.transaction, self.call.id)

    def must_be_own(self) -> None:
        if self.seat.technician_id != self.by.id:
            raise NotYourSeat

    def must_watch(self) -> None:
        if self.seat.mode == CONTROL:
            raise NotWatching

    def must_have_control(self) -> None:
        has_it = self.controller()
        if has_it is None or has_it.technician_id != self.by.id:
            raise NotInControl

    def facts(self) -> dict[str, Any]:
        """What every audit row about it says."""
        return {
            "now": self.now,
            "actor": self.by.name,
            "address": self.by.address,
            "session_id": self.call.session_id,
            "call_id": self.call.id,
            "desktop": self.call.desktop,
        }


class SeatRegister(Register):
    """The verbs of seats that are taken. Each may raise UnknownSeat and NotSeated, besides what it says."""

    def ask(self, seat_id: int, by: TechnicianView) -> None:
        """A watching technician asks for control.

        Raises:
            NotYourSeat, NotWatching
        """
        with self._scene(seat_id, by) as scene:
            scene.must_be_own()
            scene.must_watch()
            if scene.seat.asked_at is None:
                scene.seat.asked_at = scene.now
                record(scene.transaction, "control_asked", **scene.facts())

    def withdraw(self, seat_id: int, by: TechnicianView) -> None:
        """They ask no more.

        Raises:
            NotYourSeat
        """
        with self._scene(seat_id, by) as scene:
            scene.must_be_own()
            scene.seat.asked_at = None

    def offer(self, seat_id: int, by: TechnicianView) -> None:
        """Whoever has control offers it to a watching seat, and to no other.

        Raises:
            NotInControl, NotWatching
        """
        with self._scene(seat_id, by) as scene:
            scene.must_have_control()
            scene.must_watch()
            is_news = scene.seat.offered_at is None
            for other in present(scene.transaction, scene.call.id):
                other.offered_at = scene.now if other is scene.seat else None
            if is_news:
                record(scene.transaction, "control_offered", **scene.facts(), technician=scene.seat.technician.name)

    def accept(self, seat_id: int, by: TechnicianView) -> None:
        """The one to whom control is offered takes it.

        Raises:
            NotYourSeat, NotOffered
        """
        with self._scene(seat_id, by) as scene:
            scene.must_be_own()
            if scene.seat.offered_at is None:
                raise NotOffered
            _take(scene, ACCEPTED)

    def decline(self, seat_id: int, by: TechnicianView) -> None:
        """What stands between this seat and the one in control is off: an offer, or a request. Either side may say so.

        Raises:
            NotInControl
        """
        with self._scene(seat_id, by) as scene:
            if scene.seat.technician_id != scene.by.id:
                scene.must_have_control()
            scene.seat.asked_at = scene.seat.offered_at = None

    def give(self, seat_id: int, by: TechnicianView) -> None:
        """Whoever has control gives it to a watching seat.

        Raises:
            NotInControl, NotWatching
        """
        with self._scene(seat_id, by) as scene:
            scene.must_have_control()
            scene.must_watch()
            hand_to(scene.transaction, scene.seat)
            record(
                scene.transaction,
                "control_given",
                **scene.facts(),
                technician=scene.seat.technician.name,
                seat=scene.seat.id,
                mode=scene.seat.mode,
            )

    def take(self, seat_id: int, by: TechnicianView) -> None:
        """A technician takes control for their own seat: where nobody else has it, or as an admin.

        Raises:
            NotYourSeat, ControlTaken
        """
        with self._scene(seat_id, by) as scene:
            scene.must_be_own()
            has_it = scene.controller()
            if has_it is scene.seat:
                return
            from_other = has_it is not None and has_it.technician_id != by.id
            if from_other and not _is_admin(scene):
                raise ControlTaken
            _take(scene, AS_ADMIN if from_other else "")

    def release(self, seat_id: int, by: TechnicianView) -> None:
        """Whoever has control gives it up; nobody has it then.

        Raises:
            NotYourSeat, NotInControl
        """
        with self._scene(seat_id, by) as scene:
            scene.must_be_own()
            if scene.seat.mode != CONTROL:
                raise NotInControl
            vacate(scene.transaction, scene.call.id)
            record(scene.transaction, "control_released", **scene.facts())

    def leave(self, seat_id: int, by: TechnicianView) -> None:
        """A technician ends a seat of their own, such as one that a lost connection left behind.

        Raises:
            NotYourSeat
        """
        with self._scene(seat_id, by) as scene:
            scene.must_be_own()
            scene.seat.must_leave = True
            if scene.seat.mode == CONTROL:
                scene.transaction.flush()
                vacate(scene.transaction, scene.call.id)

    def session_of(self, seat_id: int) -> str:
        """The session at whose call a seat is taken.

        Raises:
            UnknownSeat
        """
        with self._reading() as transaction:
            session_id = transaction.get_one(Call, _seat(transaction, seat_id).call_id).session_id
        if session_id is None:
            raise UnknownSeat
        return session_id

    @contextmanager
    def _scene(self, seat_id: int, by: TechnicianView) -> Iterator[_Scene]:
        with self._writing() as transaction:
            if not may_sit(transaction.get(Technician, by.id)):
                raise NotSeated
            seat = _seat(transaction, seat_id)
            call = lock_around(transaction, seat)
            if seat not in present(transaction, call.id):
                raise UnknownSeat
            yield _Scene(transaction, call, seat, by, self._clock())


def _seat(transaction: Transaction, seat_id: int) -> Seat:
    staying = select(Seat).where(Seat.id == seat_id, Seat.left_at.is_(None), ~Seat.must_leave)
    seat = transaction.scalars(staying).first() if 0 < seat_id < MAX_ID else None
    if seat is None:
        raise UnknownSeat
    return seat


def _take(scene: _Scene, how: str) -> None:
    former = scene.controller()
    hand_to(scene.transaction, scene.seat)
    record(
        scene.transaction,
        "control_taken",
        **scene.facts(),
        former=former.technician.name if former else None,
        how=how,
        seat=scene.seat.id,
        mode=scene.seat.mode,
    )


def _is_admin(scene: _Scene) -> bool:
    return scene.transaction.get_one(Technician, scene.by.id).role == "admin"
