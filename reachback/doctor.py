"""`reachback doctor`: what is wrong with this installation, and the cure."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

import reachback
from kit import PINS_FILE, KitError
from reachback import (
    call_checks,
    certificates,
    clock_check,
    dial_check,
    files_check,
    kit_check,
    listeners_check,
    openid_check,
    public_check,
    recordings_check,
    settings_check,
    webhook_check,
)
from reachback.findings import Finding, doubtful, ill, well
from reachback.health import failing_parts
from reachback.parts import Part, parts
from reachback.ports import is_listening, owners, user_of, why_not_free
from reachback.register import opened
from reachback.socket_units import commands_behind
from sessions.clock import utc_now
from sessions.database import check_revision
from sessions.errors import BadSetting, WrongRevision
from sessions.settings import Address, Settings
from sessions.technicians import TechnicianRegister

NOVNC = Path(reachback.__file__).parent.parent / "noVNC"
SERVICE_MANAGERS = frozenset({"systemd", "init"})
NOVNC_FILES = ("node_modules/@novnc/novnc/core/rfb.js", "node_modules/@novnc/novnc/vendor", "src")


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at: the settings and where they come from, the viewer's files, the moment."""

    settings: Settings
    environ: Mapping[str, str]
    novnc: Path
    now: datetime

    @property
    def listener(self) -> Part:
        """The part that takes calls."""
        return parts(self.settings)[1]

    def runs(self, address: Address) -> bool:
        """Whether something listens there."""
        return is_listening(address.port)


def examine(
    settings: Settings, novnc: Path = NOVNC, environ: Mapping[str, str] = os.environ, now: datetime | None = None
) -> Iterator[Finding]:
    """Every finding, in the order in which to mend them."""
    patient = Patient(settings, environ, novnc, now or utc_now())
    for name, check in CHECKS:
        for finding in check(patient):
            yield finding if finding.name else replace(finding, name=name)


def unreadable(error: BadSetting) -> Finding:
    """The settings cannot be understood: nothing else can then be looked at."""
    return replace(ill(str(error), "correct that setting, then run `reachback doctor` once more"), name="settings")


def _secrets(patient: Patient) -> Iterator[Finding]:
    yield files_check.secret_key(patient.settings.secret_key_file)


def database(patient: Patient) -> Iterator[Finding]:
    """The register must answer, have this version's schema, and know somebody who can sign in."""
    url = patient.settings.database_url
    if _is_missing_file(url):
        yield ill("there is no database yet", "run `reachback db upgrade` (`reachback up` does it by itself)")
        return
    try:
        with opened(url) as engine:
            yield from _register(engine, patient)
    except (SQLAlchemyError, ImportError) as error:
        yield ill(f"the database does not answer ({type(error).__name__})", "check REACHBACK_DATABASE_URL")


def _is_missing_file(url: str) -> bool:
    # Looking into an SQLite file that is not there would make an empty one, and it would belong to this user.
    parts_of_url = make_url(url)
    return parts_of_url.get_backend_name() == "sqlite" and not Path(parts_of_url.database or "").exists()


def _register(engine: Engine, patient: Patient) -> Iterator[Finding]:
    try:
        check_revision(engine)
    except WrongRevision as error:
        yield replace(ill("the database is not of this version", str(error)), name="schema")
        return
    yield replace(well(f"database ({engine.dialect.name}) answers and is of this version"), name="schema")
    yield replace(_people(engine), name="people")
    yield replace(clock_check.of_database(engine, patient.now), name="clock")
    runs_here = any(patient.runs(address) for address in patient.settings.listen)
    for finding in listeners_check.examine(patient.settings, engine, patient.now, runs_here=runs_here):
        yield replace(finding, name="listeners")
    for finding in webhook_check.deliveries(engine, patient.now):
        yield replace(finding, name="deliveries")


def _people(engine: Engine) -> Finding:
    if TechnicianRegister(engine).count():
        return well("somebody can sign in")
    return ill("nobody can sign in", "run `reachback technician add NAME --role admin`")


def _viewer(patient: Patient) -> Iterator[Finding]:
    """The viewer page's files must be beside the packages."""
    missing = [name for name in NOVNC_FILES if not (patient.novnc / name).exists()]
    if missing:
        cure = f"in a checkout run `npm ci --omit=dev --prefix {patient.novnc}`, else install the wheel again"
        yield ill(f"noVNC is incomplete, {', '.join(missing)} missing", cure)
    else:
        yield well("noVNC's files are there")


def kit(folder: Path, pins_file: Path) -> Iterator[Finding]:
    """What customers are handed must be what was pinned; an empty kit is no fault."""
    try:
        yield from kit_check.summary(folder, pins_file)
    except KitError as error:
        yield ill("the kit cannot be looked at", str(error))


