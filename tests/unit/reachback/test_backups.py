"""A backup is made of an installation that does not run here; tests/integration/test_backup.py makes one under load."""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import socket
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from kit import PINS_FILE
from reachback.backups import space
from reachback.backups.archive import MANIFEST
from reachback.backups.errors import BackupRefused
from reachback.backups.reading import restore
from reachback.backups.writing import Wanted, write
from sessions.database import open_engine, upgrade
from sessions.listeners import ListenerRegister
from sessions.register import SessionRegister
from sessions.settings import Settings
from tests import postgres
from tests.processes import Installation, installed, with_admin

NOW = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
ALL = Wanted(key=True, recordings=True)
RECORDING = b"what was seen" * 10_000


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    """An installation with people, sessions, a kit and two recordings, one of them without its file."""
    (tmp_path / "here").mkdir()
    with installed(tmp_path / "here") as one:
        one.settings.secret_key()
        one.sessions.create(by=one.admin, customer="Mrs Gray “Ω” \n line two", note="𝄞 \\ \" ' \t", minutes=30)
        one.sessions.create(by=one.admin, customer="Ended")
        one.sessions.end(one.sessions.list()[0].id, one.admin)
        one.settings.kit_dir.mkdir()
        (one.settings.kit_dir / "tvnserver.exe").write_bytes(b"MZ program")
        (one.settings.state_dir / PINS_FILE).write_text('{"form": 1}')
        plant_recordings(one)
        yield one


@pytest.fixture
def there(tmp_path: Path) -> Callable[..., Installation]:
    """The settings of another machine: nothing lies there yet."""

    def make(name: str = "there", **environ: str) -> Installation:
        (tmp_path / name).mkdir()
        one = Installation.make(tmp_path / name, **environ)
        one.engine.dispose()
        shutil.rmtree(one.settings.state_dir)
        return one

    return make


CALL = (
    "INSERT INTO calls (id, state, session_id, address, confirmed, encrypted, resumable, since, bytes_from_customer,"
    " bytes_to_customer)"
    " VALUES (:call, 'lost', :id, '198.51.100.7', 1, 0, 0, '2026-03-01 09:00:00.000000', 1, 2)"
)


def plant_recordings(one: Installation) -> None:
    session = one.sessions.list()[0].id
    one.change(CALL, call=41, id=session)
    one.change("DELETE FROM calls WHERE id = 41")  # its number is never to be given again
    one.change(CALL, call=7, id=session)
    for name, state in (("a.rbrec", "done"), ("b.rbrec", "broken"), ("c.rbrec", "deleted")):
        one.change(
            "INSERT INTO recordings (session_id, call_id, state, file, begun_at, bytes, milliseconds) VALUES"
            " (:id, 7, :state, :name, '2026-03-01 09:00:00.000000', 5000000000, 1)",
            id=session,
            state=state,
            name=name,
        )
    one.settings.recordings.folder.mkdir()
    (one.settings.recordings.folder / "a.rbrec").write_bytes(RECORDING)


def everything(one: Installation) -> dict[str, list[Any]]:
    """Every row of every table, as SQLite has them."""
    with sqlite3.connect(one.settings.state_dir / "reachback.db") as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in names}
    connection.close()
    return rows


def backed_up(one: Installation, wanted: Wanted = ALL) -> Path:
    file = one.folder / "backup.tar.gz"
    write(one.settings, file, wanted, version="1.2.3", now=NOW)
    return file


def test_a_restored_register_is_the_same_row_by_row_and_everything_else_byte_by_byte(
    here: Installation, there: Callable[..., Installation]
) -> None:
    other = there()
    done = restore(other.settings, backed_up(here), force=False, now=NOW)
    assert everything(other) == everything(here)
    assert ("calls", 41) in everything(other)["sqlite_sequence"]
    for name in ("secret_key", PINS_FILE, "kit/tvnserver.exe", "recordings/a.rbrec"):
        assert (other.settings.state_dir / name).read_bytes() == (here.settings.state_dir / name).read_bytes()
    assert done.missing == ("b.rbrec",)
    assert {path.stat().st_mode & 0o077 for path in other.settings.state_dir.rglob("*")} == {0}


def test_a_backup_lists_recordings_with_their_sums_and_holds_them_only_where_they_are_wanted(
    here: Installation,
) -> None:
    written = write(here.settings, here.folder / "b", Wanted(key=True, recordings=False), version="1", now=NOW)
    found, gone = written.recordings
    assert (found.file, found.there, found.bytes) == ("a.rbrec", True, len(RECORDING))
    assert found.sha256 == sha256(RECORDING).hexdigest()
    assert (gone.file, gone.there) == ("b.rbrec", False)
    assert not [name for name in written.manifest.members if name.startswith("recordings/")]


