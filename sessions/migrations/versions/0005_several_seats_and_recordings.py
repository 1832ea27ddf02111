"""Several seats at a call, of which one has control, and recordings of what was shown.

There is no way down: go back to a backup.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("recorded", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("seats", sa.Column("asked_at", sa.DateTime(), nullable=True))
    op.add_column("seats", sa.Column("offered_at", sa.DateTime(), nullable=True))
    op.create_table(
        "recordings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=12), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("begun_by_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=256), nullable=True),
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("begun_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        *(_points_to(table, column) for table, column in POINTS_TO.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sa.UniqueConstraint("file", name=op.f("uq_recordings_file")),
    )
    for column in ("session_id", "call_id", "state", "begun_at"):
        op.create_index(op.f(f"ix_recordings_{column}"), "recordings", [column])


# What a recording belongs to goes with it; whoever began one is never deleted.
POINTS_TO = {"sessions": "session_id", "calls": "call_id", "technicians": "begun_by_id"}


def _points_to(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{table}.id"],
        name=op.f(f"fk_recordings_{column}_{table}"),
        ondelete=None if table == "technicians" else "CASCADE",
    )