def _web_certificate(patient: Patient) -> Iterator[Finding]:
    if patient.settings.web_tls:
        use = certificates.Use(
            "the pages",
            "pages cannot be encrypted",
            "REACHBACK_WEB_TLS_CERT and REACHBACK_WEB_TLS_KEY",
            urlsplit(patient.settings.public_url).hostname,
        )
        yield from certificates.examine(patient.settings.web_tls, use, patient.now)


def _session_ports(patient: Patient) -> Iterator[Finding]:
    if patient.settings.session_ports:
        yield call_checks.session_ports(patient.settings.session_ports, patient.listener)


def _ports(patient: Patient) -> Iterator[Finding]:
    own = parts(patient.settings)
    running = any(patient.runs(address) for part in own for address in part.addresses)
    for part in own:
        for address in part.addresses:
            yield port(part, address, others_run=running)


def port(part: Part, address: Address, *, others_run: bool = False) -> Finding:
    """Where a part listens there must be that part; or nothing, where no part runs."""
    reason = why_not_free(address)
    if reason is None and others_run:
        cure = f"`systemctl start reachback-{part.name}`, or look at its log"
        return ill(f"{part.name}: nothing listens on {address}, while other parts run", cure)
    if reason is None:
        return well(f"{part.name}: {address} is free, it does not run now")
    found = owners(address.port) or commands_behind(address.port)
    if any(part.is_run_by(command) for command in found):
        return well(f"{part.name} listens on {address}")
    if any(Path(command.split()[0]).name in SERVICE_MANAGERS for command in found if command):
        return well(f"systemd holds {address} for {part.name}, and starts it")
    return _foreign(part, address, reason, found)


def _foreign(part: Part, address: Address, reason: str | None, found: list[str]) -> Finding:
    whose = user_of(address.port)
    if not found and whose == "root":
        # Sockets that systemd hands over are root's.
        words = f"{part.name}: root's program listens on {address}, perhaps systemd for it"
        return doubtful(words, "run `sudo reachback doctor` with the same settings: root sees which")
    other = f"`{found[0].split()[0]}`" if found else "what does (root can see its name)"
    words = f"{part.name} cannot listen on {address} ({reason}" + (f", by a program of user {whose})" if whose else ")")
    return ill(words, f"stop {other}, or change {part.setting}")


def _health(patient: Patient) -> Iterator[Finding]:
    if patient.runs(patient.settings.http):
        yield health(patient.settings.http)


def health(portal: Address) -> Finding:
    """Where the portal runs, it knows whether the other parts work."""
    failing = failing_parts(portal)
    if failing is None:
        return ill(f"nothing like a portal answers on {portal}", "look at what listens there, and at the portal's log")
    if failing:
        return ill(f"the portal sees trouble with: {', '.join(failing)}", "start that part, or look at its log")
    return well("the portal sees all parts at work")


def _public(patient: Patient) -> Iterator[Finding]:
    # Nothing is made here: where there is no whole key, *secret-key* has said so.
    key = files_check.key_in(patient.settings.secret_key_file)
    if key and patient.runs(patient.settings.http):
        yield from public_check.portal(patient.settings, key, patient.now)


def _websocket(patient: Patient) -> Iterator[Finding]:
    if patient.runs(patient.settings.websocket):
        yield from public_check.websocket(patient.settings)


def _dialled(patient: Patient) -> Iterator[Finding]:
    if any(patient.runs(address) for address in patient.settings.listen):
        yield dial_check.examine(patient.settings)


# The names are for programs that read `--json`: they stay.
CHECKS: tuple[tuple[str, Callable[[Patient], Iterable[Finding]]], ...] = (
    ("settings", lambda patient: settings_check.examine(patient.settings, patient.environ)),
    ("state-dir", lambda patient: files_check.state_dir(patient.settings.state_dir)),
    ("disk", lambda patient: [files_check.disk(patient.settings.state_dir)]),
    ("secret-key", _secrets),
    ("database", database),
    ("viewer", _viewer),
    ("kit", lambda patient: kit(patient.settings.kit_dir, patient.settings.state_dir / PINS_FILE)),
    ("openid", lambda patient: openid_check.examine(patient.settings)),
    ("recordings", lambda patient: recordings_check.examine(patient.settings.recordings)),
    ("call-certificate", lambda patient: call_checks.certificate(patient.settings, patient.now)),
    ("web-certificate", _web_certificate),
    ("webhook", lambda patient: webhook_check.examine(patient.settings.webhook)),
    ("session-ports", _session_ports),
    ("ports", _ports),
    ("health", _health),
    ("public-url", _public),
    ("public-websocket", _websocket),
    ("dialling", _dialled),
)
