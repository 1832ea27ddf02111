"""People at a portal, by HTTP: they dial an address whatever its name says, from one of their own, and keep cookies."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

PATIENCE = 30.0


@dataclass(frozen=True)
class Page:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def csrf_token(self) -> str:
        """The word that a form of this page sends along."""
        found = re.search(r'name="csrf[-_]token" (?:value|content)="([^"]+)"', self.text)
        assert found, self.text
        return found[1]


@dataclass
class Visitor:
    """One browser, as far as HTTP goes. `at` is the address it dials, `source` the one it dials from.

    `trust` is the certificate it trusts, which must be for the URL's name, or for `name`.
    """

    at: str
    source: str
    trust: Path | None = None
    name: str | None = None
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, url: str, **headers: str) -> Page:
        return self.ask("GET", url, headers)

    def post(self, url: str, form: Mapping[str, str]) -> Page:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", url, kind, urlencode(form))

    def ask(self, method: str, url: str, headers: Mapping[str, str] | None = None, body: str | None = None) -> Page:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
        connection.sock = self.dial(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        cookie = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        )
        try:
            connection.request(method, path, body, {**cookie, **(headers or {})})
            answer = connection.getresponse()
            self._keep(answer.headers)
            return Page(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()

    def dial(self, url: str) -> socket.socket:
        """A connection to where `url` is served, encrypted where it says so; the certificate must be for its name."""
        parts = urlsplit(url)
        is_encrypted = parts.scheme in {"https", "wss"}
        port = parts.port or (443 if is_encrypted else 80)
        plain = socket.create_connection((self.at, port), PATIENCE, source_address=(self.source, 0))
        return self.context().wrap_socket(plain, server_hostname=self.name or parts.hostname) if is_encrypted else plain

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.trust)

    def _keep(self, headers: http.client.HTTPMessage) -> None:
        for line in headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
