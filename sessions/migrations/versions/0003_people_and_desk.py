"""People and their desk: sign-ins, second factors, lock-outs, named tokens, ticket numbers, who acted from where.

There is no way down: go back to a backup.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Columns are added plainly, one statement each: where SQLite builds a table anew, rows that point to it are lost.
COLUMNS: dict[str, list[sa.Column[object]]] = {
    "technicians": [
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("sealed_totp_secret", sa.String(length=256), nullable=True),
        sa.Column("totp_since", sa.DateTime(), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=True),
        sa.Column("openid_email", sa.String(length=254), nullable=True),
        sa.Column("openid_issuer", sa.String(length=255), nullable=True),
        sa.Column("openid_subject", sa.String(length=255), nullable=True),
        sa.Column("preferences", sa.JSON(), nullable=True),
    ],
    "api_tokens": [
        sa.Column("name", sa.String(length=64), server_default="", nullable=False),
        sa.Column("last_used_at", sa.DateTime(), nullable=True),
        sa.Column("last_used_from", sa.String(length=45), nullable=True),
    ],
    "sessions": [
        sa.Column("reference", sa.String(length=64), server_default="", nullable=False),
        sa.Column("keyboard", sa.String(length=16), nullable=True),
    ],
    "seats": [sa.Column("must_leave", sa.Boolean(), server_default=sa.false(), nullable=False)],
    "events": [sa.Column("address", sa.String(length=45), nullable=True)],
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(op.f("ix_technicians_openid_email"), "technicians", ["openid_email"])
    op.create_index("ix_technicians_openid", "technicians", ["openid_issuer", "openid_subject"], unique=True)
    op.create_index(op.f("ix_events_kind"), "events", ["kind"])
    op.create_index(op.f("ix_events_actor"), "events", ["actor"])
    _move_addresses()
    _recovery_codes()
    _sign_ins()
    _tries()


def _move_addresses() -> None:
    events = sa.table("events", sa.column("address", sa.String), sa.column("details", sa.JSON))
    op.execute(events.update().values(address=events.c.details["address"].as_string()))


def _recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("technician_id", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["technician_id"],
            ["technicians.id"],
            name=op.f("fk_recovery_codes_technician_id_technicians"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_technician_id"), "recovery_codes", ["technician_id"])


def _sign_ins() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("technician_id", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["technician_id"],
            ["technicians.id"],
            name=op.f("fk_sign_ins_technician_id_technicians"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("digest", name=op.f("uq_sign_ins_digest")),
    )
    op.create_index(op.f("ix_sign_ins_technician_id"), "sign_ins", ["technician_id"])
    op.create_index(op.f("ix_sign_ins_seen_at"), "sign_ins", ["seen_at"])


def _tries() -> None:
    op.create_table(
        "tries",
        sa.Column("origin", sa.String(length=160), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("locked_until", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_tries")),
    )
    op.create_index(op.f("ix_tries_since"), "tries", ["since"])
