"""`python -m service.handover COUNT FD... COMMAND...`: begin COMMAND as nobody's child, with these descriptors.

The small program between a part and its successor. It has one thread, where the part has many, so it may fork; and it
ends at once: the successor then is the service manager's own child, which notices when that one ends.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from service.notify import WATCHDOG_PID
from service.sockets import COUNT, FIRST, PID

LINE = "REACHBACK_SUCCESSION_FD"


def main(arguments: Sequence[str]) -> None:
    """Begin the command. Its last descriptor is the line to its predecessor, those before it are sockets."""
    count = int(arguments[0])
    descriptors = [int(text) for text in arguments[1 : count + 1]]
    if os.fork() == 0:
        _become(list(arguments[count + 1 :]), descriptors)


def _become(command: list[str], descriptors: Sequence[int]) -> NoReturn:
    # A reload that comes while it starts would end it: what is ignored stays so until it can heed it.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    past = FIRST + len(descriptors)
    # Out of the way first: one may lie where another belongs.
    for place, descriptor in enumerate([fcntl.fcntl(one, fcntl.F_DUPFD, past) for one in descriptors], FIRST):
        os.dup2(descriptor, place)
    os.closerange(past, os.sysconf("SC_OPEN_MAX"))
    own = str(os.getpid())
    os.environ.update({PID: own, WATCHDOG_PID: own, COUNT: str(len(descriptors) - 1), LINE: str(past - 1)})
    os.execv(command[0], command)  # noqa: S606  (the predecessor's own command line)


if __name__ == "__main__":
    main(sys.argv[1:])
