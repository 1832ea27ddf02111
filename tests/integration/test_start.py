from __future__ import annotations

from collections.abc import Callable

from tests.processes import Installation, wait_until


def test_each_part_starts_alone(install: Callable[..., Installation]) -> None:
    installation = install()
    for start in (installation.start_portal, installation.start_websockify, installation.start_listener):
        assert start().is_running
    api = installation.api()
    wait_until(lambda: api("GET", "/healthz").status == 200)
    assert api("POST", "/api/sessions", {"customer": "Mrs Example"}).status == 201
