"""`reachback backup FILE` and `reachback restore FILE`."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from reachback.backups.reading import Restored
from reachback.backups.reading import restore as read_backup
from reachback.backups.writing import Wanted, Written, write
from sessions.clock import utc_now
from sessions.settings import Settings

MEGABYTE = 1_000_000
BACKUP_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@BACKUP_FILE
@click.option("--without-key", is_flag=True, help="Leave the secret key out: keep it apart, or be without it.")
@click.option("--with-recordings", is_flag=True, help="Put the files of the recordings in, too.")
def backup(file: Path, without_key: bool, with_recordings: bool) -> None:
    """Write this installation into one FILE, while it runs: register, key, kit, list of recordings."""
    settings = Settings.from_env()
    wanted = Wanted(key=not without_key, recordings=with_recordings)
    written = write(settings, file.absolute(), wanted, version=_version(), now=utc_now())
    for line in _told(written, file, wanted):
        click.echo(line)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Also where an installation lies; it is kept beside what comes.")
def restore(file: Path, force: bool) -> None:
    """Make this installation of a backup FILE, of this version or an older one; nothing may run."""
    settings = Settings.from_env()
    for line in _restored(read_backup(settings, file, force=force, now=utc_now()), settings):
        click.echo(line)


def _told(written: Written, file: Path, wanted: Wanted) -> list[str]:
    size = file.stat().st_size / MEGABYTE
    rows = sum(written.manifest.tables.values())
    lines = [f"{file}: {size:.1f} MB, {rows} rows in {len(written.manifest.tables)} tables, {_recordings(written)}."]
    if wanted.key:
        lines.append("It holds the secret key: whoever has this file can open the VNC passwords of living sessions.")
    else:
        lines.append(
            "The secret key is not in it. Without a copy of it, a restored installation makes a new one: everybody "
            "signs in anew, second factors have to be set up anew, and stored VNC passwords are lost."
        )
    return lines


def _recordings(written: Written) -> str:
    packed = sum(name.startswith("recordings/") for name in written.manifest.members)
    return f"{len(written.recordings)} recordings listed, {packed} of them inside"


def _restored(done: Restored, settings: Settings) -> list[str]:
    rows = sum(done.manifest.tables.values())
    lines = [f"Restored {rows} rows of {done.manifest.made_at} (revision {done.manifest.revision}), every one counted."]
    lines += [f"What was here is kept: {path}" for path in done.kept]
    if not done.has_key:
        lines.append(f"The backup holds no secret key: put yours into {settings.secret_key_file} before the start.")
    if done.missing:
        lines.append(
            f"{len(done.missing)} of {done.recordings} recordings are not in {settings.recordings.folder}: copy them "
            "there. `reachback recordings check FILE` says whether one is whole."
        )
    return lines


def _version() -> str:
    try:
        return version("reachback")
    except PackageNotFoundError:
        return "unpackaged"
