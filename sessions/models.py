"""The register's rows. A secret is a digest here, never itself; times are aware and in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.sql import operators
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeEngine

from sessions.states import State

DIGEST = String(64)
# SQLite's INTEGER has 64 bits anyway.
BYTES = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment in Python, a naive UTC one in the database (SQLite keeps no time zone)."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  (SQLAlchemy's signature)
        """What is stored."""
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  (as above)
        """What is read."""
        return value.replace(tzinfo=UTC) if value else None


class Cut(TypeDecorator[str]):
    """As much of a text as its column holds: what SQLite would take all the same, PostgreSQL refuses."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  (as above)
        """What is stored, and compared with."""
        return value[: self.length] if value else value

    def coerce_compared_value(self, op: OperatorType | None, value: object) -> TypeEngine[Any]:
        """A pattern is no value of the column, and may be longer."""
        return self if op in {operators.eq, operators.ne} else self.impl_instance.coerce_compared_value(op, value)


class Base(DeclarativeBase):
    """One metadata for all tables; named constraints, so that every migration can name what it changes."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON}  # noqa: RUF012  (SQLAlchemy reads a class attribute)


class Technician(Base):
    """Someone who may sign in: *admin*, *technician* or *auditor*.

    Whoever is removed keeps the row, for their sessions name them, and signs in no more. No password hash: signs in
    with OpenID Connect only. `openid_email` is what an admin allowed; issuer and subject are pinned at the first
    sign-in with it. The TOTP secret is sealed, counts once `totp_since` is set, and its last step is never taken twice.
    """

    __tablename__ = "technicians"
    __table_args__ = (Index("ix_technicians_openid", "openid_issuer", "openid_subject", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(256))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=false())
    sealed_totp_secret: Mapped[str | None] = mapped_column(String(256))
    totp_since: Mapped[datetime | None]
    totp_last_step: Mapped[int | None]
    openid_email: Mapped[str | None] = mapped_column(String(254), index=True)
    openid_issuer: Mapped[str | None] = mapped_column(String(255))
    openid_subject: Mapped[str | None] = mapped_column(String(255))
    preferences: Mapped[dict[str, Any] | None]


class RecoveryCode(Base):
    """Stands in for a technician's second factor, once."""

    __tablename__ = "recovery_codes"

    digest: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    technician_id: Mapped[int] = mapped_column(ForeignKey("technicians.id", ondelete="CASCADE"), index=True)
    used_at: Mapped[datetime | None]


class SignIn(Base):
    """One browser in which a technician signed in. Its cookie holds the secret; without this row it opens nothing."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(DIGEST, unique=True)
    technician_id: Mapped[int] = mapped_column(ForeignKey("technicians.id", ondelete="CASCADE"), index=True)
    how: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(Cut(45))
    browser: Mapped[str] = mapped_column(Cut(200))
    since: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)


class Tries(Base):
    """Wrong passwords and second factors in a row: of an account, of an address, or of a browser known before."""

    __tablename__ = "tries"

    origin: Mapped[str] = mapped_column(String(160), primary_key=True)
    wrong: Mapped[int]
    since: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]


class ApiToken(Base):
    """A technician's key for scripts."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    technician_id: Mapped[int] = mapped_column(ForeignKey("technicians.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(DIGEST, unique=True)
    created_at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(64), default="", server_default="")
    last_used_at: Mapped[datetime | None]
    last_used_from: Mapped[str | None] = mapped_column(Cut(45))


