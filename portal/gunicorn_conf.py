"""How gunicorn serves the portal: `gunicorn --config python:portal.gunicorn_conf 'portal:create_app()'`.

Gunicorn itself takes the sockets of a service manager and tells it when it is ready. What is here besides its settings
sees to it that the sockets are those that our settings ask for, and gives signs of life.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

# Gunicorn takes these names from here: TLS, and whose headers it believes.
from portal.gunicorn_front import certfile, forwarder_headers, keyfile, ssl_context
from portal.signs import give_signs
from service.notify import Notifier
from service.reload import tell
from service.sockets import Contradiction, check, take_inherited
from sessions.settings import Settings

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.workers.gthread import ThreadWorker

__all__ = ["certfile", "forwarder_headers", "keyfile", "ssl_context"]

UNIT = "reachback-portal.socket"


_own = Settings.from_env()

bind = str(_own.http)
worker_class = "gthread"
threads = 16
# Seconds for requests that are being answered when the portal is told to stop.
graceful_timeout = 3
control_socket_disable = True
# No access log, gunicorn's own default: the customer's link is part of a path.
accesslog = None
logger_class = "portal.gunicorn_log.Logger"


def on_starting(_server: Arbiter) -> None:
    """Refuse sockets that the settings do not ask for."""
    # From a copy: gunicorn reads the variables after us.
    inherited = take_inherited(dict(os.environ))
    try:
        if inherited:
            check(inherited, [(_own.http.host, _own.http.port)], "REACHBACK_HTTP", UNIT)
    except Contradiction as contradiction:
        sys.exit(f"portal: {contradiction}")
    finally:
        for one in inherited:
            one.detach()


def on_reload(_server: Arbiter) -> None:
    """End what `service.reload` began: new workers start now, and older ones go when they have answered."""
    Notifier.from_env().ready("Loaded again.")
    tell()


def post_worker_init(worker: ThreadWorker) -> None:
    """Give signs of life for as long as this worker answers."""
    # The watchdog waits for the process above this one.
    notifier = Notifier.from_env(pid=os.getppid())
    host, port = worker.sockets[0].getsockname()[:2]
    give_signs(notifier, host, port, tls=bool(worker.cfg.is_ssl))
