"""The listener's life: put the register right, open the door, go round until told to stop, close in order."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal

from reverse_listener.desk import Desk
from reverse_listener.door import Door
from reverse_listener.greeting import Deadlines
from reverse_listener.ledger import Ledger
from reverse_listener.rounds import Rounds
from sessions.calls import CallRegister
from sessions.database import check_revision, open_engine
from sessions.register import SessionRegister
from sessions.settings import Settings

RESTARTED = "The listener was restarted."

log = logging.getLogger(__name__)


class CannotListen(Exception):
    """An address cannot be listened on; `str()` says why and what to do."""


async def serve(settings: Settings) -> None:
    """Serve customers' calls until SIGTERM or SIGINT.

    Raises:
        WrongRevision: the database is of another version.
        CannotListen
    """
    stop = _told_to_stop()
    ledger = open_ledger(settings)
    desk = Desk(ledger)
    deadlines = Deadlines(settings.preamble_seconds, settings.greeting_seconds)
    door = Door(desk, ledger, deadlines, settings.max_calls, settings.max_calls_per_address)
    forgotten = await ledger.forget(RESTARTED)
    if forgotten:
        log.info("%d calls were open when the last listener stopped: marked as lost", forgotten)
    await _open_door(door, settings)
    rounds = asyncio.create_task(Rounds(desk, door, ledger).walk())
    told = asyncio.create_task(stop.wait())
    await asyncio.wait({rounds, told}, return_when=asyncio.FIRST_COMPLETED)
    log.info("stopping: %d calls end now", len(desk))
    await door.close()
    told.cancel()
    if rounds.done():
        # A timer that died on a fault of ours must not leave a listener behind that carries out no decision.
        rounds.result()
    rounds.cancel()


def open_ledger(settings: Settings) -> Ledger:
    """The register of this installation. Raises WrongRevision."""
    engine = open_engine(settings.database_url)
    check_revision(engine)
    vault = settings.vault()
    calls = CallRegister(engine, vault=vault, seat_seconds=settings.seat_seconds)
    return Ledger(calls, SessionRegister(engine, vault=vault))


def allow_many_connections() -> None:
    """Raise the number of open files to what the system allows: each call needs three."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _open_door(door: Door, settings: Settings) -> None:
    for address in settings.listen:
        try:
            opened = await door.open(address)
        except OSError as error:
            raise CannotListen(
                f"Cannot listen on {address}: {_reason(error)}. Stop what uses it, or change REACHBACK_LISTEN."
            ) from error
        for listening in opened:
            log.info("listening for calls on %s", listening)


def _told_to_stop() -> asyncio.Event:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _reason(error: OSError) -> str:
    # asyncio puts the address into its text once more.
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
