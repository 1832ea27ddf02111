from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from reachback.register import opened
from reachback.schema import bring_here, known_revisions, revision_of
from sessions.database import upgrade

NEWEST = known_revisions()[0]


@pytest.fixture
def said() -> list[str]:
    return []


def bring(path: Path, said: list[str]) -> None:
    with opened(f"sqlite:///{path}") as engine:
        bring_here(engine, said.append)


def of_revision(path: Path, revision: str) -> Path:
    with opened(f"sqlite:///{path}") as engine:
        upgrade(engine, revision)
    return path


def test_an_older_register_is_copied_before_it_is_changed(tmp_path: Path, said: list[str]) -> None:
    register = of_revision(tmp_path / "reachback.db", "0002")
    with sqlite3.connect(register) as connection:
        connection.execute("INSERT INTO guesses VALUES ('203.0.113.5', 3, '2026-03-01')")
    connection.close()
    bring(register, said)
    copy = tmp_path / f"reachback.db.before-{NEWEST}"
    assert said == [f"The register was of revision 0002: a copy of it is {copy}."]
    assert copy.stat().st_mode & 0o777 == 0o600
    with opened(f"sqlite:///{copy}") as engine:
        assert revision_of(engine) == "0002"
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT wrong FROM guesses").scalar_one() == 3
    with opened(f"sqlite:///{register}") as engine:
        assert revision_of(engine) == NEWEST


def test_one_copy_is_kept(tmp_path: Path, said: list[str]) -> None:
    register = of_revision(tmp_path / "reachback.db", "0004")
    older = tmp_path / "reachback.db.before-0004"
    older.touch()
    bring(register, said)
    assert [path.name for path in tmp_path.glob("*before*")] == [f"reachback.db.before-{NEWEST}"]


@pytest.mark.parametrize("revision", [None, NEWEST])
def test_where_nothing_is_changed_nothing_is_copied(tmp_path: Path, said: list[str], revision: str | None) -> None:
    register = tmp_path / "reachback.db"
    if revision:
        of_revision(register, revision)
    bring(register, said)
    assert said == []
    assert list(tmp_path.glob("*before*")) == []
