"""Sends what waits to be told to the receiver of webhooks: a thread of the portal, beside its requests.

Several portals may run: each delivery is claimed by one of them (`DeliveryRegister.claim`).
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from meters.catalogue import WEBHOOK_SECONDS, WEBHOOKS
from portal.webhook_post import Letter, NotTaken, post, signature
from sessions.deliveries import DeliveryRegister, Parcel
from sessions.settings import Webhook

LOOK_SECONDS = 1.0
PRUNE_SECONDS = 3600.0

log = logging.getLogger(__name__)


class Sender:
    """Delivers from `register` to `webhook`'s receiver while it is started; `written` is told after each try."""

    def __init__(
        self,
        webhook: Webhook,
        register: DeliveryRegister,
        written: Callable[[], None],
        seconds: Callable[[], float] = time.time,
    ) -> None:
        self._webhook = webhook
        self._register = register
        self._written = written
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._next_pruning = 0.0
        self._is_in_trouble = False

    def start(self) -> None:
        """Go on sending until `stop`; also in a process that is forked from this one, which has no threads."""
        self._run()
        weakly = weakref.WeakMethod(self._run)
        os.register_at_fork(after_in_child=lambda: _call(weakly()))

    def stop(self) -> None:
        """Send nothing more; answers once what is being sent is done with."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def send_due(self) -> int:
        """Send all that is due now; answers how much was tried."""
        tried = 0
        while not self._stop.is_set():
            parcel = self._register.claim()
            if parcel is None:
                break
            self._try(parcel)
            tried += 1
        return tried

    def _run(self) -> None:
        if not self._stop.is_set():
            self._thread = threading.Thread(target=self._walk, name="webhooks", daemon=True)
            self._thread.start()

    def _walk(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self.send_due()
                self._prune()
            except SQLAlchemyError as error:
                if not self._is_in_trouble:
                    log.warning("webhooks wait, the database does not answer: %s", error)
                self._is_in_trouble = True
            except Exception:
                # Nobody starts this thread anew: whatever one delivery does, the others are sent.
                log.exception("a webhook could not be sent; it is tried again later")
            else:
                self._is_in_trouble = False

    def _try(self, parcel: Parcel) -> None:
        began = time.monotonic()
        try:
            self._send(parcel)
        except NotTaken as why:
            given_up = self._register.failed(parcel, str(why))
            WEBHOOKS.add("given_up" if given_up else "failed")
            log.warning("webhook %d was not taken at try %d: %s", parcel.id, parcel.tries, why)
        else:
            self._register.delivered(parcel)
            WEBHOOKS.add("delivered")
            log.info("webhook %d (%s) was delivered", parcel.id, parcel.kind)
        WEBHOOK_SECONDS.observe(time.monotonic() - began)
        self._written()

    def _send(self, parcel: Parcel) -> None:
        letter = Letter.of(parcel.id, parcel.kind, parcel.body)
        post(self._webhook.url, letter, signature(self._secret(), int(self._seconds()), letter.body))

    def _secret(self) -> bytes:
        # Read each time: it may be replaced while the portal runs.
        try:
            secret = self._webhook.secret_file.read_bytes().strip()
        except OSError as error:
            raise NotTaken(f"REACHBACK_WEBHOOK_SECRET_FILE cannot be read: {error.strerror}.") from None
        if not secret:
            raise NotTaken("REACHBACK_WEBHOOK_SECRET_FILE is empty: nothing is sent unsigned.")
        return secret

    def _prune(self) -> None:
        if time.monotonic() >= self._next_pruning:
            self._next_pruning = time.monotonic() + PRUNE_SECONDS
            self._register.prune()


def _call(run: Callable[[], None] | None) -> None:
    if run:
        run()
