"""Audit rows stay as they were written: triggers refuse what no verb of the register does.

A row loses its session or its call only where those rows are deleted, and goes itself only once it is older than the
horizon that the retention setting moves. A later migration that rebuilds `events` has to make the triggers anew: on
SQLite they go with the table. There is no way down: go back to a backup.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# REPLACE deletes without asking the trigger for deletions, so a number that is taken may not be inserted either.
SQLITE = (
    """
    CREATE TRIGGER events_unchanged BEFORE UPDATE ON events
    WHEN NEW.id IS NOT OLD.id OR NEW.at IS NOT OLD.at OR NEW.kind IS NOT OLD.kind OR NEW.actor IS NOT OLD.actor
      OR NEW.address IS NOT OLD.address OR NEW.details IS NOT OLD.details
      OR (NEW.session_id IS NOT NULL AND NEW.session_id IS NOT OLD.session_id)
      OR (NEW.call_id IS NOT NULL AND NEW.call_id IS NOT OLD.call_id)
    BEGIN SELECT RAISE(ABORT, 'an audit row is never changed'); END
    """,
    """
    CREATE TRIGGER events_not_replaced BEFORE INSERT ON events
    WHEN EXISTS (SELECT 1 FROM events WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'an audit row is never changed'); END
    """,
    """
    CREATE TRIGGER events_kept BEFORE DELETE ON events
    WHEN NOT EXISTS (SELECT 1 FROM audit_horizon WHERE OLD.at < until)
    BEGIN SELECT RAISE(ABORT, 'this audit row is not older than the audit horizon'); END
    """,
)

# PostgreSQL has no equality for json; its text is what was written.
POSTGRESQL = (
    """
    CREATE FUNCTION events_unchanged() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (NEW.id, NEW.at, NEW.kind, NEW.actor) IS DISTINCT FROM (OLD.id, OLD.at, OLD.kind, OLD.actor)
        OR NEW.address IS DISTINCT FROM OLD.address OR NEW.details::text IS DISTINCT FROM OLD.details::text
        OR (NEW.session_id IS NOT NULL AND NEW.session_id IS DISTINCT FROM OLD.session_id)
        OR (NEW.call_id IS NOT NULL AND NEW.call_id IS DISTINCT FROM OLD.call_id)
      THEN RAISE EXCEPTION 'an audit row is never changed';
      END IF;
      RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER events_unchanged BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION events_unchanged()",
    """
    CREATE FUNCTION events_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT 1 FROM audit_horizon WHERE OLD.at < until) THEN RETURN OLD;
        END IF;
      END IF;
      RAISE EXCEPTION 'this audit row is not older than the audit horizon';
    END $$
    """,
    "CREATE TRIGGER events_kept BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION events_kept()",
    "CREATE TRIGGER events_not_emptied BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION events_kept()",
)
# Other databases keep audit rows by the register's good manners alone; docs/audit.md says so.
TRIGGERS = {"sqlite": SQLITE, "postgresql": POSTGRESQL}


def upgrade() -> None:
    op.create_table(
        "audit_horizon",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_horizon_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_horizon")),
    )
    for statement in TRIGGERS.get(op.get_context().dialect.name, ()):
        op.execute(statement)
