"""The portal's engine: Flask-SQLAlchemy owns it, the registers borrow it."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, make_url
from sqlalchemy.orm import DeclarativeBase

from sessions import postgresql
from sessions.database import check_revision, engine_options, prepare_engine
from sessions.models import Base


class RegisterBase(DeclarativeBase):
    """The register's `Base`, as Flask-SQLAlchemy can take it: the same tables in the same registry.

    It copies the class it is given, and SQLAlchemy refuses a copy that has a `type_annotation_map` beside its registry.
    """

    registry = Base.registry
    metadata = Base.metadata


db = SQLAlchemy(model_class=RegisterBase)


def open_database(app: Flask, url: str) -> Engine:
    """Bind `app` to the database at `url`.

    Raises:
        WrongRevision: the schema is of another version; the text names the command that helps.
    """
    app.config["SQLALCHEMY_DATABASE_URI"] = anchored(url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(anchored(url))
    db.init_app(app)
    with app.app_context():
        engine = prepare_engine(db.engine)
    check_revision(engine)
    # A server may fork its workers from here; none must inherit an open connection.
    engine.dispose()
    return engine


def anchored(url: str) -> str:
    """`url` as Flask-SQLAlchemy may have it: an SQLite file's path absolute (it would look in a folder of its own)."""
    url = postgresql.with_driver(url)
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite" or parts.database in {None, "", ":memory:"}:
        return url
    return parts.set(database=str(Path(str(parts.database)).absolute())).render_as_string(hide_password=False)
