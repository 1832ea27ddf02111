"""One certificate and its key, as long as a process lives: whoever renews the files need not restart anything."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

from sessions.settings import CertFiles

# When a file was written, which one it is, and how long: a renewal changes at least one of them.
Mark = tuple[int, int, int] | None

log = logging.getLogger(__name__)


class ServedCertificate:
    """Answers with the newest context that could be made of `files` by `make`, which raises OSError where it cannot.

    Two files cannot be renewed at once: between them they do not fit each other, and the old ones are served on. Any
    number of threads may ask.

    Raises:
        OSError: nothing can be made of the files at the start (ssl.SSLError is one).
    """

    def __init__(self, files: CertFiles, make: Callable[[CertFiles], ssl.SSLContext]) -> None:
        self._files = files
        self._make = make
        self._lock = threading.Lock()
        self._seen = self._marks()
        self._context = make(files)

    def context(self) -> ssl.SSLContext:
        """What the next connection is answered with. It looks at the files, and reads them where they have changed."""
        with self._lock:
            # Looked at before they are read: what changes meanwhile is found the next time.
            marks = self._marks()
            if marks != self._seen:
                self._seen = marks
                self._renew()
            return self._context

    def _renew(self) -> None:
        try:
            self._context = self._make(self._files)
        except OSError as error:
            log.warning(
                "the certificate %s was changed and cannot be used with the key %s; the one read before is served on: "
                "%s. Correct the files; they are read again when they change.",
                self._files.cert,
                self._files.key,
                error,
            )
        else:
            log.info("the certificate %s was renewed; new connections get it", self._files.cert)

    def _marks(self) -> tuple[Mark, Mark]:
        return _mark(self._files.cert), _mark(self._files.key)


def _mark(path: Path) -> Mark:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
