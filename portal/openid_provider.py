"""The OpenID Connect provider of the settings: what it says of itself, where to send people, and for whom it vouches.

Authlib does the protocol: the code flow with PKCE, and checking what the provider signed. This module says which of a
provider's answers are good enough, and tells by kind of error whose turn it is: the provider's, the admin's, or the
person's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from sessions.clock import Clock
from sessions.secrets import Entropy, new_link
from sessions.settings import OpenId

WELL_KNOWN = "/.well-known/openid-configuration"
# To connect, and between two bytes: somebody waits in front of the page, and a thread with them.
TIMEOUT = (3.0, 5.0)
# Its addresses and keys may change while the portal runs.
ASKED_EVERY = timedelta(hours=1)
# A provider that is down is left alone for a moment, or people who try again would hold every thread of the portal.
LEFT_ALONE = timedelta(seconds=10)
# How far the provider's clock may be from ours.
LEEWAY = 60
# What a public key proves. With "none" and with HS256 anybody, or anybody who knows our secret, could sign.
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
WAYS_TO_SHOW_THE_SECRET = ("client_secret_basic", "client_secret_post")
NOT_KNOWN_THERE = frozenset({"invalid_client", "unauthorized_client"})
# How providers say yes; some write it as text.
YES = (True, "true")
# As the register keeps them.
MAX_NAME = 255


class ProviderError(Exception):
    """No sign-in came of it; the text is for the log and the doctor, and holds nothing secret."""


class Unreachable(ProviderError):
    """The provider does not answer."""


class Unfit(ProviderError):
    """The provider and our settings do not fit together: an admin has to look."""


class NotVouched(ProviderError):
    """The provider answered, and its answer proves nothing."""


class Unverified(ProviderError):
    """The provider does not say that it verified an e-mail address."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where to send a browser, and what only it may know when it is back."""

    url: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Voucher:
    """The provider's word for who somebody is."""

    issuer: str
    subject: str
    claims: dict[str, Any] = field(repr=False)
    token: dict[str, Any] = field(repr=False)


class Provider:
    """Asked when it is first needed, so that the portal starts while it is down."""

    def __init__(self, openid: OpenId, clock: Clock, entropy: Entropy) -> None:
        self._openid, self._clock, self._entropy = openid, clock, entropy
        self._known: FlaskOAuth2App | None = None
        self._asked_at: datetime | None = None
        self._unreachable: Unreachable | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self._openid.name

    def start(self, back: str) -> Start:
        """Begin a sign-in whose answer shall come to the address `back`.

        Raises:
            Unreachable, Unfit
        """
        state, nonce = new_link(self._entropy), new_link(self._entropy)
        # RFC 7636 wants 43 characters at least.
        verifier = f"{new_link(self._entropy)}-{new_link(self._entropy)}"
        made = self._client().create_authorization_url(back, state=state, nonce=nonce, code_verifier=verifier)
        return Start(made["url"], state, nonce, verifier)

    def voucher(self, back: str, code: str, nonce: str, verifier: str) -> Voucher:
        """For whom the provider vouches by this code.

        Raises:
            Unreachable, Unfit
            NotVouched: for nobody.
        """
        client = self._client()
        with _understanding():
            token = client.fetch_access_token(redirect_uri=back, code=code, code_verifier=verifier)
            claims = client.parse_id_token(
                token,
                nonce=nonce,
                claims_options=_expected(client.server_metadata["issuer"], self._openid.client_id),
                claims_cls=_claims_at(self._clock),
                leeway=LEEWAY,
            )
        if not claims or not _is_plain(claims["sub"]):
            raise NotVouched("no usable ID token")
        return Voucher(claims["iss"], claims["sub"], dict(claims), token)

    def verified_email(self, voucher: Voucher) -> str:
        """The e-mail address of somebody that the provider verified.

        Raises:
            Unreachable, NotVouched
            Unverified: it does not say that it did.
        """
        claims = voucher.claims if "email" in voucher.claims else self._more_about(voucher)
        email = claims.get("email")
        if not _is_verified(claims) or not _is_plain(email):
            raise Unverified("no verified e-mail address")
        return str(email)

    def _more_about(self, voucher: Voucher) -> dict[str, Any]:
        # In the code flow a provider may tell the address here only (OpenID Connect Core 1.0, section 5.4).
        client = self._client()
        if "userinfo_endpoint" not in client.server_metadata:
            return {}
        with _understanding():
            claims = dict(client.userinfo(token=voucher.token))
        if claims.get("sub") != voucher.subject:
            raise NotVouched("it tells of somebody else")
        return claims

    def _client(self) -> FlaskOAuth2App:
        since = self._clock() - (self._asked_at or datetime.min.replace(tzinfo=self._clock().tzinfo))
        if self._unreachable and since < LEFT_ALONE:
            raise Unreachable(*self._unreachable.args)
        if self._known is None or since >= ASKED_EVERY:
            self._known = self._asked()
        return self._known

    def _asked(self) -> FlaskOAuth2App:
        try:
            client = client_for(self._openid)
        except Unreachable as error:
            self._unreachable = error
            raise
        finally:
            self._asked_at = self._clock()
        self._unreachable = None
        return client


