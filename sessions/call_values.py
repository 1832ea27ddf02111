"""What is told of calls between the register and the listener: values, and what they stand for."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from sessions.matching import Claims
from sessions.views import SeatView

# Why a caller is sent away before it is greeted, as the listener counts them.
GUESSING = "guessing codes"
OVER = "its session has ended"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A greeted call, as the listener saw it. Its claims are not yet believed."""

    claims: Claims
    desktop: str
    width: int
    height: int
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a new call stands: its row, and the session it shall be held for, if any.

    `rival` is the open call of the session that it would be held for, were that one gone. `matched_by` is how the
    session was told.
    """

    call_id: int
    session_id: str | None
    rival: int | None = None
    matched_by: str | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """What a caller's codes have earned it: to be sent away (`refused` says why), or an answer after `seconds`."""

    refused: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class VncPassword:
    """What to answer a VNC server's challenge with: stored by a technician, or made for scripts to set there."""

    text: str = field(repr=False)
    is_stored: bool


class Fate(StrEnum):
    """What people decided about a call that the listener has open."""

    HOLD = "hold"
    END = "end"


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing the listener has to carry out."""

    call_id: int
    fate: Fate
    session_id: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Bytes that went each way in a call's life."""

    from_customer: int = 0
    to_customer: int = 0


@dataclass(frozen=True, slots=True)
class TakenSeat:
    """A seat that was just given to a connection, `waited` seconds after its ticket was spent."""

    id: int
    view: SeatView
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What may change about a call while it lasts: whether technicians can leave and come back, its desktop."""

    resumable: bool
    width: int
    height: int
    desktop: str
