"""Run inside a terminal: random text in random colours, for ever. Its reader may stop and continue it."""

from __future__ import annotations

import random
import string
import sys
import time


def line() -> str:
    words = ("".join(random.choices(string.printable[:94], k=random.randrange(1, 12))) for _ in range(7))
    return " ".join(f"\x1b[{random.randrange(30, 38)};{random.randrange(40, 48)}m{word}\x1b[0m" for word in words)


while True:
    sys.stdout.write(line()[:400] + ("\r\n" if random.random() < 0.9 else "\x1b[2J"))
    sys.stdout.flush()
    time.sleep(0.01)