def test_a_backup_is_its_owners_only_and_replaces_an_older_one_whole(here: Installation) -> None:
    file = here.folder / "backup.tar.gz"
    file.write_text("an older one")
    assert backed_up(here) == file
    assert file.stat().st_mode & 0o777 == 0o600
    with tarfile.open(file) as tar:
        assert tar.getnames()[-1] == MANIFEST
    assert [path.name for path in here.folder.iterdir() if path.name.endswith(".part")] == []


def test_a_backup_is_not_written_through_a_link_that_somebody_has_put_there(here: Installation) -> None:
    file, other = here.folder / "backup.tar.gz", here.folder / "other"
    other.write_text("somebody's")
    file.with_name(f".{file.name}.{os.getpid()}.part").symlink_to(other)
    with pytest.raises(FileExistsError):
        backed_up(here)
    assert other.read_text() == "somebody's"
    assert not file.exists()


def test_a_backup_that_fails_leaves_the_older_one_as_it_was(here: Installation) -> None:
    file = here.folder / "backup.tar.gz"
    file.write_text("an older one")
    here.settings.secret_key_file.unlink()
    with pytest.raises(BackupRefused, match="--without-key"):
        backed_up(here)
    assert file.read_text() == "an older one"
    assert [path.name for path in here.folder.iterdir() if path.name.endswith(".part")] == []


def test_without_the_key_the_key_is_nowhere_in_it(here: Installation, there: Callable[..., Installation]) -> None:
    other = there()
    done = restore(other.settings, backed_up(here, Wanted(key=False, recordings=False)), force=False, now=NOW)
    assert not done.has_key
    assert not other.settings.secret_key_file.exists()


def test_where_nothing_was_installed_there_is_nothing_to_back_up(there: Callable[..., Installation]) -> None:
    other = there()
    with pytest.raises(BackupRefused, match="reachback db upgrade"):
        backed_up(other)


def test_an_installation_that_lies_there_is_refused_and_with_force_kept_beside_what_comes(
    here: Installation, tmp_path: Path
) -> None:
    file = backed_up(here)
    before = everything(here)
    here.engine.dispose()
    with pytest.raises(BackupRefused, match="--force"):
        restore(here.settings, file, force=False, now=NOW)
    done = restore(here.settings, file, force=True, now=NOW)
    assert everything(here) == before
    kept = here.settings.state_dir / "before-restore-20260301T100000Z"
    assert {path.name for path in kept.iterdir()} == {"kit", "kit.pins.json", "reachback.db", "secret_key"}
    assert {path.parent for path in done.kept} == {kept}
    # Twice is no trouble, and the recordings never left their place.
    restore(here.settings, file, force=True, now=NOW + timedelta(seconds=1))
    assert (here.settings.recordings.folder / "a.rbrec").read_bytes() == RECORDING


def test_what_the_settings_put_elsewhere_is_kept_there(
    here: Installation, there: Callable[..., Installation], tmp_path: Path
) -> None:
    kit, register = tmp_path / "elsewhere" / "kit", tmp_path / "elsewhere" / "register.db"
    kit.mkdir(parents=True)
    (kit / "old.exe").touch()
    register.touch()
    environ = {"REACHBACK_KIT_DIR": str(kit), "REACHBACK_DATABASE_URL": f"sqlite:///{register}"}
    (tmp_path / "there").mkdir()
    other = Installation(tmp_path / "there", {}, settings_of(there(name="x"), environ), here.engine, here.admin)
    with pytest.raises(BackupRefused, match=r"register\.db"):
        restore(other.settings, backed_up(here), force=False, now=NOW)
    restore(other.settings, backed_up(here), force=True, now=NOW)
    assert (kit.with_name("kit.before-restore-20260301T100000Z") / "old.exe").exists()
    assert register.with_name("register.db.before-restore-20260301T100000Z").exists()
    assert (kit / "tvnserver.exe").exists()
    assert register.stat().st_size


def test_a_key_that_others_lay_out_is_left_alone_and_has_to_be_the_backups(
    here: Installation, there: Callable[..., Installation], tmp_path: Path
) -> None:
    key, file = tmp_path / "laid-out", backed_up(here)
    key.write_bytes(b"\1" * 32)
    settings = settings_of(there(), {"REACHBACK_SECRET_KEY_FILE": str(key)})
    with pytest.raises(BackupRefused, match="another key than the backup's"):
        restore(settings, file, force=True, now=NOW)
    assert not (settings.state_dir / "reachback.db").exists()
    key.write_bytes(here.settings.secret_key())
    restore(settings, file, force=False, now=NOW)
    assert key.read_bytes() == here.settings.secret_key()
    assert not (settings.state_dir / "secret_key").exists()


def settings_of(one: Installation, environ: dict[str, str]) -> Settings:
    return Settings.from_env(one.environ | environ)


