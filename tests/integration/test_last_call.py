"""A node that is to go waits for the calls it holds, and for nobody else's."""

from __future__ import annotations

import sys
from collections.abc import Callable

from reachback.last_call import calls_of
from tests.processes import Installation, wait_until

from .conftest import held


def test_it_ends_when_the_last_call_of_this_node_has(install: Callable[..., Installation]) -> None:
    installation = install()
    installation.start_all("listener")
    with held(installation):
        assert calls_of(installation.engine, installation.settings) == 1
        waiting = installation.start("last-call", sys.executable, "-m", "reachback.last_call")
        elsewhere = installation.start("elsewhere", sys.executable, "-m", "reachback.last_call", REACHBACK_NODE="other")
        assert elsewhere.wait(30) == 0, elsewhere.log
        assert waiting.is_running, waiting.log
    wait_until(lambda: not installation.open_calls())
    assert waiting.wait(30) == 0, waiting.log


def test_a_register_that_does_not_answer_keeps_no_node(install: Callable[..., Installation]) -> None:
    nothing = install().start(
        "last-call",
        *(sys.executable, "-m", "reachback.last_call"),
        REACHBACK_DATABASE_URL="sqlite:////nonexistent/reachback.db",
    )
    assert nothing.wait(30) == 1
    assert "nobody is waited for" in nothing.log
