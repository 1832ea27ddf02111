"""What gunicorn is told of what stands in front of it, as its configuration file or a part of one.

TLS where REACHBACK_WEB_TLS_CERT and REACHBACK_WEB_TLS_KEY are set, plain HTTP where they are not; and nothing about
reverse proxies: the portal judges their headers itself (`client_address`, `plain_http`).
"""

from __future__ import annotations

import ssl
from collections.abc import Callable

from certificates import ServedCertificate, web_context
from sessions.settings import Settings

# Gunicorn would let whoever is behind a proxy on this machine say where the path begins (SCRIPT_NAME), and with it undo
# what a proxy leads elsewhere by its path.
forwarder_headers = ""

_files = Settings.from_env().web_tls
# Files that cannot be used shall be an error at the start, not one for each browser.
_served = ServedCertificate.of(_files, web_context, "REACHBACK_WEB_TLS")

# Gunicorn's names: with them it speaks TLS at all.
certfile = str(_files.cert) if _files else None
keyfile = str(_files.key) if _files else None


def ssl_context(_config: object, _make_default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Gunicorn's hook: the context for one more connection (and for a look at the files when it starts)."""
    assert _served
    return _served.context()