def test_where_a_part_listens_nothing_is_restored(here: Installation, there: Callable[..., Installation]) -> None:
    file, other = backed_up(here), there()
    with (
        socket.create_server((other.settings.http.host, other.settings.http.port)),
        pytest.raises(BackupRefused, match="Stop it first"),
    ):
        restore(other.settings, file, force=True, now=NOW)
    assert not other.settings.state_dir.exists()


def test_where_a_listener_still_has_calls_nothing_is_restored(here: Installation) -> None:
    with (here.settings.state_dir / "listener-7.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupRefused, match="A listener works with"):
            space.refuse_where_it_runs(here.settings)


@pytest.mark.parametrize("cut", [0, 1, 100, -1000, -100])
def test_a_file_that_was_cut_short_is_refused_and_nothing_changed(
    here: Installation, there: Callable[..., Installation], cut: int
) -> None:
    file, other = backed_up(here), there()
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(BackupRefused, match="is damaged"):
        restore(other.settings, file, force=False, now=NOW)
    assert list(other.settings.state_dir.iterdir()) == []


def rewritten(file: Path, change: Callable[[str, bytes], bytes | None], more: tuple[tarfile.TarInfo, ...] = ()) -> Path:
    """The same backup with some of its members changed, left out, or more before the others."""
    target = file.with_name("rewritten.tar.gz")
    with tarfile.open(file) as source, tarfile.open(target, "w:gz") as tar:
        for info in more:
            tar.addfile(info, io.BytesIO(b"x" * info.size))
        for info in source:
            read = source.extractfile(info)
            data = change(info.name, read.read() if read else b"")
            if data is not None:
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return target


def a_changed_row(name: str, data: bytes) -> bytes:
    return data.replace(b"Mrs Gray", b"Mr Brown") if name == "register/sessions.jsonl" else data


def a_missing_table(name: str, data: bytes) -> bytes | None:
    return None if name == "register/events.jsonl" else data


def no_manifest(name: str, data: bytes) -> bytes | None:
    return None if name == MANIFEST else data


@pytest.mark.parametrize("change", [a_changed_row, a_missing_table, no_manifest])
def test_a_file_that_does_not_hold_what_it_says_is_refused(
    here: Installation, there: Callable[..., Installation], change: Callable[[str, bytes], bytes | None]
) -> None:
    other = there()
    with pytest.raises(BackupRefused, match="is damaged"):
        restore(other.settings, rewritten(backed_up(here), change), force=False, now=NOW)
    assert list(other.settings.state_dir.iterdir()) == []


def member(name: str, kind: bytes = tarfile.REGTYPE, leads_to: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, leads_to, 3 if kind == tarfile.REGTYPE else 0
    return info


@pytest.mark.parametrize(
    "stranger",
    [
        member("../outside"),
        member("/etc/cron.d/outside"),
        member("kit/../../outside"),
        member("kit/sub/outside"),
        member("register/../secret_key"),
        member("somewhere/else"),
        member("kit/link", tarfile.SYMTYPE, "/etc/passwd"),
        member("kit/hard", tarfile.LNKTYPE, "/etc/passwd"),
        member("kit", tarfile.DIRTYPE),
        member("kit/pipe", tarfile.FIFOTYPE),
        member("kit/device", tarfile.CHRTYPE),
    ],
    ids=lambda info: info.name,
)
def test_what_no_backup_holds_is_not_unpacked(
    here: Installation, there: Callable[..., Installation], stranger: tarfile.TarInfo, tmp_path: Path
) -> None:
    file, other = rewritten(backed_up(here), lambda _name, data: data, (stranger,)), there()
    with pytest.raises(BackupRefused, match="is no backup of Reachback"):
        restore(other.settings, file, force=False, now=NOW)
    assert list(other.settings.state_dir.iterdir()) == []
    assert list(tmp_path.rglob("outside")) == []


def test_a_member_that_comes_twice_is_not_unpacked(here: Installation, there: Callable[..., Installation]) -> None:
    file = rewritten(backed_up(here), lambda _name, data: data, (member("secret_key"),))
    with pytest.raises(BackupRefused, match="'secret_key'"):
        restore(there().settings, file, force=False, now=NOW)


def told_otherwise(**told: object) -> Callable[[str, bytes], bytes]:
    def change(name: str, data: bytes) -> bytes:
        return json.dumps(json.loads(data) | told).encode() if name == MANIFEST else data

    return change


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"revision": "9999", "version": "9.0"}, r"newer version \(9\.0, revision 9999\)"),
        ({"format": 2}, "format 2"),
        ({"tables": {}}, "rows that fit no register"),
    ],
)
def test_what_this_version_cannot_read_is_told(
    here: Installation, there: Callable[..., Installation], told: dict[str, object], words: str
) -> None:
    other = there()
    with pytest.raises(BackupRefused, match=words):
        restore(other.settings, rewritten(backed_up(here), told_otherwise(**told)), force=False, now=NOW)
    assert list(other.settings.state_dir.iterdir()) == []


