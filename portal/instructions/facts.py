"""What instructions and scripts for one session are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a customer's computer must be told to reach its session.

    `page` is the URL of the customer's page, in plain HTTP where that is possible. `until` is in the zone in which
    times are shown, `minutes` is what is left of it, rounded up. `kit_tightvnc` is the version of the kit's
    tvnserver.exe, None where the kit has none. `tls`: the listener has a certificate. `port_is_own`: `port` belongs
    to this session alone. `password` is None where the technician stored that of the customer's own server.
    """

    technician: str
    host: str
    port: int
    number: str = field(repr=False)
    password: str | None = field(repr=False)
    page: str = field(repr=False)
    until: datetime
    minutes: int
    kit_tightvnc: str | None
    file_transfer: bool
    tls: bool
    port_is_own: bool


class Way(StrEnum):
    """How TightVNC is told to dial: by its dispatcher command, which carries the number, or plainly."""

    DISPATCH = "dispatch"
    CONNECT = "connect"


# The releases whose command line knows -dispatch (tvncontrol-app/ControlCommandLine.cpp of each).
FIRST_DISPATCHER, LAST_DISPATCHER = (2, 8, 2), (2, 8, 27)


def way(facts: Facts) -> Way:
    """The best way that the kit's TightVNC knows; -dispatch asks for a password, so there must be one to set."""
    if facts.kit_tightvnc is None or facts.password is None:
        return Way.CONNECT
    version = tuple(int(part) for part in re.findall(r"\d+", facts.kit_tightvnc)[:3])
    return Way.DISPATCH if FIRST_DISPATCHER <= version <= LAST_DISPATCHER else Way.CONNECT
