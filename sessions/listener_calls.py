"""Whose connection a call is: a listener's own calls, those of the others, and sessions that have one at two."""

from __future__ import annotations

import os

from sqlalchemy import ColumnElement, Engine, exists, func, select, true
from sqlalchemy.orm import aliased

from sessions.call_ends import lose, lose_calls
from sessions.call_values import Totals
from sessions.clock import Clock, utc_now
from sessions.matching import OPEN
from sessions.models import Call
from sessions.secrets import Entropy
from sessions.transactions import Register
from sessions.vault import Vault


class ListenerCalls(Register):
    """What listeners ask about each other's calls. `listener_id` is who asks; None has every call."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock = utc_now,
        entropy: Entropy = os.urandom,
        vault: Vault | None = None,
        *,
        listener_id: int | None = None,
    ) -> None:
        super().__init__(engine, clock, entropy, vault)
        self._listener_id = listener_id

    def forget(self, reason: str) -> int:
        """Mark as lost the open calls that no listener's name stands at: they are from before listeners had numbers."""
        with self._writing() as transaction:
            return lose_calls(transaction, None, reason, self._clock())

    def open_by_listener(self) -> dict[int | None, int]:
        """How many calls each listener has open."""
        counted = select(Call.listener_id, func.count()).where(Call.state.in_(OPEN)).group_by(Call.listener_id)
        with self._reading() as transaction:
            return dict(transaction.execute(counted).all())

    def elsewhere(self) -> dict[str, int]:
        """How many open calls other listeners have, by the address that they come from."""
        theirs = select(Call.address, func.count()).where(Call.state.in_(OPEN), ~self._own).group_by(Call.address)
        with self._reading() as transaction:
            return dict(transaction.execute(theirs).all())

    def give_up(self, listener_id: int, reason: str) -> int:
        """Mark as lost those calls of a silent listener whose computers wait here meanwhile; answers how many."""
        second = aliased(Call)
        waits = exists().where(second.state == "parked", second.second_of == Call.session_id, self._at_own(second))
        theirs = select(Call).where(Call.state.in_(OPEN), Call.listener_id == listener_id, waits)
        with self._reading() as transaction:
            if transaction.scalars(theirs.limit(1)).first() is None:
                return 0
        with self._writing() as transaction:
            rows = list(transaction.scalars(theirs))
            for row in rows:
                lose(transaction, row, reason, Totals(), self._clock())
            return len(rows)

    def contested(self) -> dict[int, int]:
        """This listener's calls whose session has a second one waiting at another listener, and the newest such."""
        second = aliased(Call)
        waiting = (
            select(Call.id, func.max(second.id))
            .join(second, second.second_of == Call.session_id)
            .where(Call.state.in_(OPEN), self._own, second.state == "parked", second.listener_id != Call.listener_id)
            .group_by(Call.id)
        )
        with self._reading() as transaction:
            return dict(transaction.execute(waiting).all())

    @property
    def _own(self) -> ColumnElement[bool]:
        """Whether a call is this listener's; without a number, every call is."""
        return self._at_own(Call)

    def _at_own(self, call: type[Call]) -> ColumnElement[bool]:
        return true() if self._listener_id is None else call.listener_id == self._listener_id
