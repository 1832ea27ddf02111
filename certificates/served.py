"""One certificate and its key, as long as a process lives: whoever renews the files need not restart anything."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from sessions.errors import BadSetting
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

    @classmethod
    def of(cls, files: CertFiles | None, make: Callable[[CertFiles], ssl.SSLContext], setting: str) -> Self | None:
        """What to serve of the files that `setting`_CERT and `setting`_KEY name; None where they name none.

        Raises:
            BadSetting: nothing can be made of them.
        """
        if files is None:
            return None
        try:
            return cls(files, make)
        except OSError as error:
            raise BadSetting(
                f"Cannot use the certificate {files.cert} with the key {files.key}: {_reason(error)}. Correct "
                f"{setting}_CERT and {setting}_KEY, or unset both."
            ) from error

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


def _reason(error: OSError) -> str:
    # Of files the system says enough; of what is in them, OpenSSL.
    return str(error) if isinstance(error, ssl.SSLError) else error.strerror or str(error)


def _mark(path: Path) -> Mark:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
