"""docs/proxies.md shows the files of deploy/ as they are: those are what the tests run."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/proxies.md").read_text(encoding="utf-8")
FILES = ("nginx/reachback.conf", "nginx/reachback.stream.conf", "caddy/Caddyfile", "haproxy/reachback.cfg")


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_shown_whole(file: str) -> None:
    text = (ROOT / "deploy" / file).read_text(encoding="utf-8")
    assert f"\n{text}```\n" in PAGE, f"copy deploy/{file} into docs/proxies.md"


@pytest.mark.parametrize("file", FILES)
def test_no_access_log_is_told_to_hold_what_opens_something(file: str) -> None:
    lines = (ROOT / "deploy" / file).read_text(encoding="utf-8").splitlines()
    logged = [line for line in lines if "log_format" in line or "log-format" in line]
    for forbidden in ("$request ", "$request_uri", "$args", "$http_referer", "%r ", "%HU", "%HQ", "%hr"):
        assert not any(forbidden in line for line in logged)
