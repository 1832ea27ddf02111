"""`reachback`: the one command of an installation."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

import click
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from kit import PINS_FILE, KitError
from reachback import doctor as checks
from reachback import kit_check
from reachback import up as foreground
from reachback.register import opened
from sessions.api_tokens import ApiTokenRegister
from sessions.database import check_revision, upgrade
from sessions.errors import RegisterError
from sessions.settings import Settings
from sessions.technicians import ROLES, TechnicianRegister


class _Commands(click.Group):
    """What a command refuses is told in one sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        # What is made here (the state directory, the database) is for this user only; the parts inherit it.
        os.umask(0o077)
        try:
            return super().invoke(ctx)
        except (RegisterError, KitError, foreground.PortTaken) as error:
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
def doctor() -> None:
    """Check this installation and print what is wrong and the cure."""
    findings = []
    for finding in checks.examine(Settings.from_env()):
        findings.append(finding)
        click.echo(finding)
    sys.exit(not all(finding.well for finding in findings))


@main.group()
def technician() -> None:
    """The people who sign in."""


@technician.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="technician", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of making one.")
def add_technician(name: str, role: str, password_stdin: bool) -> None:
    """Add a technician; prints the password that was made, and only that, to standard output."""
    given = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with _engine() as engine:
        made = TechnicianRegister(engine).add(name, role, given)
    click.echo(f"Technician {name} was added with the role {role}.", err=True)
    if given is None:
        click.echo("The password, shown only this once:", err=True)
        click.echo(made.password)


@main.command()
@click.argument("name")
@click.option("--label", default="command line", show_default=True, help="What the token is for.")
def token(name: str, label: str) -> None:
    """Make a new API token for a technician; prints it, once."""
    with _engine() as engine:
        owner = TechnicianRegister(engine).person(name)
        click.echo(ApiTokenRegister(engine).make(owner.id, label).token)


@main.group()
def db() -> None:
    """The register's database."""


@db.command("upgrade")
def upgrade_database() -> None:
    """Bring the schema to this version, from any older one or from nothing."""
    with opened(Settings.from_env().database_url) as engine:
        upgrade(engine)
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


@contextlib.contextmanager
def _engine() -> Iterator[Engine]:
    with opened(Settings.from_env().database_url) as engine:
        check_revision(engine)
        yield engine
