"""What customers' calls need beside the listener's own address: a certificate for TLS, and session ports."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509

from reachback.findings import Finding, ill, well
from reachback.parts import Part
from reachback.ports import listening_sockets, owners
from sessions.settings import CertFiles, Settings

# Who is asked to renew a certificate needs some days for it.
SOON = timedelta(days=14)
CURE = "correct REACHBACK_CALL_TLS_CERT and REACHBACK_CALL_TLS_KEY, or unset both"
RENEW = "renew it, then restart the listener"


def examine(settings: Settings, listener: Part, now: datetime) -> Iterator[Finding]:
    """A line for the certificate, and one for the session ports, where there are such."""
    if settings.call_tls:
        yield certificate(settings.call_tls, now)
    if settings.session_ports:
        yield session_ports(settings.session_ports, listener)


def certificate(files: CertFiles, now: datetime) -> Finding:
    """The certificate and its key must fit, and be valid for some time."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.cert, files.key)
        ends = x509.load_pem_x509_certificate(files.cert.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        return ill(f"customers' calls cannot be encrypted ({error})", CURE)
    if ends <= now:
        return ill(f"the certificate for customers' calls was valid until {ends:%Y-%m-%d}", RENEW)
    if ends - now < SOON:
        return ill(f"the certificate for customers' calls is valid until {ends:%Y-%m-%d} only", RENEW)
    return well(f"customers' calls can be encrypted, the certificate is valid until {ends:%Y-%m-%d}")


def session_ports(ports: tuple[int, ...], listener: Part) -> Finding:
    """No other program may listen on a session port."""
    listening = listening_sockets()
    foreign = [port for port in ports if port in listening and not _is_run_by(listener, port)]
    if foreign:
        taken = ", ".join(map(str, foreign[:5])) + (", …" if len(foreign) > 5 else "")
        return ill(f"another program listens on session ports ({taken})", "stop it, or change REACHBACK_SESSION_PORTS")
    return well(f"session ports {ports[0]} to {ports[-1]} are the listener's, or free")


def _is_run_by(listener: Part, port: int) -> bool:
    return any(listener.is_run_by(command) for command in owners(port))
