from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from portal import create_app
from portal.database import anchored, db
from sessions.database import open_engine, upgrade
from sessions.errors import WrongRevision
from sessions.models import Base, Session

from .conftest import Portal, settings_for


def test_a_database_of_another_version_is_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    with pytest.raises(WrongRevision, match="reachback db upgrade"):
        create_app(settings_for(tmp_path))


def test_the_engine_is_flask_sqlalchemys_and_carries_the_registers_pragmas(portal: Portal) -> None:
    with portal.app.app_context():
        assert db.engine is portal.own.engine
        assert db.metadata is Base.metadata
    with portal.own.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_the_registers_rows_are_reachable_through_flask_sqlalchemy(portal: Portal) -> None:
    new = portal.session(customer="Huber")
    with portal.app.app_context():
        row = db.session.get(Session, new.session.id)
        assert row is not None
        assert row.customer == "Huber"


def test_a_relative_path_is_that_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    engine = open_engine("sqlite:///here.db")
    upgrade(engine)
    engine.dispose()
    app = create_app(settings_for(tmp_path, REACHBACK_DATABASE_URL="sqlite:///here.db"))
    own = app.extensions["reachback"].engine
    assert own.url.database == str(tmp_path / "here.db")
    assert "sessions" in inspect(own).get_table_names()
    own.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "postgresql+psycopg://a:secret@db/x"])
def test_other_addresses_stay_as_they_are(url: str) -> None:
    assert anchored(url) == url
