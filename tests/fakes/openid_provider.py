"""An OpenID Connect provider on this machine, honest unless told otherwise: code flow, PKCE, signed ID tokens.

It checks what a real one checks: client, redirect address, challenge, secret, and that a code is used once. `person` is
who sits in front of it. A test that wants a lie changes `claims` (laid over those of the next ID token), `key` (what
signs it), `description` or `userinfo`. Everybody there has to press *Continue*, as after a password.
"""

from __future__ import annotations

import json
import secrets
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

from joserfc import jwt
from joserfc.jwk import Key, RSAKey

CLIENT_ID = "reachback"
SECRET = "the provider's own secret, 8F2K"
MINUTES = 300
PAGE = """<!doctype html><html lang="en"><title>Provider</title><h1>Provider</h1>
<form method="post" action="/decide?{query}"><button>Continue</button></form>"""
HONEST_KEY = RSAKey.generate_key(2048, {"kid": "first", "alg": "RS256", "use": "sig"})


@dataclass
class FakeProvider:
    """What it knows of its client and of the person in front of it."""

    back: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    port: int = 0
    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "248289", "email": "Olaf@example.org", "email_verified": True}
    )
    claims: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    # Where a provider tells the address only when it is asked, this is what it tells.
    userinfo: dict[str, Any] | None = None
    key: Key = field(default_factory=lambda: HONEST_KEY)
    published: Key = field(default_factory=lambda: HONEST_KEY)
    algorithm: str = "RS256"
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _tokens: set[str] = field(default_factory=set)

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        } | self.description

    def code_for(self, asked: dict[str, str]) -> str:
        """A code for somebody who pressed *Continue*, bound to what the client asked."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = asked
        return code

    def is_our_client(self, asked: dict[str, str]) -> bool:
        wanted = {
            "client_id": CLIENT_ID,
            "redirect_uri": self.back,
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        has_all = {"state", "nonce", "code_challenge"} <= asked.keys() and "openid" in asked.get("scope", "").split()
        return has_all and all(asked.get(name) == value for name, value in wanted.items())

    def redeem(self, sent: dict[str, str], authorization: str) -> dict[str, Any]:
        """Tokens for a code; raises Refusal."""
        if credentials(authorization, sent) != (CLIENT_ID, SECRET):
            raise Refusal("invalid_client")
        asked = self._codes.pop(sent.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != sent.get("redirect_uri"):
            raise Refusal("invalid_grant")
        if challenge(sent.get("code_verifier", "")) != asked["code_challenge"]:
            raise Refusal("invalid_grant")
        access = secrets.token_urlsafe(24)
        self._tokens.add(f"Bearer {access}")
        return {"access_token": access, "token_type": "Bearer", "expires_in": MINUTES, "id_token": self._signed(asked)}

    def more_about(self, authorization: str) -> dict[str, Any]:
        if authorization not in self._tokens or self.userinfo is None:
            raise Refusal("invalid_token")
        return self.userinfo

    def _signed(self, asked: dict[str, str]) -> str:
        now = int(self.clock().timestamp())
        honest = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + MINUTES, "nonce": asked["nonce"]}
        said = {name: value for name, value in (honest | self.person | self.claims).items() if value is not None}
        header = {"alg": self.algorithm} | ({"kid": self.key.kid} if self.key.kid else {})
        if self.algorithm == "none":
            return ".".join((encoded(header), encoded(said), ""))
        return jwt.encode(header, said, self.key, algorithms=[self.algorithm])


class Refusal(Exception):
    """What the provider answers instead."""


def challenge(verifier: str) -> str:
    """RFC 7636, section 4.2."""
    return base64url(sha256(verifier.encode()).digest())


def encoded(part: object) -> str:
    """A part of a token."""
    return base64url(json.dumps(part).encode())


def base64url(data: bytes) -> str:
    """Base64 for addresses, without its padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def credentials(authorization: str, sent: dict[str, str]) -> tuple[str, str]:
    """Client and secret, in the header or in the form."""
    if authorization.startswith("Basic "):
        name, _, secret = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return name, secret
    return sent.get("client_id", ""), sent.get("client_secret", "")


class Server(ThreadingHTTPServer):
    """Answers for one provider."""

    daemon_threads = True

    def __init__(self, provider: FakeProvider) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.provider = provider
        provider.port = self.server_address[1]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.answer(
            {
                "/.well-known/openid-configuration": self.describe,
                "/authorize": self.ask,
                "/keys": self.publish,
                "/userinfo": self.tell_more,
            }
            | self.nonsense()
        )

    def do_POST(self) -> None:
        self.answer({"/decide": self.send_back, "/token": self.redeem} | self.nonsense())

    @property
    def provider(self) -> FakeProvider:
        return self.server.provider

    @property
    def query(self) -> str:
        return urlsplit(self.path).query

    @property
    def authorization(self) -> str:
        return self.headers.get("Authorization", "")

    def answer(self, ways: dict[str, Callable[[], None]]) -> None:
        place = urlsplit(self.path).path
        self.provider.asked.append(place)
        try:
            ways.get(place, self.know_nothing)()
        except Refusal as refusal:
            self.provider.complaints.append(str(refusal))
            self.tell({"error": str(refusal), "error_description": "No."}, 400)

    def nonsense(self) -> dict[str, Callable[[], None]]:
        return {"/a_list": lambda: self.tell(["a", "list"]), "/text": lambda: self.reply(200, "text/plain", b"OK")}

    def describe(self) -> None:
        self.tell(self.provider.described())

    def publish(self) -> None:
        self.tell({"keys": [self.provider.published.as_dict(private=False)]})

    def tell_more(self) -> None:
        self.tell(self.provider.more_about(self.authorization))

    def ask(self) -> None:
        if not self.provider.is_our_client(flat(self.query)):
            raise Refusal("invalid_request")
        self.reply(200, "text/html", PAGE.format(query=self.query.replace("&", "&amp;")).encode())

    def send_back(self) -> None:
        asked = flat(self.query)
        answer = {"code": self.provider.code_for(asked), "state": asked["state"]}
        self.send_response(303)
        self.send_header("Location", f"{self.provider.back}?{urlencode(answer)}")
        self.end_headers()

    def redeem(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        self.tell(self.provider.redeem(flat(sent), self.authorization))

    def know_nothing(self) -> None:
        self.reply(404, "text/plain", b"")

    def tell(self, body: object, status: int = 200) -> None:
        self.reply(status, "application/json", json.dumps(body).encode())

    def reply(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: tests read what is in `asked`."""


@contextmanager
def running(back: str, clock: Callable[[], datetime] | None = None) -> Iterator[FakeProvider]:
    """A provider that knows one client, whose redirect address is `back`."""
    provider = FakeProvider(back, **({"clock": clock} if clock else {}))
    with Server(provider) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()


def flat(query: str) -> dict[str, str]:
    """The first value of each field."""
    return {name: values[0] for name, values in parse_qs(query).items()}


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def visit(authorize: str) -> str:
    """Somebody follows the link to the provider and presses *Continue*; answers where it sends them."""
    opener = build_opener(ProxyHandler({}), _Stay)
    opener.open(authorize).close()
    try:
        opener.open(authorize.replace("/authorize?", "/decide?"), data=b"").close()
    except HTTPError as answer:
        with answer:
            return answer.headers["Location"]
    raise AssertionError("the provider sent nobody anywhere")
