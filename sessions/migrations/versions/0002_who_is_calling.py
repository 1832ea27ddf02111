"""Who is calling: ports and passwords of sessions, numbers of links, second calls, wrong guesses.

There is no way down: go back to a backup.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guesses",
        sa.Column("origin", sa.String(length=45), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_guesses")),
    )
    with op.batch_alter_table("guesses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_guesses_since"), ["since"], unique=False)

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("port", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("sealed_script_password", sa.String(length=256), nullable=True))
        batch_op.create_index(batch_op.f("ix_sessions_port"), ["port"], unique=False)

    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number_digest", sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_links_number_digest"), ["number_digest"])

    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.add_column(sa.Column("first_at", sa.DateTime(), nullable=True))
    op.execute("UPDATE visits SET first_at = last_at")
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.alter_column("first_at", existing_type=sa.DateTime(), nullable=False)

    # No foreign key: for one, SQLite would build the table anew, and dropping the old one would take its tickets and
    # seats with it, and the promise that no call's number is ever used twice.
    op.add_column("calls", sa.Column("second_of", sa.String(length=12), nullable=True))
    op.add_column("calls", sa.Column("second_by", sa.String(length=16), nullable=True))
