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
    """Who sits at a call, how (`control` or `watch`), since when; whether they ask for control, or are offered it."""

    id: int
    technician: str
    mode: str
    since: datetime
    asks: bool = False
    offered: bool = False


@dataclass(frozen=True, slots=True)
class RecordingView:
    """One recording: `running`, `done`, `broken` (the listener was killed meanwhile) or `deleted`.

    `reason` says why it ended, or why its file went; `stopped_short` that it did before anybody wanted it to.
    `begun_by` is None where the policy began it. `computer` is its name, `file` one in the folder.
    """

    id: int
    session_id: str
    call_id: int
    state: str
    reason: str | None
    stopped_short: bool
    begun_by: str | None
    begun_at: datetime
    ended_at: datetime | None
    bytes: int
    milliseconds: int
    sha256: str | None
    file: str
    computer: str | None
    customer: str


@dataclass(frozen=True, slots=True)
class RecordingNow:
    """Whether a call is recorded at this moment; `trouble` is why it no longer is although nobody turned it off."""

    is_running: bool
    trouble: str | None


@dataclass(frozen=True, slots=True)
class SessionView:
    """One support case as it is now; `call` is the one it holds, `port` the session port it leases.

    `recorded`: its calls are to be recorded, as people decided. `recording` is how it is with its call, None
    where that was never recorded.
    """

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
    recorded: bool = False
    recording: RecordingNow | None = None


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
    """A ticket just issued. `token` is what websockify is given; nowhere else. `mode` is what the seat would have.

    `node` is where its call is; None for a call from before nodes had names.
    """

    token: str = field(repr=False)
    expires_at: datetime
    mode: str
    node: str | None = None


@dataclass(frozen=True, slots=True)
class NewTechnician:
    """A technician just made, with the password in clear."""

    technician: TechnicianView
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as admins see them. `last_seen` is of the sign-ins that there are; without a password, OpenID alone."""

    id: int
    name: str
    role: str
    created_at: datetime
    removed_at: datetime | None
    has_password: bool
    must_change_password: bool
    second_factor: bool
    openid_email: str | None
    last_seen: datetime | None
    sign_ins: int
    tokens: int


@dataclass(frozen=True, slots=True)
class NewSignIn:
    """A sign-in just made. `secret` is for the browser's cookie; it is nowhere else."""

    id: int
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignInView:
    """One browser in which a person is signed in: how (`password`, `openid`), from where, since when, last used."""

    id: int
    how: str
    address: str
    browser: str
    since: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who sends a request by a cookie, and what they have to do before anything else."""

    technician: TechnicianView
    sign_in_id: int
    how: str
    must_change_password: bool
    second_factor_set: bool


@dataclass(frozen=True, slots=True)
class FactorSetup:
    """A second factor to be set up: the secret in base32, and the same as an address for an app to read."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lock:
    """No more tries before this moment."""

    until: datetime


@dataclass(frozen=True, slots=True)
class NewToken:
    """An API token just made, in clear."""

    id: int
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenView:
    """An API token as its owner sees it: what it is for, and when and from where it was last used."""

    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None
    last_used_from: str | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a spent ticket leads: to a port, and so to a call of a session."""

    host: str
    port: int
    session_id: str
    call_id: int
