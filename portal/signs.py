"""Signs of life for the service manager: this worker asks itself, through its own door, as a person's browser would."""

from __future__ import annotations

import contextlib
import http.client
import ssl
import threading
import time
from collections.abc import Callable

from service.notify import Notifier
from sessions.settings import Address

# Asks no database: one that is gone is no better off with a portal started anew.
PATH = "/healthz/live"
ANSWER_SECONDS = 10.0


def give_signs(notifier: Notifier, host: str, port: int, *, tls: bool) -> None:
    """From now on, beside all else: a sign each time that an answer came. Without a watchdog, nothing."""
    if notifier.watchdog:
        arguments = (notifier, notifier.pause(notifier.watchdog), lambda: answers(host, port, tls=tls))
        threading.Thread(target=_keep_giving, args=arguments, daemon=True, name="signs of life").start()


def answers(host: str, port: int, *, tls: bool) -> bool:
    """Whether anything at all is answered there, be it a refusal."""
    host = Address(host, port).from_here.host
    if tls:
        # Its name is another one here, and nothing secret is said.
        context = ssl._create_unverified_context()  # noqa: S323, SLF001  (as said)
        asked: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=ANSWER_SECONDS, context=context
        )
    else:
        asked = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    with contextlib.closing(asked):
        try:
            asked.request("GET", PATH)
            asked.getresponse()
        except (OSError, http.client.HTTPException):
            return False
    return True


def _keep_giving(notifier: Notifier, seconds: float, is_well: Callable[[], bool]) -> None:
    while True:
        if is_well():
            notifier.ping()
        time.sleep(seconds)