def test_a_backup_of_an_older_version_is_brought_to_this_one(there: Callable[..., Installation]) -> None:
    old, new = there("old"), there("new")
    engine = open_engine(old.settings.database_url)
    upgrade(engine, "0003")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO technicians (id, name, role, password_hash, created_at)"
            " VALUES (5, 'anna', 'admin', 'hash', '2026-03-01 10:00:00.000000')"
        )
    engine.dispose()
    done = restore(new.settings, backed_up(old, Wanted(key=False, recordings=False)), force=False, now=NOW)
    assert done.manifest.revision == "0003"
    new.engine = open_engine(new.settings.database_url)
    assert [one.name for one in new.people.all()] == ["anna"]
    new.engine.dispose()


@pytest.fixture
def server() -> Iterator[Callable[[], str]]:
    """The address of an empty database on a PostgreSQL server."""
    made: list[str] = []

    def make() -> str:
        made.append(postgres.server().new())
        return postgres.server().url(made[-1])

    yield make
    for name in made:
        postgres.server().drop(name)


OPENED = (
    "INSERT INTO calls (id, state, session_id, port, address, confirmed, encrypted, resumable, since, listener_id,"
    " bytes_from_customer, bytes_to_customer)"
    " VALUES (:call, :state, :id, 40001, '198.51.100.7', true, false, true, '2026-03-01 09:00:00', :listener, 0, 0)"
)
ELSEWHERE = "The register was restored from a backup."


@pytest.mark.postgresql
def test_nothing_is_held_after_a_restore_whatever_nodes_had_calls(
    server: Callable[[], str], there: Callable[..., Installation]
) -> None:
    url = server()
    with_admin(url)
    here = there("cluster", REACHBACK_DATABASE_URL=url)
    listeners, new = ListenerRegister(here.engine), here.session()
    for call, (node, state, of) in enumerate([("north", "held", new.session.id), ("south", "parked", None)], 7):
        here.change(OPENED, call=call, state=state, id=of, listener=listeners.begin(node))
    here.change("UPDATE sessions SET state = 'connected'")
    write(here.settings, here.folder / "b", Wanted(key=False, recordings=False), version="1.2.3", now=NOW)
    other = there()
    restore(other.settings, here.folder / "b", force=False, now=NOW)
    assert ListenerRegister(other.engine).present() == []
    assert [(row["state"], row["reason"]) for row in other.rows("SELECT * FROM calls")] == [("lost", ELSEWHERE)] * 2
    assert other.state(new) == "waiting"
    here.engine.dispose()


@pytest.mark.postgresql
def test_a_register_goes_to_postgresql_and_back_and_is_the_same(
    here: Installation, there: Callable[..., Installation], server: Callable[[], str]
) -> None:
    between, back = there("between"), there("back")
    between.settings = settings_of(between, {"REACHBACK_DATABASE_URL": server()})
    restore(between.settings, backed_up(here), force=False, now=NOW)
    engine = open_engine(between.settings.database_url)
    new = SessionRegister(engine).create(by=here.admin)
    with engine.begin() as connection:
        # The counters have moved on: what is made now has numbers that nothing had.
        call = connection.exec_driver_sql(
            "INSERT INTO calls (state, address, confirmed, encrypted, resumable, since, bytes_from_customer,"
            " bytes_to_customer) VALUES ('lost', '', true, true, true, now(), 0, 0) RETURNING id"
        ).scalar_one()
        assert call == 42
        connection.exec_driver_sql("DELETE FROM calls WHERE id = 42")
    assert new.session.id in {session.id for session in SessionRegister(engine).list()}
    engine.dispose()
    restore(back.settings, backed_up(between), force=False, now=NOW)
    before, after = everything(here), everything(back)
    assert [row for row in before["events"] if row not in after["events"]] == []
    for name in ("technicians", "calls", "recordings", "alembic_version"):
        assert after[name] == before[name]
    assert ("calls", 42) in after["sqlite_sequence"]
    assert len(after["sessions"]) == len(before["sessions"]) + 1


@pytest.mark.postgresql
def test_a_database_that_holds_rows_is_never_restored_over(
    here: Installation, there: Callable[..., Installation], server: Callable[[], str]
) -> None:
    file, other, url = backed_up(here), there(), server()
    settings = settings_of(other, {"REACHBACK_DATABASE_URL": url})
    restore(settings, file, force=False, now=NOW)
    with pytest.raises(BackupRefused, match="The database holds rows already"):
        restore(settings, file, force=True, now=NOW)
    # What was there stayed where it was, too.
    assert settings.secret_key_file.exists()
