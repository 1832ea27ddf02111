"""`python -m service.reload PID`: what `systemctl reload` runs.

It says first that a reload has begun, so that systemd waits for the end of it, which the service itself tells; then it
sends SIGHUP. Debian's smallest systems have no kill(1).
"""

from __future__ import annotations

import os
import signal
import sys

from service.notify import Notifier


def main(pid: int) -> None:
    """Have the process `pid` load again."""
    Notifier.from_env().reloading()
    os.kill(pid, signal.SIGHUP)


if __name__ == "__main__":
    main(int(sys.argv[1]))
