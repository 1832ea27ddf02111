"""What a page or a script has to know to let one customer's computer call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from portal.dialling import target
from portal.registers import registers
from sessions.settings import Settings
from sessions.views import SessionView

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that differs from one customer to the next."""

    technician: str
    host: str
    port: int
    number: str = field(repr=False)
    password: str | None = field(repr=False)
    page: str = field(repr=False)
    until: datetime
    minutes: int
    kit_tightvnc: str | None
    file_transfer: bool
    tls: bool
    port_is_own: bool


def facts_for(link: str, view: SessionView) -> Facts:
    """The facts of a session, for the customer with this link. Raises UnknownLink, LinkEnded."""
    own = registers()
    said, dial = own.sessions.dial_facts(link), target(view)
    return Facts(
        technician=view.created_by,
        host=dial.host,
        port=dial.port,
        number=said.number,
        password=said.password,
        page=f"{_customers_address(own.settings)}/support/{link}",
        until=view.expires_at,
        minutes=-(-(view.expires_at - own.clock()) // MINUTE),
        kit_tightvnc=None,
        file_transfer=own.settings.file_transfer,
        tls=own.settings.call_tls is not None,
        port_is_own=view.port is not None,
    )


def _customers_address(settings: Settings) -> str:
    """The portal's address for an old browser: without TLS where the admin serves customers so."""
    public = urlsplit(settings.public_url)
    if public.scheme == "https" and settings.plain_http_customers:
        return f"http://{public.hostname}"
    return settings.public_url
