"""`reachback`: the one command of an installation."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import click
from sqlalchemy.exc import SQLAlchemyError

from kit import PINS_FILE, KitError
from reachback import diagnosis, kit_check
from reachback import doctor as checks
from reachback import up as foreground
from reachback.backup_commands import backup, restore
from reachback.backups.errors import BackupRefused
from reachback.findings import Finding
from reachback.listeners_command import listeners
from reachback.people_commands import technician, token
from reachback.recordings_commands import recordings
from reachback.register import opened
from reachback.schema import bring_here
from sessions.errors import BadSetting, RegisterError
from sessions.settings import Settings


class _Commands(click.Group):
    """What a command refuses is told in one sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        # What is made here (the state directory, the database) is for this user only; the parts inherit it.
        os.umask(0o077)
        try:
            return super().invoke(ctx)
        except (RegisterError, KitError, BackupRefused, foreground.PortTaken) as error:
            raise click.ClickException(str(error)) from error
        except SQLAlchemyError as error:
            words = f"The database does not answer ({type(error).__name__}). `reachback doctor` says more."
            raise click.ClickException(words) from error
        except (OSError, ImportError) as error:
            raise click.ClickException(f"{error}. Check the folder and the address in the settings.") from error


@click.group(cls=_Commands)
def main() -> None:
    """Start, prepare and check this installation. Settings come from the environment (REACHBACK_...)."""


@main.command()
def up() -> None:
    """Serve everything on this machine, in the foreground, until Ctrl-C."""
    ended = foreground.up(Settings.from_env(), environ=os.environ, say=click.echo)
    if ended:
        raise click.ClickException(ended)
    click.echo("Reachback has stopped.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object: of each finding name, status, what and cure.")
def doctor(as_json: bool) -> None:
    """Check this installation and print what is wrong and the cure; exit 1 where something is."""
    sys.exit(not diagnosis.tell(_findings(), as_json=as_json))


def _findings() -> Iterator[Finding]:
    try:
        settings = Settings.from_env()
    except BadSetting as error:
        yield checks.unreadable(error)
    else:
        yield from checks.examine(settings)


main.add_command(technician)
main.add_command(token)
main.add_command(recordings)
main.add_command(listeners)
main.add_command(backup)
main.add_command(restore)


@main.group()
def db() -> None:
    """The register's database."""


@db.command("upgrade")
def upgrade_database() -> None:
    """Bring the schema to this version, from any older one or from nothing."""
    with opened(Settings.from_env().database_url) as engine:
        bring_here(engine, click.echo)
    click.echo("The database is of this version.")


@main.group()
def kit() -> None:
    """The programs that customers are handed."""


@kit.command("check")
@click.option("--accept", is_flag=True, help="Pin what is there now, also where it changed; forget what is gone.")
def check_kit(accept: bool) -> None:
    """Show every file of the kit, and pin those that never were; exit 1 where a pinned one changed."""
    settings = Settings.from_env()
    report = kit_check.check(settings.kit_dir, settings.state_dir / PINS_FILE, accept=accept)
    for line in report.lines:
        click.echo(line)
    sys.exit(not report.well)
