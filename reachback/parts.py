"""The three programs of an installation, as `reachback up` starts them; `systemd/` says the same for a server."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from sessions.settings import Address, Settings


@dataclass(frozen=True, slots=True)
class Part:
    """One program: its name in the log, how it is started, where it then listens and which setting says so."""

    name: str
    command: tuple[str, ...]
    addresses: tuple[Address, ...]
    setting: str

    def is_run_by(self, command_line: str) -> bool:
        """Whether `command_line` is one that starts this part, whoever started it."""
        return self.command[-1] in command_line


def parts(settings: Settings) -> tuple[Part, Part, Part]:
    """The portal, the listener and websockify, set up by `settings`."""
    return (
        Part("portal", _portal(settings.http), (settings.http,), "REACHBACK_HTTP"),
        Part("listener", _module("reverse_listener"), settings.listen, "REACHBACK_LISTEN"),
        Part("websockify", _module("token_plugin"), (settings.websocket,), "REACHBACK_WEBSOCKET"),
    )


def _module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name)


def _portal(address: Address) -> tuple[str, ...]:
    # Gunicorn writes no access log unless told to; keep it so: the customer's link is part of a path.
    options = (
        "--bind",
        str(address),
        "--worker-class",
        "gthread",
        "--threads",
        "16",
        "--graceful-timeout",
        "3",
        "--no-control-socket",
        "--config",
        "python:portal.gunicorn_front",
    )
    return (*_module("gunicorn"), *options, "portal:create_app()")
