"""PostgreSQL tells listeners at once what people decided, and counts bytes in 64 bits. On SQLite nothing changes.

The triggers say no more than that there is news: whoever hears it looks what it is. There is no way down: go back to a
backup.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CHANNEL = "reachback_news"
# What a listener carries out: a claim, a session's end or its recording, a seat that must leave or changes its mode.
DECISIONS = {
    "calls": ("session_id", "NEW.state = 'parked' AND NEW.session_id IS DISTINCT FROM OLD.session_id"),
    "sessions": (
        "state, recorded",
        "NEW.recorded <> OLD.recorded OR (NEW.state <> OLD.state AND NEW.state IN ('closed', 'expired'))",
    ),
    "seats": (
        "must_leave, mode",
        "NEW.must_leave <> OLD.must_leave OR NEW.mode <> OLD.mode",
    ),
}


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    # A call of more than 2 GiB could not be written down as over.
    for column in ("bytes_from_customer", "bytes_to_customer"):
        op.alter_column("calls", column, type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False)
    op.execute(
        f"""
        CREATE FUNCTION reachback_news() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM pg_notify('{CHANNEL}', '');
          RETURN NULL;
        END $$
        """
    )
    for table, (columns, is_news) in DECISIONS.items():
        op.execute(
            f"CREATE TRIGGER {table}_news AFTER UPDATE OF {columns} ON {table} FOR EACH ROW"
            f" WHEN ({is_news}) EXECUTE FUNCTION reachback_news()"
        )
