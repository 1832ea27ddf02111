"""What customers' calls need beside the listener's own address: a certificate for TLS, and session ports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from reachback import certificates
from reachback.certificates import Use
from reachback.findings import Finding, ill, well
from reachback.parts import Part
from reachback.ports import is_of_this_user, listening_sockets, owners
from sessions.settings import Settings


def certificate(settings: Settings, now: datetime) -> Iterator[Finding]:
    """The certificate for customers' calls, where there is one: a session's number stands before the host's name."""
    if settings.call_tls:
        name = f"123456789.{settings.public_host}" if settings.public_host else None
        use = Use(
            "customers' calls",
            "customers' calls cannot be encrypted",
            "REACHBACK_CALL_TLS_CERT and REACHBACK_CALL_TLS_KEY",
            name,
        )
        yield from certificates.examine(settings.call_tls, use, now)


def session_ports(ports: tuple[int, ...], listener: Part) -> Finding:
    """No other program may listen on a session port."""
    listening = listening_sockets()
    foreign = [port for port in ports if port in listening and not _is_run_by(listener, port)]
    if foreign:
        taken = ", ".join(map(str, foreign[:5])) + (", …" if len(foreign) > 5 else "")
        return ill(f"another program listens on session ports ({taken})", "stop it, or change REACHBACK_SESSION_PORTS")
    return well(f"session ports {ports[0]} to {ports[-1]} are the listener's, or free")


def _is_run_by(listener: Part, port: int) -> bool:
    found = owners(port)
    # A service in a user namespace of its own shows nobody what it has open; the user is known all the same.
    return any(listener.is_run_by(command) for command in found) if found else is_of_this_user(port)
