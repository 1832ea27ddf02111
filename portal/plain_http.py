"""Who is answered over plain HTTP: on this machine everybody; from elsewhere customers, where the admin allows it.

An Internet Explorer of Windows XP speaks no TLS that a modern server offers, so customers' pages can be served without.
Whatever a technician does is worth more than that: passwords, cookies and tickets pass the wire only inside TLS.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import Flask, Response, request

from portal import errors
from portal.audience import is_for_customers, is_for_everybody, is_for_machines
from portal.client_address import client_address, is_trusted, parse
from portal.registers import registers

LINK_PATH = re.compile(r"/support/[a-z2-7]{26}")
HSTS = "max-age=31536000"

# How a proxy says by what a request reached it. Gunicorn believes the three from 127.0.0.1, whoever sends them there.
SCHEME_HEADERS = ("X-Forwarded-Proto", "X-Forwarded-Protocol", "X-Forwarded-Ssl")
FORWARDED = ("X-Forwarded-For", "Forwarded", *SCHEME_HEADERS)

CODE = "plain_http"
FOR_CUSTOMERS = (
    "This page is not served over plain HTTP. Use the https address; or, for customers whose browser cannot, an admin "
    "sets REACHBACK_PLAIN_HTTP_CUSTOMERS=yes."
)
FOR_TECHNICIANS = (
    "Technicians' pages and the API are not served over plain HTTP. Use the https address of a reverse proxy that "
    "sends X-Forwarded-Proto and is named in REACHBACK_TRUSTED_PROXIES; or, on the server itself, 127.0.0.1."
)


def install(app: Flask) -> None:
    """Refuse what must not pass in the clear, and tell browsers to keep to HTTPS where they shall."""
    app.before_request(_refuse)
    app.after_request(_keep_to_https)


def is_secure() -> bool:
    """Whether this request was encrypted on its way: by TLS to us, or to a trusted proxy that says so."""
    if not any(name in request.headers for name in SCHEME_HEADERS):
        return request.scheme == "https"
    schemes = ",".join(request.headers.getlist("X-Forwarded-Proto")).lower().split(",")
    return is_trusted(request.remote_addr or "") and all(scheme.strip() == "https" for scheme in schemes)


def is_local() -> bool:
    """Whether this request began on this machine, whatever it says of itself."""
    return _is_loopback(request.remote_addr or "") and _is_loopback(client_address())


def secure_address() -> str | None:
    """Where the page that was asked for is to be had encrypted, if anywhere."""
    public = registers().settings.public_url
    if urlsplit(public).scheme != "https":
        return None
    return public + (request.path if LINK_PATH.fullmatch(request.path) else "/")


def _refuse() -> Response | None:
    if is_secure() or is_for_everybody(request.path) or is_for_machines(request.path):
        return None
    if is_for_customers(request.path) or request.path == "/healthz":
        allowed = registers().settings.plain_http_customers or is_local()
        return None if allowed else _refusal(FOR_CUSTOMERS)
    allowed = is_local() and not _came_through_a_stranger()
    return None if allowed else _refusal(FOR_TECHNICIANS)


def _refusal(message: str) -> Response:
    return errors.answer(403, CODE, message, secure_address=secure_address())


def _keep_to_https(response: Response) -> Response:
    # Such a promise holds for the whole name and for a year: it would lock out the browsers that plain HTTP is for.
    if is_secure() and not registers().settings.plain_http_customers:
        response.headers["Strict-Transport-Security"] = HSTS
    return response


def _is_loopback(text: str) -> bool:
    address = parse(text)
    return address is not None and address.is_loopback


def _came_through_a_stranger() -> bool:
    # A proxy on this machine that no setting names: everybody behind it would look like somebody at this machine.
    forwarded = any(name in request.headers for name in FORWARDED)
    return forwarded and not is_trusted(request.remote_addr or "")
