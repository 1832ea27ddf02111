"""What a process was started with."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from service.notify import Notifier
from service.successor import Predecessor


@dataclass(frozen=True, slots=True)
class Service:
    """A service manager, sockets that listen already, whom this process succeeds; each may be nobody, or none."""

    notifier: Notifier = field(default_factory=Notifier)
    inherited: Sequence[socket.socket] = ()
    predecessor: Predecessor = field(default_factory=lambda: Predecessor(None))
