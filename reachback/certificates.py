"""A certificate and its key, as files: whether they fit, for which names, until when."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from reachback.findings import Finding, doubtful, ill, well
from sessions.settings import CertFiles

# Who is asked to renew a certificate needs some days for it.
SOON = timedelta(days=14)
# Every part looks at its files for each connection; what systemd lays out is a copy of the start.
RENEW = "renew it: new files are read by themselves (credentials of systemd when the service is started anew)"


@dataclass(frozen=True, slots=True)
class Use:
    """What a certificate is for: in words, by which settings, under which name."""

    words: str
    fails: str
    settings: str
    name: str | None


def examine(files: CertFiles, use: Use, now: datetime) -> Iterator[Finding]:
    """A line for key and dates, and one where it is not made out to its name."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.cert, files.key)
        certificate = x509.load_pem_x509_certificate(files.cert.read_bytes())
    except (OSError, ValueError) as error:
        yield ill(f"{use.fails} ({error})", f"correct {use.settings}, or unset both")
        return
    yield _dates(certificate.not_valid_after_utc, use, now)
    if use.name and not _covers(certificate, use.name):
        cure = f"have one made out to {use.name}, or correct the name in the settings"
        yield doubtful(f"the certificate for {use.words} is not made out to {use.name} ({_told(certificate)})", cure)


def _dates(ends: datetime, use: Use, now: datetime) -> Finding:
    if ends <= now:
        return ill(f"the certificate for {use.words} was valid until {ends:%Y-%m-%d}", RENEW)
    if ends - now < SOON:
        return ill(f"the certificate for {use.words} is valid until {ends:%Y-%m-%d} only", RENEW)
    return well(f"{use.words} can be encrypted, the certificate is valid until {ends:%Y-%m-%d}")


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]


def _covers(certificate: x509.Certificate, name: str) -> bool:
    return any(_fits(pattern.lower(), name.lower()) for pattern in _names(certificate))


def _fits(pattern: str, name: str) -> bool:
    # RFC 6125 §6.4.3: a star stands for one whole label.
    if pattern.startswith("*.") and not _is_address(name):
        return pattern[2:] == name.partition(".")[2]
    return pattern == name


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _told(certificate: x509.Certificate) -> str:
    return ", ".join(_names(certificate)[:3]) or "it names nobody"
