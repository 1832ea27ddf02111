"""The portal: the web pages and the JSON API that people and scripts use.

`create_app` puts it together. One blueprint per subject: `sign_in`, `openid`, `account`, `people`, `board`, `history`,
`notes`, `audit`, `viewer`, `playback`, `recordings`, `webhooks`, `customer`, `downloads`, `kit_download`, `api`; for
programs that watch, `health`, `echo`, `metrics`. Whatever they do is a verb of the register in `sessions`; this package
knows HTTP and how things are said to people.
"""

from __future__ import annotations

import os
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version

from apiflask import APIFlask
from flask import abort, request
from sqlalchemy import Engine

from kit import PINS_FILE, Kit
from portal import (
    account,
    api,
    audit,
    board,
    customer,
    downloads,
    echo,
    errors,
    event_words,
    health,
    history,
    identity,
    kit_download,
    languages,
    metrics,
    notes,
    openid,
    people,
    plain_http,
    playback,
    recordings,
    request_log,
    security_headers,
    sign_in,
    spoken,
    viewer,
    webhooks,
    words,
)
from portal.database import open_database
from portal.registers import Registers, hand_out
from sessions import logs
from sessions.api_tokens import ApiTokenRegister
from sessions.audit import AuditRegister
from sessions.calls import CallRegister
from sessions.clock import Clock, utc_now
from sessions.deliveries import DeliveryRegister
from sessions.listeners import ListenerRegister
from sessions.outbox import keep_for_webhooks
from sessions.recording_search import RecordingSearch
from sessions.recordings import RecordingRegister
from sessions.register import SessionRegister
from sessions.search import SearchRegister
from sessions.seats import SeatRegister
from sessions.second_factor import SecondFactorRegister
from sessions.secrets import Entropy
from sessions.settings import Settings
from sessions.sign_ins import SignInRegister
from sessions.technicians import TechnicianRegister
from sessions.tickets import TicketRegister
from sessions.tries import TryRegister

# A form or a JSON body here is a few lines of text.
MAX_BODY = 64 * 1024


def create_app(settings: Settings | None = None, *, clock: Clock = utc_now, entropy: Entropy = os.urandom) -> APIFlask:
    """The portal as a WSGI application, with the settings given or those of the environment.

    Raises:
        BadSetting: the environment cannot be understood.
        WrongRevision: the database is of another version; the text names the command that helps.
    """
    settings = settings or Settings.from_env()
    logs.configure(settings, "portal")
    app = APIFlask(
        __name__,
        title="Reachback",
        version=_version(),
        spec_path="/api/openapi.json",
        docs_path=None,
        json_errors=False,
    )
    _configure(app, settings)
    engine = open_database(app, settings.database_url)
    if settings.webhook:
        keep_for_webhooks(engine)
    own = _registers(settings, engine, clock, entropy)
    hand_out(app, own)
    metrics.install(app, own)
    webhooks.install(app, own)
    openid.install(app, settings, clock, entropy)
    for part in (
        sign_in,
        openid,
        account,
        people,
        board,
        history,
        notes,
        audit,
        viewer,
        playback,
        recordings,
        customer,
        downloads,
        kit_download,
        api,
        health,
        echo,
        metrics,
        webhooks,
    ):
        app.register_blueprint(part.bp)
    return app


def _configure(app: APIFlask, settings: Settings) -> None:
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        SERVERS=[{"url": settings.public_url}],
        AUTO_404_RESPONSE=False,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    request_log.install(app)
    app.before_request(_refuse_nul)
    for part in (words, event_words, spoken, languages, errors, security_headers, plain_http):
        part.install(app)
    identity.install(app, settings)
    app.config["SECURITY_SCHEMES"] = api.security_schemes(app.config["SESSION_COOKIE_NAME"])
    app.after_request(identity.note_visit)


def _registers(settings: Settings, engine: Engine, clock: Clock, entropy: Entropy) -> Registers:
    vault = settings.vault()
    return Registers(
        settings=settings,
        engine=engine,
        clock=clock,
        entropy=entropy,
        sessions=SessionRegister(engine, clock, entropy, vault, settings.session_ports),
        search=SearchRegister(engine, clock),
        calls=CallRegister(engine, clock, entropy, vault, max_seats=settings.max_seats),
        listeners=ListenerRegister(engine, clock, entropy),
        tickets=TicketRegister(engine, clock, entropy, settings.max_seats),
        seats=SeatRegister(engine, clock, entropy),
        recordings=RecordingRegister(engine, clock, entropy, settings.recordings.policy),
        recording_search=RecordingSearch(engine, clock),
        technicians=TechnicianRegister(engine, clock, entropy),
        sign_ins=SignInRegister(engine, clock, entropy, timedelta(minutes=settings.idle_minutes)),
        second_factor=SecondFactorRegister(engine, clock, entropy, vault),
        tries=TryRegister(engine, clock, entropy),
        tokens=ApiTokenRegister(engine, clock, entropy),
        audit=AuditRegister(engine, clock, entropy),
        deliveries=DeliveryRegister(engine, clock, entropy),
        kit=Kit(settings.kit_dir, settings.state_dir / PINS_FILE),
    )


def _refuse_nul() -> None:
    # PostgreSQL has no text with a NUL in it, and no address of ours has one either.
    if "\0" in request.path:
        abort(404)


def _version() -> str:
    try:
        return version("reachback")
    except PackageNotFoundError:
        return "unpackaged"
