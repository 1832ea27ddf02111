"""The listener's life: begin, go round until told to stop or to hand over, drain or close in order."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from certificates import ServedCertificate
from meters.book import Book
from meters.catalogue import DATABASE_ERRORS, KEPT_BY
from reverse_listener.archive import Archive
from reverse_listener.beginning import begin, take_sockets
from reverse_listener.desk import STOPPED, Desk
from reverse_listener.door import Door
from reverse_listener.entrance import addresses
from reverse_listener.greeting import Deadlines, Terms
from reverse_listener.ledger import Ledger
from reverse_listener.presence import Presence
from reverse_listener.readings import Readings
from reverse_listener.rounds import Rounds
from reverse_listener.succession import Succession
from reverse_listener.tls import tls_context
from reverse_listener.watch import Watch
from service.reload import is_possible
from service.started import Service
from service.successor import end
from sessions.audit import AuditRegister
from sessions.calls import CallRegister
from sessions.database import check_revision, on_error, open_engine
from sessions.listeners import ListenerRegister
from sessions.news import heard
from sessions.outbox import keep_for_webhooks
from sessions.recordings import RecordingRegister
from sessions.register import SessionRegister
from sessions.settings import Settings
from sessions.sign_ins import SignInRegister
from sessions.tries import TryRegister

# Less than what systemd leaves a unit to stop.
END_SECONDS = 10.0
POLL_SECONDS = 0.05

log = logging.getLogger(__name__)


class DeclaredGone(Exception):
    """Another listener took this one for dead: `str()` says what to do."""

    def __str__(self) -> str:
        return (
            "This listener gave no sign of life for 15 seconds, so another declared it gone: its calls have ended. "
            "Start it again (systemd does); it begins with a new number."
        )


async def serve(settings: Settings, service: Service) -> None:
    """Serve customers' calls until SIGTERM or SIGINT; on SIGHUP, hand over to a successor and drain.

    Raises:
        WrongRevision: the database is of another version.
        CannotListen
        DeclaredGone: this node was silent for so long that another declared it gone; begin anew.
    """
    told = _Told()
    engine = _open(settings)
    terms = _terms(settings)
    sockets = take_sockets(settings, service.inherited)
    presence = Presence(settings.state_dir)
    ledger = _ledger(engine, settings, presence, succeeds=bool(service.predecessor))
    parts = _Parts(settings, service, engine, ledger, terms)
    parts.door.take(sockets)
    await parts.archive.put_right(settings.node)
    if await asyncio.to_thread(service.predecessor.ready):
        _open_door(parts.door, settings)
        service.notifier.ready(parts.status())
        with heard(engine, parts.rounds.wake):
            await _live(parts, told)
    else:
        log.error("the older listener has not let go of its sockets: this one, its successor, ends again")
    await _close(parts, ledger, presence, everything=told.stop.is_set() and not parts.rounds.drains)
    if parts.rounds.declared_gone:
        raise DeclaredGone


class _Parts:
    """What a listener is made of, put together."""

    def __init__(self, settings: Settings, service: Service, engine: Engine, ledger: Ledger, terms: Terms) -> None:
        self.desk = Desk(ledger)
        register = RecordingRegister(engine, policy=settings.recordings.policy)
        self.archive = Archive(self.desk, register, settings.recordings)
        self.door = Door(self.desk, ledger, terms, settings.max_calls, settings.max_calls_per_address)
        self.succession = Succession(self.door, ledger, service.notifier)
        self.watch = Watch(service.notifier, lambda: _ask_afresh(settings), self.status)
        self.book = Book(settings.metrics_dir, "listener", KEPT_BY["listener"])
        self.readings = Readings(self.desk, self.door, ledger, self.book)
        self.rounds = Rounds(self.desk, self.door, ledger, self.archive, readings=self.readings, beat=self.watch.beat)

    def status(self) -> str:
        """How it stands, in a line for the service manager."""
        return f"{len(self.desk)} calls are here. {self.succession.trouble}".strip()


async def _close(parts: _Parts, ledger: Ledger, presence: Presence, *, everything: bool) -> None:
    """End the calls that are here, in order; with `everything`, those of older listeners of this machine too."""
    log.info("stopping: %d calls end now", len(parts.desk))
    ledger.hurry()
    await parts.archive.close()
    await parts.door.close()
    if everything:
        await _end_the_draining(presence)
    await _leave(ledger)
    parts.readings.take()
    parts.book.close()
    presence.leave()


class _Told:
    """What signals have said."""

    def __init__(self) -> None:
        self.stop, self.reload = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop.set)
        if is_possible():
            loop.add_signal_handler(signal.SIGHUP, self.reload.set)


async def _live(parts: _Parts, told: _Told) -> None:
    """Until it is told to stop, or has drained, or a timer died: that must leave no listener that decides nothing."""
    signs = asyncio.create_task(parts.watch.keep())
    tasks = {
        asyncio.create_task(parts.rounds.walk()),
        asyncio.create_task(_hand_over_when_told(parts, signs, told)),
        asyncio.create_task(_wait(told.stop)),
    }
    done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in (*others, signs):
        task.cancel()
    for task in done:
        task.result()


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _hand_over_when_told(parts: _Parts, signs: asyncio.Task[None], told: _Told) -> None:
    await told.reload.wait()
    while not await parts.succession.hand_over():
        told.reload.clear()
        await told.reload.wait()
    # What is said from here on is the successor's to say, and the node's chores are its to do.
    signs.cancel()
    parts.rounds.drain()
    await parts.succession.drain()


def _open_door(door: Door, settings: Settings) -> None:
    ports = set(settings.session_ports)
    for address in addresses(door.sockets):
        if address.port not in ports:
            log.info("listening for calls on %s", address)
    if ports:
        log.info("and on the session ports %d to %d", min(ports), max(ports))
    door.accept()


async def _leave(ledger: Ledger) -> None:
    try:
        await ledger.leave(STOPPED)
    except SQLAlchemyError as error:
        log.warning("the database does not answer: whoever starts next writes down that the calls ended: %s", error)


async def _end_the_draining(presence: Presence) -> None:
    """Who is told to stop ends everything: also the calls that older listeners of this machine still have."""
    draining = presence.others()
    for number in draining:
        process = presence.process_of(number)
        if process:
            log.info("listener %d, which drains, is ended too", number)
            end(process)
    with suppress(TimeoutError):
        async with asyncio.timeout(END_SECONDS):
            while any(presence.process_of(number) for number in draining):  # noqa: ASYNC110  (another process's end)
                await asyncio.sleep(POLL_SECONDS)


def _ask_afresh(settings: Settings) -> None:
    engine = open_engine(settings.database_url, pooled=False)
    try:
        check_revision(engine)
    finally:
        engine.dispose()


def _open(settings: Settings) -> Engine:
    engine = open_engine(settings.database_url)
    check_revision(engine)
    if settings.webhook:
        keep_for_webhooks(engine)
    on_error(engine, lambda: DATABASE_ERRORS.add("listener"))
    return engine


def _ledger(engine: Engine, settings: Settings, presence: Presence, *, succeeds: bool) -> Ledger:
    vault = settings.vault()
    listeners = ListenerRegister(engine)
    listener_id = begin(listeners, CallRegister(engine), presence, settings.node, succeeds=succeeds)
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


def _terms(settings: Settings) -> Terms:
    deadlines = Deadlines(settings.preamble_seconds, settings.greeting_seconds)
    return Terms(
        deadlines,
        frozenset(settings.session_ports),
        ServedCertificate.of(settings.call_tls, tls_context, "REACHBACK_CALL_TLS"),
        settings.encoding,
        settings.trusted_proxies,
    )
