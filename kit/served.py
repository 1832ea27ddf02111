"""What the portal may hand out of the kit: the pinned files, as long as they are what they were when pinned."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from kit import folder as files
from kit import pins
from kit.errors import KitError, Unfit
from kit.folder import Stamp
from kit.pins import Pin, Pins
from kit.products import SERVERS, Product

log = logging.getLogger(__name__)


class Kit:
    """The kit of one installation, asked again for each request: a check or a changed file counts at once.

    What is handed out is compared by its hash, the very bytes, every time. Whether a file *could* be handed out (the
    customer's page asks that every few seconds) is remembered under the file's stamp; were that ever wrong, a page
    would offer what the download then refuses.
    """

    def __init__(self, folder: Path, pins_file: Path) -> None:
        self._folder = folder
        self._pins_file = pins_file
        self._remembered: dict[str, tuple[Stamp, str]] = {}
        self._told: set[str] = set()

    def tightvnc_version(self) -> str | None:
        """The version of the kit's `tvnserver.exe`, such as 2.8.27; None where it has none that is served."""
        found = self._served(frozenset({Product.TIGHTVNC}))
        return next((pin.version for pin in found.values()), None)

    def is_usable(self) -> bool:
        """Whether a customer's computer can be reached with what is served."""
        return bool(self._served(SERVERS))

    def files(self) -> dict[str, bytes]:
        """Every file that is served, by name, with its contents; none where there is no server among them."""
        pinned = self._pins()
        read = ((name, self._contents(name, pin)) for name, pin in pinned.items())
        found = {name: data for name, data in read if data is not None}
        return found if any(pinned[name].product in SERVERS for name in found) else {}

    def _served(self, products: frozenset[Product]) -> dict[str, Pin]:
        return {name: pin for name, pin in self._pins().items() if pin.product in products and self._holds(name, pin)}

    def _pins(self) -> Pins:
        try:
            return pins.load(self._pins_file)
        except KitError as error:
            self._tell("", str(error))
            return {}

    def _holds(self, name: str, pin: Pin) -> bool:
        try:
            now = files.stamp(self._folder, name)
        except Unfit as error:
            self._tell(name, str(error))
            return False
        stamp, sha256 = self._remembered.get(name, (None, ""))
        return sha256 == pin.sha256 if stamp == now else self._contents(name, pin) is not None

    def _contents(self, name: str, pin: Pin) -> bytes | None:
        try:
            stamp, data = files.read(self._folder, name)
        except Unfit as error:
            self._tell(name, str(error))
            return None
        sha256 = hashlib.sha256(data).hexdigest()
        self._remembered[name] = stamp, sha256
        if sha256 != pin.sha256:
            self._tell(name, "it is not what was pinned")
            return None
        return data

    def _tell(self, name: str, why: str) -> None:
        # Once for each reason: every customer's page would say it again every few seconds.
        line = f"kit: {name} is not served, {why}: run `reachback kit check`" if name else f"kit: {why}"
        if line not in self._told:
            self._told.add(line)
            log.warning("%s", line)
