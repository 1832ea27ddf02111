"""Webhooks: the secret, whether anybody takes them, and those that nobody took."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Engine, func, select

from reachback import files_check
from reachback.findings import Finding, doubtful, ill, well
from sessions.models import Delivery
from sessions.settings import Webhook

CONNECT_SECONDS = 5.0
OVERDUE = timedelta(minutes=10)


def examine(webhook: Webhook | None) -> Iterator[Finding]:
    """A line for the secret and one for the receiver, where the settings name one. Nothing is posted."""
    if webhook is None:
        return
    yield files_check.secret_file(webhook.secret_file, "the webhooks' secret", "REACHBACK_WEBHOOK_SECRET_FILE")
    parts = urlsplit(webhook.url)
    address = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    try:
        socket.create_connection(address, CONNECT_SECONDS).close()
    except OSError as error:
        cure = "start the receiver, or correct REACHBACK_WEBHOOK_URL; what waits is sent then"
        yield ill(f"nobody takes webhooks at {address[0]}:{address[1]} ({error.strerror or error})", cure)
    else:
        yield well(f"somebody takes webhooks at {address[0]}:{address[1]}")


def deliveries(engine: Engine, now: datetime) -> Iterator[Finding]:
    """What nobody took, and what should have been sent long ago."""
    gone, late = _count(engine, now)
    if gone:
        yield doubtful(f"{gone} webhooks were given up", "an admin sends them again on the page *Webhooks*")
    if late:
        cure = "`systemctl restart reachback-portal`: the portal sends them; its log says why it did not"
        yield ill(f"{late} webhooks should have been sent more than {OVERDUE.seconds // 60} minutes ago", cure)


def _count(engine: Engine, now: datetime) -> tuple[int, int]:
    given_up = select(func.count()).where(Delivery.given_up_at.is_not(None), Delivery.delivered_at.is_(None))
    # While one of a session waits, the later ones of it do: only the first can be late.
    waiting = select(func.min(Delivery.id)).where(Delivery.next_at.is_not(None), Delivery.given_up_at.is_(None))
    overdue = select(func.count()).where(
        Delivery.id.in_(waiting.group_by(Delivery.session_id)), Delivery.next_at < now - OVERDUE
    )
    with engine.connect() as connection:
        return connection.execute(given_up).scalar_one(), connection.execute(overdue).scalar_one()
