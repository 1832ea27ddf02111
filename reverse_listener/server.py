"""The listener's life: put the register right, open the door, go round until told to stop, close in order."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import resource
import signal
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Engine

from certificates import ServedCertificate
from meters.book import Book
from meters.catalogue import DATABASE_ERRORS, KEPT_BY
from reverse_listener.archive import Archive
from reverse_listener.desk import STOPPED, Desk
from reverse_listener.door import Door
from reverse_listener.greeting import Deadlines, Terms
from reverse_listener.ledger import Ledger
from reverse_listener.readings import Readings
from reverse_listener.rounds import Rounds
from reverse_listener.tls import tls_context
from sessions.audit import AuditRegister
from sessions.calls import CallRegister
from sessions.database import check_revision, on_error, open_engine
from sessions.listeners import ListenerRegister
from sessions.recordings import RecordingRegister
from sessions.register import SessionRegister
from sessions.settings import Address, Settings
from sessions.sign_ins import SignInRegister
from sessions.tries import TryRegister

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
    engine = _open(settings)
    terms = _terms(settings)
    with _alone(settings):
        ledger = _ledger(engine, settings)
        desk = Desk(ledger)
        register = RecordingRegister(engine, policy=settings.recordings.policy)
        archive = Archive(desk, register, settings.recordings)
        door = Door(desk, ledger, terms, settings.max_calls, settings.max_calls_per_address)
        taken = await _take_addresses(door, settings)
        await _put_register_right(ledger, settings.node)
        await archive.put_right()
        await door.accept()
        for address in taken:
            log.info("listening for calls on %s", address)
        if settings.session_ports:
            log.info("and on the session ports %d to %d", settings.session_ports[0], settings.session_ports[-1])
        book = Book(settings.metrics_dir, "listener", KEPT_BY["listener"])
        readings = Readings(desk, door, ledger, book)
        rounds = asyncio.create_task(Rounds(desk, door, ledger, archive, readings).walk())
        await _stopped(rounds, stop)
        log.info("stopping: %d calls end now", len(desk))
        await archive.close()
        await door.close()
        if rounds.done():
            # A timer that died on a fault of ours must not leave a listener behind that carries out no decision.
            rounds.result()
        rounds.cancel()
        await ledger.leave(STOPPED)
        readings.take()
        book.close()


async def _stopped(rounds: asyncio.Task[None], stop: asyncio.Event) -> None:
    told = asyncio.create_task(stop.wait())
    await asyncio.wait({rounds, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()


def _open(settings: Settings) -> Engine:
    engine = open_engine(settings.database_url)
    check_revision(engine)
    on_error(engine, lambda: DATABASE_ERRORS.add("listener"))
    return engine


def _ledger(engine: Engine, settings: Settings) -> Ledger:
    vault = settings.vault()
    listeners = ListenerRegister(engine)
    listener_id = listeners.begin(settings.node)
    calls = CallRegister(
        engine,
        vault=vault,
        seat_seconds=settings.seat_seconds,
        max_seats=settings.max_seats,
        listener_id=listener_id,
    )
    return Ledger(
        listener_id,
        calls=calls,
        listeners=listeners,
        sessions=SessionRegister(engine, vault=vault),
        audit=AuditRegister(engine),
        forgetful=_forgetful(engine, settings),
        audit_days=settings.audit_days,
    )


def _forgetful(engine: Engine, settings: Settings) -> list[Callable[[], int]]:
    sign_ins = SignInRegister(engine, idle=timedelta(minutes=settings.idle_minutes))
    return [sign_ins.forget_stale, TryRegister(engine).forget_old]


def allow_many_connections() -> None:
    """Raise the number of open files to what the system allows: each call needs three."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One listener works on one register: another would mark this one's calls as lost."""
    settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.state_dir / "listener.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotListen(
                f"Another listener already works with {settings.state_dir}. Stop it, or choose another "
                "REACHBACK_STATE_DIR."
            ) from None
        yield


async def _put_register_right(ledger: Ledger, node: str) -> None:
    forgotten = await ledger.forget(RESTARTED)
    for predecessor in await ledger.others_of(node):
        forgotten += await ledger.bury(predecessor.id, RESTARTED)
    if forgotten:
        log.info("%d calls were open when the last listener stopped: marked as lost", forgotten)


async def _take_addresses(door: Door, settings: Settings) -> list[Address]:
    taken: list[Address] = []
    for address in settings.listen:
        taken += await _take(door, address, "REACHBACK_LISTEN")
    for host in dict.fromkeys(address.host for address in settings.listen):
        for address in (Address(host, port) for port in settings.session_ports):
            if address in taken or address in settings.listen:
                raise CannotListen(f"{address} cannot be in both REACHBACK_LISTEN and REACHBACK_SESSION_PORTS.")
            await _take(door, address, "REACHBACK_SESSION_PORTS")
    return taken


async def _take(door: Door, address: Address, setting: str) -> list[Address]:
    try:
        return await door.open(address)
    except OSError as error:
        raise CannotListen(
            f"Cannot listen on {address}: {_reason(error)}. Stop what uses it, or change {setting}."
        ) from error


def _terms(settings: Settings) -> Terms:
    deadlines = Deadlines(settings.preamble_seconds, settings.greeting_seconds)
    return Terms(
        deadlines,
        frozenset(settings.session_ports),
        _certificate(settings),
        settings.encoding,
        settings.trusted_proxies,
    )


def _certificate(settings: Settings) -> ServedCertificate | None:
    if settings.call_tls is None:
        return None
    try:
        return ServedCertificate(settings.call_tls, tls_context)
    except OSError as error:
        raise CannotListen(
            f"Cannot use the certificate {settings.call_tls.cert} with the key {settings.call_tls.key}: "
            f"{_reason(error)}. Correct REACHBACK_CALL_TLS_CERT and REACHBACK_CALL_TLS_KEY, or unset both."
        ) from error


def _told_to_stop() -> asyncio.Event:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def _reason(error: OSError) -> str:
    # asyncio puts the address into its text once more; what OpenSSL says has numbers of its own.
    if isinstance(error, ssl.SSLError) or not error.errno or error.errno < 0:
        return str(error)
    return os.strerror(error.errno)
