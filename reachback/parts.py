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
        Part("portal", _portal(), (settings.http,), "REACHBACK_HTTP"),
        Part("listener", _module("reverse_listener"), settings.listen, "REACHBACK_LISTEN"),
        Part("websockify", _module("token_plugin"), (settings.websocket,), "REACHBACK_WEBSOCKET"),
    )


def _module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name)


def _portal() -> tuple[str, ...]:
    return (*_module("gunicorn"), "--config", "python:portal.gunicorn_conf", "portal:create_app()")
