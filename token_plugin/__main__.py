"""`python -m token_plugin`: websockify with our plugin, as a process."""

from __future__ import annotations

import logging
import sys

from sessions import redaction
from sessions.database import check_revision, open_engine
from sessions.errors import RegisterError
from sessions.settings import Settings
from token_plugin.serve import CannotListen, serve


def main() -> None:
    """Serve until told to stop; a refusal is one line, and exit status 1."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    redaction.install()
    try:
        settings = Settings.from_env()
        check_revision(open_engine(settings.database_url, pooled=False))
        serve(settings)
    except (RegisterError, CannotListen) as refusal:
        sys.exit(f"token_plugin: {refusal}")


if __name__ == "__main__":
    main()
