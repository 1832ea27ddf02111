"""Whether the parts answer: for load balancers, `reachback doctor` and whoever looks first when something is wrong."""

from __future__ import annotations

import socket
from datetime import timedelta

from apiflask import APIBlueprint
from flask import Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.registers import Registers, registers
from sessions.settings import Address

bp = APIBlueprint("health", __name__, enable_openapi=False)

# The listener says every second that it lives.
LISTENER_FRESH = timedelta(seconds=5)
CONNECT_SECONDS = 1.0


@bp.get("/healthz")
def healthz() -> Response:
    """Say of each part whether it answers: 200 where all do, else 503."""
    return _told("ok", "failing")


@bp.get("/healthz/live")
def live() -> Response:
    """This process answers, whatever the others do: a reason not to start it anew."""
    return jsonify(status="ok")


@bp.get("/healthz/ready")
def ready() -> Response:
    """Whether this node can take people and calls: 200, else 503. A node whose listener only drains cannot."""
    return _told("ready", "not ready")


def _told(well: str, ill: str) -> Response:
    parts = check(registers())
    is_well = all(parts.values())
    answer = jsonify(
        status=well if is_well else ill,
        parts={name: "ok" if answers else "failing" for name, answers in parts.items()},
    )
    answer.status_code = 200 if is_well else 503
    return answer


def check(own: Registers) -> dict[str, bool]:
    """Each part's name, and whether it answers."""
    database = _database_answers(own)
    return {
        "database": database,
        "listener": database and _listener_lives(own),
        "websocket": _accepts(own.settings.websocket),
    }


def _database_answers(own: Registers) -> bool:
    try:
        with own.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


def _listener_lives(own: Registers) -> bool:
    # Read from its heartbeat: a connection to its port would look like a customer's call.
    try:
        seen = own.listeners.seen(own.settings.node)
    except SQLAlchemyError:
        return False
    return seen is not None and own.clock() - seen < LISTENER_FRESH


def _accepts(address: Address) -> bool:
    here = address.from_here
    try:
        with socket.create_connection((here.host, here.port), CONNECT_SECONDS):
            return True
    except OSError:
        return False