class Session(Base):
    """One support case. Its code's digest and sealed passwords go when it ends; the code may then be used again.

    `reference` is the shop's own ticket number. `keyboard` names the layout of the customer's keyboard, where known.
    `port` is the session port that it leases while it lives, and remembered afterwards. `recorded` is what people
    decided: whether its calls are to be recorded from now on. A VNC password was stored by a
    technician and is the server's own; a script password was made for the session, for scripts to set.
    """

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default=State.CREATED.value, index=True)
    customer: Mapped[str] = mapped_column(Cut(128), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    reference: Mapped[str] = mapped_column(Cut(64), default="", server_default="")
    keyboard: Mapped[str | None] = mapped_column(String(16))
    created_by_id: Mapped[int] = mapped_column(ForeignKey("technicians.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    code_digest: Mapped[str | None] = mapped_column(DIGEST, unique=True)
    sealed_vnc_password: Mapped[str | None] = mapped_column(String(256))
    sealed_script_password: Mapped[str | None] = mapped_column(String(256))
    port: Mapped[int | None] = mapped_column(index=True)
    recorded: Mapped[bool] = mapped_column(default=False, server_default=false())

    created_by: Mapped[Technician] = relationship(lazy="joined")


class Link(Base):
    """The way from a link to its session, and from the number that a link's page tells computers to say."""

    __tablename__ = "links"

    digest: Mapped[str] = mapped_column(DIGEST, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    number_digest: Mapped[str | None] = mapped_column(DIGEST, unique=True)


class Visit(Base):
    """From which addresses a session's page was opened: what lets a call be matched by its address."""

    __tablename__ = "visits"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(Cut(45), primary_key=True, index=True)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class Call(Base):
    """One inbound connection of a customer's VNC server, held or remembered.

    `parked` with a session is one whose fate is decided (matched, or claimed by a person) and which the listener is
    about to hold. Identifiers are never used twice: a ticket names its call, and a call's port may later be another's.
    `second_of` names the session whose open call this one would replace, and `second_by` how that was told.
    `listener_id` is the listener that has its connection; None for calls of before there were several.
    """

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_state_session_id", "state", "session_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    session_id: Mapped[str | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    second_of: Mapped[str | None] = mapped_column(String(12))
    second_by: Mapped[str | None] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(Cut(45))
    desktop: Mapped[str | None] = mapped_column(Cut(128))
    width: Mapped[int | None]
    height: Mapped[int | None]
    matched_by: Mapped[str | None] = mapped_column(String(16))
    confirmed: Mapped[bool] = mapped_column(default=True)
    encrypted: Mapped[bool] = mapped_column(default=False)
    resumable: Mapped[bool] = mapped_column(default=False)
    port: Mapped[int | None]
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    listener_id: Mapped[int | None] = mapped_column(index=True)
    reason: Mapped[str | None] = mapped_column(Cut(512))
    bytes_from_customer: Mapped[int] = mapped_column(BYTES, default=0)
    bytes_to_customer: Mapped[int] = mapped_column(BYTES, default=0)


class Listener(Base):
    """One listener process in its life: it has the connections of the calls that name it, and nobody else has.

    `node` is the machine it runs on, by its setting. A `draining` one takes no new calls. A listener that was not seen
    for a while is dead, and its calls are lost; `gone_at` is when it said so itself, or somebody found out.
    """

    __tablename__ = "listeners"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  (SQLAlchemy reads a class attribute)

    id: Mapped[int] = mapped_column(primary_key=True)
    node: Mapped[str] = mapped_column(String(32))
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
    draining: Mapped[bool] = mapped_column(default=False, server_default=false())
    gone_at: Mapped[datetime | None]


class Ticket(Base):
    """Opens one seat on one call, once."""

    __tablename__ = "tickets"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(DIGEST, unique=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), index=True)
    technician_id: Mapped[int] = mapped_column(ForeignKey("technicians.id"))
    mode: Mapped[str] = mapped_column(String(16))
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


class Seat(Base):
    """One technician's connection to a call. `ticket_id` is unique: a ticket admits one connection, whoever races.

    `mode` and `must_leave` are decisions of people, which the listener carries out. Of the seats that are taken at a
    call, at most one has control. A watching seat may ask for it (`asked_at`), or be offered it (`offered_at`).
    """

    __tablename__ = "seats"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), unique=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), index=True)
    technician_id: Mapped[int] = mapped_column(ForeignKey("technicians.id"))
    mode: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]
    left_at: Mapped[datetime | None] = mapped_column(index=True)
    must_leave: Mapped[bool] = mapped_column(default=False, server_default=false())
    asked_at: Mapped[datetime | None]
    offered_at: Mapped[datetime | None]

    technician: Mapped[Technician] = relationship(lazy="joined")

    @property
    def mode_now(self) -> str:
        """How it may take part: one that has to leave only watches, until the listener has ended it."""
        return "watch" if self.must_leave else self.mode


class Recording(Base):
    """What was shown of one call, from one moment to another, as a file.

    `state` is `running`, `done`, `broken` (the listener was killed while it ran; the file plays as far as it goes) or
    `deleted` (the file is gone, the row remembers it). `reason` says why it ended, or why the file went. `file` is a
    name in the recordings' folder, `bytes` its size, as far as it is known. `begun_by_id` is None where the policy
    began it.
    """

    __tablename__ = "recordings"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), index=True)
    begun_by_id: Mapped[int | None] = mapped_column(ForeignKey("technicians.id"))
    state: Mapped[str] = mapped_column(String(16), index=True)
    reason: Mapped[str | None] = mapped_column(Cut(256))
    file: Mapped[str] = mapped_column(String(64), unique=True)
    begun_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    milliseconds: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str | None] = mapped_column(DIGEST)

    session: Mapped[Session] = relationship(lazy="joined")
    call: Mapped[Call] = relationship(lazy="joined")
    begun_by: Mapped[Technician | None] = relationship(lazy="joined")


class AuditEvent(Base):
    """What happened, when, by whom, and from which address where one is known.

    Rows are only ever added: triggers of the database see to it (migration 0004).
    """

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(32), index=True)
    actor: Mapped[str] = mapped_column(Cut(64), index=True)
    address: Mapped[str | None] = mapped_column(Cut(45))
    session_id: Mapped[str | None] = mapped_column(ForeignKey("sessions.id", ondelete="SET NULL"), index=True)
    call_id: Mapped[int | None] = mapped_column(ForeignKey("calls.id", ondelete="SET NULL"), index=True)
    details: Mapped[dict[str, Any]]


class AuditHorizon(Base):
    """Its one row says how far back audit rows may be deleted: the database refuses it of any that is newer."""

    __tablename__ = "audit_horizon"
    __table_args__ = (CheckConstraint("id = 1", name="ck_audit_horizon_one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    until: Mapped[datetime]


class Guesses(Base):
    """How many wrong codes came from an address (or an IPv6 network, or, under an empty name, from everywhere)."""

    __tablename__ = "guesses"

    origin: Mapped[str] = mapped_column(String(45), primary_key=True)
    wrong: Mapped[int]
    since: Mapped[datetime] = mapped_column(index=True)


class Delivery(Base):
    """Something that happened, and that another program is to be told by a webhook.

    It is written in the transaction in which it happened. `next_at` is when it is tried (again); None once it is
    delivered or given up.
    """

    __tablename__ = "deliveries"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  (SQLAlchemy reads a class attribute)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    session_id: Mapped[str | None] = mapped_column(String(12), index=True)
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    delivered_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Cut(256))
