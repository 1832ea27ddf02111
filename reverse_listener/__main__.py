"""`python -m reverse_listener`: the listener as a process."""

from __future__ import annotations

import asyncio
import os
import sys

from sqlalchemy.exc import SQLAlchemyError

from reverse_listener.beginning import CannotListen
from reverse_listener.server import DeclaredGone, allow_many_connections, serve
from reverse_listener.tls import be_quiet_about_odd_names
from service.notify import Notifier
from service.sockets import Contradiction, take_inherited
from service.started import Service
from service.successor import Predecessor
from sessions import logs
from sessions.errors import RegisterError
from sessions.settings import Settings


def main() -> None:
    """Serve until told to stop; a refusal is one line, and exit status 1."""
    be_quiet_about_odd_names()
    # The database is for this user only.
    os.umask(0o077)
    allow_many_connections()
    predecessor = Predecessor.from_env()
    refusal = _serve(predecessor)
    if refusal:
        predecessor.failed(refusal)
        sys.exit(f"reverse_listener: {refusal}")


def _serve(predecessor: Predecessor) -> str:
    try:
        settings = Settings.from_env()
        logs.configure(settings, "listener")
        service = Service(Notifier.from_env(), take_inherited(), predecessor)
        asyncio.run(serve(settings, service))
    except (RegisterError, CannotListen, Contradiction, DeclaredGone) as refusal:
        return str(refusal)
    except (SQLAlchemyError, OSError) as error:
        return f"{type(error).__name__}: {error}. `reachback doctor` says more."
    return ""


if __name__ == "__main__":
    main()
