"""What the registers answer: frozen values, free of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TechnicianView:
    """A person who may sign in. `stamp` changes with the password, and so ends old sign-ins.

    `address` is where the present request of theirs comes from; empty for the command line. `preferences` are how
    they like their pages.
    """

    id: int
    name: str
    role: str
    stamp: str
    address: str = ""
    preferences: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallView:
    """One inbound connection: `parked`, `held`, `lost`, `closed` or `refused` (then with the reason).

    A parked call may be `second_of` a session, which holds another call already.
    """

    id: int
    state: str
    address: str
    desktop: str | None
    width: int | None
    height: int | None
    since: datetime
    matched_by: str | None
    confirmed: bool
    encrypted: bool
    resumable: bool
    reason: str | None
    session_id: str | None
    second_of: str | None


@dataclass(frozen=True, slots=True)
class SeatView:
    """Who sits at a call, how (`control` or `watch`), since when."""

    technician: str
    mode: str
    since: datetime


@dataclass(frozen=True, slots=True)
class SessionView:
    """One support case as it is now; `call` is the one it holds, `port` the session port it leases."""

    id: str
    state: str
    customer: str
    note: str
    reference: str
    keyboard: str | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    call: CallView | None
    seats: tuple[SeatView, ...]
    port: int | None
    ended: bool


@dataclass(frozen=True, slots=True)
class EventView:
    """One audit row; `address` is where the one who acted was."""

    at: datetime
    kind: str
    actor: str
    address: str | None
    session_id: str | None
    call_id: int | None
    details: dict[str, object]


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just made, with its link and code in clear: they are nowhere else, and never again here."""

    session: SessionView
    link: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DialFacts:
    """What a link's page and scripts let the customer's computer say: a number, and a VNC password to answer with.

    No `password` where the technician stored the server's own. `port` is the session's own, None where it has none.
    """

    number: str = field(repr=False)
    password: str | None = field(repr=False)
    port: int | None


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A ticket just issued. `token` is what websockify is given; it is nowhere else."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewTechnician:
    """A technician just made, with the password in clear."""

    technician: TechnicianView
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a spent ticket leads."""

    host: str
    port: int
