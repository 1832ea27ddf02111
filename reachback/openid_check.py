"""What sign-in with OpenID Connect needs: a secret that only this installation reads, and a provider that answers."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from portal.openid import BACK
from portal.openid_provider import Unfit, Unreachable, described, read_secret
from reachback.findings import Finding, ill, well
from sessions.settings import OpenId, Settings


def examine(settings: Settings) -> Iterator[Finding]:
    """A line for the secret and one for the provider, where the settings name one."""
    if settings.openid:
        yield secret(settings.openid.secret_file)
        yield provider(settings.openid, settings.public_url + BACK)


def secret(file: Path) -> Finding:
    """The provider's secret must be there, and nobody else's to read."""
    try:
        read_secret(file)
    except Unfit as error:
        return ill(
            f"nobody can sign in with OpenID Connect ({error})",
            "correct REACHBACK_OPENID_CLIENT_SECRET_FILE, or the file",
        )
    if stat.S_IMODE(file.stat().st_mode) & stat.S_IRWXO:
        return ill(f"everybody on this machine can read {file}", f"chmod o= {file}")
    return well("the OpenID secret is there, and not everybody's to read")


def provider(openid: OpenId, back: str) -> Finding:
    """The provider must answer, and be the one that the settings name."""
    try:
        described(openid.issuer)
    except Unreachable as error:
        return ill(f"{openid.issuer} does not answer ({error})", "check that address, and the way from here to it")
    except Unfit as error:
        return ill(f"{openid.issuer} does not fit ({error})", "correct REACHBACK_OPENID_ISSUER, or the provider")
    return well(f"{openid.name} answers; its redirect address for this installation has to be {back}")
