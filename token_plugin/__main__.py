"""`python -m token_plugin`: websockify with our plugin, as a process."""

from __future__ import annotations

import os
import sys

from sqlalchemy.exc import SQLAlchemyError

from service.notify import Notifier
from service.sockets import Contradiction, take_inherited
from service.started import Service
from service.successor import Predecessor
from sessions import logs
from sessions.database import check_revision, open_engine
from sessions.errors import RegisterError
from sessions.settings import Settings
from token_plugin.serve import CannotListen, serve


def main() -> None:
    """Serve until told to stop; a refusal is one line, and exit status 1."""
    # The database is for this user only.
    os.umask(0o077)
    predecessor = Predecessor.from_env()
    refusal = _serve(predecessor)
    if refusal:
        predecessor.failed(refusal)
        sys.exit(f"token_plugin: {refusal}")


def _serve(predecessor: Predecessor) -> str:
    try:
        settings = Settings.from_env()
        logs.configure(settings, "websockify")
        service = Service(Notifier.from_env(), take_inherited(), predecessor)
        check_revision(open_engine(settings.database_url, pooled=False))
        serve(settings, service)
    except (RegisterError, CannotListen, Contradiction) as refusal:
        return str(refusal)
    except (SQLAlchemyError, OSError) as error:
        return f"{type(error).__name__}: {error}. `reachback doctor` says more."
    return ""


if __name__ == "__main__":
    main()
