"""`python -m reachback.last_call`: end once this node holds no call.

Whoever takes a node away (Kubernetes, before it ends a pod) waits for this first, as long as it likes to; by then the
node is to get nobody new. A register that does not answer is no reason to keep a node.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from reachback.register import opened
from sessions.calls import CallRegister
from sessions.listeners import ListenerRegister
from sessions.settings import Settings

LOOK_SECONDS = 2.0


def calls_of(engine: Engine, settings: Settings) -> int:
    """How many calls the listeners of this node hold, those that drain included."""
    own = {one.id for one in ListenerRegister(engine).present(settings.node)}
    held = CallRegister(engine, vault=settings.vault()).open_by_listener()
    return sum(count for listener, count in held.items() if listener in own)


def wait(held: Callable[[], int], sleep: Callable[[float], None]) -> None:
    """Look every two seconds until there is none."""
    while held():
        sleep(LOOK_SECONDS)


def main() -> None:
    """Wait, with the settings of the environment."""
    settings = Settings.from_env()
    try:
        with opened(settings.database_url) as engine:
            wait(lambda: calls_of(engine, settings), time.sleep)
    except SQLAlchemyError as error:
        raise SystemExit(f"The database does not answer ({type(error).__name__}): nobody is waited for.") from None


if __name__ == "__main__":
    main()
