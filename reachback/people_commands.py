"""`reachback technician ...` and `reachback token ...`: people, for whoever sits at the server."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from datetime import datetime

import click
from sqlalchemy import Engine

from reachback.register import opened
from sessions.api_tokens import ApiTokenRegister
from sessions.database import check_revision
from sessions.second_factor import SecondFactorRegister
from sessions.settings import Settings
from sessions.sign_ins import SignInRegister
from sessions.technicians import ROLES, TechnicianRegister
from sessions.views import PersonView

COLUMNS = ("NAME", "ROLE", "SIGNS IN WITH", "LAST SEEN (UTC)", "API TOKENS")
PASSWORD_STDIN = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of making one."
)


@click.group()
def technician() -> None:
    """The people who sign in."""


@technician.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="technician", show_default=True)
@click.option("--openid", metavar="EMAIL", help="Signs in with OpenID Connect as this, and has no password.")
@PASSWORD_STDIN
def add(name: str, role: str, openid: str | None, password_stdin: bool) -> None:
    """Add a technician; prints the password that was made, and only that, to standard output."""
    given = _typed() if password_stdin else None
    with _people() as people:
        made = people.add(name, role, given, openid_email=openid)
    click.echo(f"Technician {name} was added with the role {role}.", err=True)
    if given is None and made.password:
        _show(made.password)


@technician.command("list")
@click.option("--removed", is_flag=True, help="Show those who were removed, too.")
def list_people(removed: bool) -> None:
    """Show everybody: role, how they sign in, when they were last seen."""
    with _people() as people:
        rows = [COLUMNS, *(_row(one) for one in people.all(removed=removed))]
    widths = [max(len(row[at]) for row in rows) for at in range(len(COLUMNS))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@technician.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
def change_role(name: str, role: str) -> None:
    """Give a technician another role; an auditor's seats end at once."""
    with _people() as people:
        people.change_role(name, role, None)
    click.echo(f"{name} has the role {role} now.", err=True)


@technician.command("password")
@click.argument("name")
@PASSWORD_STDIN
def set_password(name: str, password_stdin: bool) -> None:
    """Give a technician a new password and sign them out; a password made here has to be changed at once."""
    with _people() as people:
        if password_stdin:
            people.set_password(name, _typed(), None)
        else:
            _show(people.make_password(name, None))
    click.echo(f"{name} is signed out everywhere, and signs in with the new password.", err=True)


@technician.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Let a technician in no more: seats, sign-ins and API tokens end at once."""
    with _people() as people:
        people.remove(name, None)
    click.echo(f"{name} was removed. `reachback technician restore {name}` takes it back.", err=True)


@technician.command("restore")
@click.argument("name")
def restore(name: str) -> None:
    """Let a technician in again who was removed."""
    with _people() as people:
        people.restore(name, None)
    click.echo(f"{name} may sign in again.", err=True)


@technician.command("sign-out")
@click.argument("name")
def sign_out(name: str) -> None:
    """End a technician's sign-ins and seats everywhere; API tokens stay."""
    with _engine() as engine:
        ended = SignInRegister(engine).end_all(TechnicianRegister(engine).person(name).id, None)
    click.echo(f"{ended} sign-ins of {name} were ended.", err=True)


@technician.command("second-factor-off")
@click.argument("name")
def second_factor_off(name: str) -> None:
    """Ask a technician for no second factor any more: their phone is lost, and so are the recovery codes."""
    with _engine() as engine:
        SecondFactorRegister(engine).turn_off(TechnicianRegister(engine).person(name).id, None)
    click.echo(f"{name} signs in without a second factor, and can set up a new one.", err=True)


@technician.command("openid")
@click.argument("name")
@click.argument("email", required=False)
def openid(name: str, email: str | None) -> None:
    """Let a technician in with OpenID Connect as EMAIL; without EMAIL, no more."""
    with _people() as people:
        people.set_openid_email(name, email, None)
    told = f"may sign in with OpenID Connect as {email}" if email else "signs in without OpenID Connect"
    click.echo(f"{name} {told}.", err=True)


class _TokenGroup(click.Group):
    """`reachback token NAME` makes one, as it always did; `list` and `revoke` are words of their own."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            args = ["make", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_TokenGroup, subcommand_metavar="NAME | list NAME | revoke NUMBER")
def token() -> None:
    """API tokens: `reachback token NAME` makes one for a technician."""


@token.command("make")
@click.argument("name")
@click.option("--label", default="command line", show_default=True, help="What the token is for.")
def make_token(name: str, label: str) -> None:
    """Make a new API token for a technician; prints it, once."""
    with _engine() as engine:
        owner = TechnicianRegister(engine).person(name)
        click.echo(ApiTokenRegister(engine).make(owner.id, label).token)


@token.command("list")
@click.argument("name")
def list_tokens(name: str) -> None:
    """Show a technician's API tokens: number, what for, last use."""
    with _engine() as engine:
        for one in ApiTokenRegister(engine).list(TechnicianRegister(engine).person(name).id):
            used = (
                f"last used {_moment(one.last_used_at)} UTC from {one.last_used_from}"
                if one.last_used_at
                else "never used"
            )
            click.echo(f"{one.id}  {one.name}  made {_moment(one.created_at)} UTC, {used}")


@token.command("revoke")
@click.argument("number", type=int)
def revoke_token(number: int) -> None:
    """Let an API token open nothing any more."""
    with _engine() as engine:
        ApiTokenRegister(engine).revoke(number, None)
    click.echo(f"API token {number} was revoked.", err=True)


def _row(one: PersonView) -> tuple[str, ...]:
    return (one.name, "removed" if one.removed_at else one.role, _ways(one), _moment(one.last_seen), str(one.tokens))


def _ways(one: PersonView) -> str:
    password = "password and second factor" if one.second_factor else "password"
    ways = [password] if one.has_password else []
    return ", ".join([*ways, f"OpenID ({one.openid_email})"] if one.openid_email else ways)


def _moment(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "–"


def _typed() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _show(password: str) -> None:
    click.echo("The password, shown only this once:", err=True)
    click.echo(password)


@contextlib.contextmanager
def _engine() -> Iterator[Engine]:
    with opened(Settings.from_env().database_url) as engine:
        check_revision(engine)
        yield engine


@contextlib.contextmanager
def _people() -> Iterator[TechnicianRegister]:
    with _engine() as engine:
        yield TechnicianRegister(engine)