def client_for(openid: OpenId) -> FlaskOAuth2App:
    """A client that knows the provider's addresses.

    Raises:
        Unreachable, Unfit
    """
    secret, said = read_secret(openid.secret_file), described(openid.issuer)
    return FlaskOAuth2App(
        FlaskIntegration("openid"),
        "openid",
        client_id=openid.client_id,
        client_secret=secret,
        client_kwargs={
            "scope": "openid email",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": _way_to_show_the_secret(said),
            "default_timeout": TIMEOUT,
        },
        **{name: said[name] for name in (*NEEDED, "issuer", "userinfo_endpoint") if name in said},
        id_token_signing_alg_values_supported=_algorithms(said),
    )


def read_secret(file: Path) -> str:
    """What the provider gave this installation. Raises Unfit."""
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unfit(f"{file} cannot be read, {type(error).__name__}") from None
    if not secret:
        raise Unfit(f"{file} is empty")
    return secret


def described(issuer: str) -> dict[str, Any]:
    """What the provider says of itself, where that is of use to us.

    Raises:
        Unreachable, Unfit
    """
    said = _asked_for(issuer + WELL_KNOWN)
    if not isinstance(said, dict) or str(said.get("issuer")).rstrip("/") != issuer:
        raise Unfit("it calls itself otherwise than REACHBACK_OPENID_ISSUER")
    if not all(_is_address(said.get(name), issuer) for name in NEEDED):
        raise Unfit(f"it lacks an https address for one of {', '.join(NEEDED)}")
    if not _is_address(said.get("userinfo_endpoint"), issuer):
        said.pop("userinfo_endpoint", None)
    if not _algorithms(said):
        raise Unfit("it signs with a shared secret only; let it sign with a key pair, such as RS256")
    return said


def _asked_for(address: str) -> object:
    try:
        answer = requests.get(address, timeout=TIMEOUT)
        answer.raise_for_status()
        said: object = answer.json()
    except (requests.ConnectionError, requests.Timeout) as error:
        raise Unreachable(type(error).__name__) from None
    except requests.RequestException as error:
        raise Unfit(f"{address} is no description of a provider, {type(error).__name__}") from None
    return said


def _is_address(address: object, issuer: str) -> bool:
    # The settings allow plain HTTP for a provider on this very machine only.
    schemes = ("https://",) if issuer.startswith("https://") else ("https://", "http://")
    return isinstance(address, str) and address.startswith(schemes)


def _algorithms(said: dict[str, Any]) -> list[str]:
    offered = said.get("id_token_signing_alg_values_supported") or ["RS256"]
    return [name for name in offered if name in ALGORITHMS]


def _way_to_show_the_secret(said: dict[str, Any]) -> str:
    offered = said.get("token_endpoint_auth_methods_supported") or WAYS_TO_SHOW_THE_SECRET
    return next((way for way in WAYS_TO_SHOW_THE_SECRET if way in offered), WAYS_TO_SHOW_THE_SECRET[0])


def _expected(issuer: str, client_id: str) -> dict[str, dict[str, object]]:
    return {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "values": [client_id]}}


def _claims_at(clock: Callable[[], datetime]) -> type[CodeIDToken]:
    class Claims(CodeIDToken):  # type: ignore[misc]  # Authlib has no types
        """The claims of an ID token, checked by our clock."""

        def validate(self, now: int | None = None, leeway: int = 0) -> None:
            """Raise where a claim is not as it should be."""
            super().validate(now or int(clock().timestamp()), leeway)

    return Claims


def _is_verified(claims: dict[str, Any]) -> bool:
    # Microsoft Entra ID never sends the first; the second is its word for "the owner of this domain vouches for it".
    return claims.get("email_verified", claims.get("xms_edov")) in YES


def _is_plain(text: object) -> bool:
    return isinstance(text, str) and text.isprintable() and 0 < len(text) <= MAX_NAME


@contextmanager
def _understanding() -> Iterator[None]:
    """Say by kind what went wrong while the provider was asked."""
    try:
        yield
    except (requests.ConnectionError, requests.Timeout) as error:
        raise Unreachable(type(error).__name__) from None
    except AuthlibBaseError as error:
        if error.error in NOT_KNOWN_THERE:
            raise Unfit("it does not take REACHBACK_OPENID_CLIENT_ID with the secret of the file") from None
        raise NotVouched(type(error).__name__) from None
    except (JoseError, requests.RequestException, LookupError, TypeError, ValueError) as error:
        # Anything may be in an answer; its own words stay out of our log.
        raise NotVouched(type(error).__name__) from None
