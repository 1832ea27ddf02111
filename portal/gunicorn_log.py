"""Gunicorn's own log lines, written as all others are: as text or JSON, with secrets hidden."""

from __future__ import annotations

from gunicorn.config import Config
from gunicorn.glogging import Logger as GunicornLogger

from sessions import logs
from sessions.settings import Settings


class Logger(GunicornLogger):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's logger without handlers of its own: what it says goes where ours goes. It writes no access log."""

    def setup(self, cfg: Config) -> None:
        """Called before the application is loaded, in the process that starts the others."""
        super().setup(cfg)
        logs.configure(Settings.from_env(), "portal")
        self.error_log.handlers.clear()
        self.error_log.propagate = True
