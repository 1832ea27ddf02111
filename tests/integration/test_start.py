from __future__ import annotations

from collections.abc import Callable

from reachback.parts import parts
from tests.integration.conftest import held
from tests.processes import Installation, wait_until


def test_each_part_starts_alone(install: Callable[..., Installation]) -> None:
    installation = install()
    for start in (installation.start_portal, installation.start_websockify, installation.start_listener):
        assert start().is_running
    api = installation.api()
    wait_until(lambda: api("GET", "/healthz").status == 200)
    assert api("POST", "/api/sessions", {"customer": "Mrs Example"}).status == 201


def test_a_second_listener_leaves_the_first_ones_calls_alone(install: Callable[..., Installation]) -> None:
    installation = install()
    installation.start_all("listener")
    with held(installation) as (new, _server):
        second = installation.start("second", *parts(installation.settings)[1].command, REACHBACK_LISTEN="127.0.0.1:0")
        assert second.wait() == 1
        assert "Another listener already works here" in second.log
        assert installation.is_held(new)
