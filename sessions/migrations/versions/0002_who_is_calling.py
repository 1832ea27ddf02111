"""Who is calling: ports and passwords of sessions, numbers of links, second calls, wrong guesses."""

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

    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.add_column(sa.Column("second_of", sa.String(length=12), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_calls_second_of_sessions"), "sessions", ["second_of"], ["id"], ondelete="SET NULL"
        )


def downgrade() -> None:
    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_calls_second_of_sessions"), type_="foreignkey")
        batch_op.drop_column("second_of")

    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.drop_column("first_at")

    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_links_number_digest"), type_="unique")
        batch_op.drop_column("number_digest")

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_port"))
        batch_op.drop_column("sealed_script_password")
        batch_op.drop_column("port")

    with op.batch_alter_table("guesses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_guesses_since"))

    op.drop_table("guesses")
