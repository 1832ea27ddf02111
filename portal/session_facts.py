"""Gathers what a page or a script has to know to let the computer of one session's customer call."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from portal.dialling import target
from portal.instructions.facts import Facts
from portal.registers import registers
from portal.spoken import in_zone
from sessions.settings import Settings
from sessions.views import SessionView

MINUTE = timedelta(minutes=1)


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
        page=f"{customers_address(own.settings)}/support/{link}",
        until=in_zone(view.expires_at),
        minutes=-(-(view.expires_at - own.clock()) // MINUTE),
        kit_tightvnc=own.kit.tightvnc_version(),
        file_transfer=own.settings.file_transfer,
        tls=own.settings.call_tls is not None,
        port_is_own=view.port is not None,
    )


def customers_address(settings: Settings) -> str:
    """The portal's address for an old browser: without TLS where the admin serves customers so."""
    public = urlsplit(settings.public_url)
    if public.scheme == "https" and settings.plain_http_customers:
        host = public.hostname or ""
        return f"http://[{host}]" if ":" in host else f"http://{host}"
    return settings.public_url
