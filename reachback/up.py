"""`reachback up`: everything on this machine, in the foreground, until Ctrl-C."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping

from reachback.health import failing_parts
from reachback.parts import Part, parts
from reachback.ports import is_listening, why_not_free
from reachback.register import opened
from reachback.schema import bring_here
from reachback.supervisor import supervise
from sessions.settings import Address, Settings
from sessions.technicians import TechnicianRegister

READY_SECONDS = 60.0
POLL_SECONDS = 0.1
FIRST_TECHNICIAN = "admin"


class PortTaken(Exception):
    """Another program listens where a part must; the text says which setting to change."""


def up(settings: Settings, *, environ: Mapping[str, str], say: Callable[[str], None]) -> str | None:
    """Prepare the register, then run the three parts until they are asked to stop.

    `environ` is handed to the parts; `say` prints one line for the person at the terminal.

    Returns:
        None when asked to stop (Ctrl-C), else one sentence about what ended.

    Raises:
        PortTaken: before anything was started.
    """
    ours = parts(settings)
    check_ports(ours)
    prepare(settings, say)
    return _run(ours, settings, environ, say)


def check_ports(ours: tuple[Part, ...]) -> None:
    """Raises PortTaken for the first address that is not free."""
    for part in ours:
        for address in part.addresses:
            reason = why_not_free(address)
            if reason:
                raise PortTaken(
                    f"{part.name} cannot listen on {address}: {reason}. "
                    f"Stop what does, or choose another address in {part.setting}."
                )


def prepare(settings: Settings, say: Callable[[str], None]) -> None:
    """Bring the database to this version, and make the first technician where there is none."""
    with opened(settings.database_url) as engine:
        bring_here(engine, say)
        _make_first_technician(TechnicianRegister(engine), settings, say)


def _make_first_technician(register: TechnicianRegister, settings: Settings, say: Callable[[str], None]) -> None:
    if register.count():
        return
    made = register.add(FIRST_TECHNICIAN, "admin")
    say("The first technician was made. The password is shown only this once:")
    say(f"    sign in at  {settings.public_url}/sign-in")
    say(f"    name        {made.technician.name}")
    say(f"    password    {made.password}")


def _run(
    ours: tuple[Part, ...], settings: Settings, environ: Mapping[str, str], say: Callable[[str], None]
) -> str | None:
    def ready() -> None:
        wait_until_well(ours, settings.http)
        for line in where(settings):
            say(line)

    return supervise(ours, environ={**environ, "PYTHONUNBUFFERED": "1"}, ready=ready)


def where(settings: Settings) -> list[str]:
    """What people need to know once all parts answer."""
    return [
        "Reachback is ready. Ctrl-C stops it.",
        f"    technicians      {settings.public_url}/sign-in",
        f"    customers        {settings.public_url}/",
        f"    customers' calls {', '.join(map(str, settings.listen))}",
        f"    websockify       {settings.public_websocket}",
    ]


def wait_until_well(ours: tuple[Part, ...], portal: Address) -> None:
    """Wait until every part listens and the portal finds all of them well. Raises TimeoutError, saying which is not."""
    deadline = time.monotonic() + READY_SECONDS
    for part in ours:
        _wait_for(functools.partial(_listens, part), part.name, deadline)
    _wait_for(lambda: failing_parts(portal) == [], "the portal's /healthz", deadline)


def _wait_for(answers: Callable[[], bool], name: str, deadline: float) -> None:
    while not answers():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{name} was not well within {READY_SECONDS:.0f} s")
        # Another program's port has no event to wait for.
        time.sleep(POLL_SECONDS)


def _listens(part: Part) -> bool:
    return all(is_listening(address.port) for address in part.addresses)
