"""`reachback doctor`: what is wrong with this installation, and the cure."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

import reachback
from kit import PINS_FILE, KitError
from reachback import call_checks, kit_check, openid_check, recordings_check
from reachback.findings import Finding, ill, well
from reachback.health import failing_parts
from reachback.parts import Part, parts
from reachback.ports import is_listening, owners, why_not_free
from reachback.register import opened
from sessions.clock import utc_now
from sessions.database import check_revision
from sessions.errors import WrongRevision
from sessions.settings import Address, Settings
from sessions.technicians import TechnicianRegister

NOVNC = Path(reachback.__file__).parent.parent / "noVNC"
NOVNC_FILES = ("node_modules/@novnc/novnc/core/rfb.js", "node_modules/@novnc/novnc/vendor", "src")


def examine(settings: Settings, novnc: Path = NOVNC) -> Iterator[Finding]:
    """Every finding, in the order in which to mend them."""
    yield state_dir(settings.state_dir)
    yield secret_key(settings.state_dir / "secret_key")
    yield from database(settings.database_url)
    yield viewer(novnc)
    yield from kit(settings.kit_dir, settings.state_dir / PINS_FILE)
    yield from openid_check.examine(settings)
    yield from recordings_check.examine(settings.recordings)
    _portal, listener, _websockify = own = parts(settings)
    yield from call_checks.examine(settings, listener, utc_now())
    for part in own:
        for address in part.addresses:
            yield port(part, address)
    if is_listening(settings.http.port):
        yield health(settings.http)


def state_dir(folder: Path) -> Finding:
    """The state directory must take files of this user, or be one that the first start can make."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return ill(f"{there} takes no files of this user", "give that folder to this user, or set REACHBACK_STATE_DIR")
    return well(f"state directory {folder} can be {'written' if there == folder else 'made'}")


def secret_key(file: Path) -> Finding:
    """The installation's key must be nobody else's to read."""
    if not file.exists():
        return well("secret key: not made yet, the first start makes it")
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        return ill(f"others can read {file}", f"chmod 600 {file}")
    return well("secret key is readable by its owner only")


def database(url: str) -> Iterator[Finding]:
    """The register must answer, have this version's schema, and know somebody who can sign in."""
    if _is_missing_file(url):
        yield ill("there is no database yet", "run `reachback db upgrade` (`reachback up` does it by itself)")
        return
    try:
        with opened(url) as engine:
            yield from _register(engine)
    except (SQLAlchemyError, ImportError) as error:
        yield ill(f"the database does not answer ({type(error).__name__})", "check REACHBACK_DATABASE_URL")


def _is_missing_file(url: str) -> bool:
    # Looking into an SQLite file that is not there would make an empty one, and it would belong to this user.
    parts_of_url = make_url(url)
    return parts_of_url.get_backend_name() == "sqlite" and not Path(parts_of_url.database or "").exists()


def _register(engine: Engine) -> Iterator[Finding]:
    try:
        check_revision(engine)
    except WrongRevision as error:
        yield ill("the database is not of this version", str(error))
        return
    yield well(f"database ({engine.dialect.name}) answers and is of this version")
    if TechnicianRegister(engine).count():
        yield well("somebody can sign in")
    else:
        yield ill("nobody can sign in", "run `reachback technician add NAME --role admin`")


def viewer(novnc: Path) -> Finding:
    """The viewer page's files must be beside the packages."""
    missing = [name for name in NOVNC_FILES if not (novnc / name).exists()]
    if missing:
        cure = f"in a checkout run `npm ci --omit=dev --prefix {novnc}`, else install the wheel again"
        return ill(f"noVNC is incomplete, {', '.join(missing)} missing", cure)
    return well("noVNC's files are there")


def kit(folder: Path, pins_file: Path) -> Iterator[Finding]:
    """What customers are handed must be what was pinned; an empty kit is no fault."""
    try:
        yield from kit_check.summary(folder, pins_file)
    except KitError as error:
        yield ill("the kit cannot be looked at", str(error))


def port(part: Part, address: Address) -> Finding:
    """Where a part listens there must be that part, or nothing."""
    reason = why_not_free(address)
    if reason is None:
        return well(f"{part.name}: {address} is free, it does not run now")
    found = owners(address.port)
    if any(part.is_run_by(command) for command in found):
        return well(f"{part.name} listens on {address}")
    other = found[0].split()[0] if found else "what does (root can see its name)"
    return ill(f"{part.name} cannot listen on {address} ({reason})", f"stop {other}, or change {part.setting}")


def health(portal: Address) -> Finding:
    """Where the portal runs, it knows whether the other parts work."""
    failing = failing_parts(portal)
    if failing is None:
        return ill(f"nothing like a portal answers on {portal}", "look at what listens there, and at the portal's log")
    if failing:
        return ill(f"the portal sees trouble with: {', '.join(failing)}", "start that part, or look at its log")
    return well("the portal sees all parts at work")
