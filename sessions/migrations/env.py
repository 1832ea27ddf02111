"""Runs the migrations on the connection that `sessions.database` hands over."""

from __future__ import annotations

from alembic import context

from sessions.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite cannot alter most things in place; alembic then rebuilds the table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
