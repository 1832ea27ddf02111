from __future__ import annotations

import pytest

from reachback.findings import Finding, Status
from reachback.settings_check import examine
from sessions.settings import Settings

HTTPS = {
    "REACHBACK_PUBLIC_URL": "https://support.example.org",
    "REACHBACK_PUBLIC_WEBSOCKET": "wss://support.example.org/websockify",
    "REACHBACK_TRUSTED_PROXIES": "127.0.0.1",
}


def findings(**environ: str) -> list[Finding]:
    return list(examine(Settings.from_env(environ), environ))


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "no setting is set, each has its default"),
        ({"REACHBACK_PUBLIC_URL": "http://localhost:8080"}, "1 setting is set, every one known"),
        (HTTPS, "3 settings are set, every one known"),
    ],
)
def test_settings_that_go_together_are_well(environ: dict[str, str], words: str) -> None:
    (finding,) = findings(**environ)
    assert (finding.status, finding.words) == (Status.OK, words)


def test_a_name_like_none_is_told_without_a_guess() -> None:
    (finding,) = findings(REACHBACK_ZZZZZZZZZZ="1")
    assert finding.status is Status.WARNING
    assert "take it away" in finding.cure


@pytest.mark.parametrize(
    ("wrong", "words", "cure"),
    [
        ({"REACHBACK_PUBLIC_URL": "http://support.example.org"}, "plain HTTP", "REACHBACK_PUBLIC_URL=https://..."),
        (
            {"REACHBACK_PUBLIC_WEBSOCKET": "ws://support.example.org/websockify"},
            "no browser opens it",
            "REACHBACK_PUBLIC_WEBSOCKET=wss://support.example.org/websockify",
        ),
        ({"REACHBACK_TRUSTED_PROXIES": ""}, "no proxy is believed", "REACHBACK_TRUSTED_PROXIES"),
        (
            {"REACHBACK_ALLOWED_ORIGINS": "https://elsewhere.example"},
            "may not open a WebSocket",
            "add https://support.example.org",
        ),
        (
            {"REACHBACK_LISTEN": "0.0.0.0:5501", "REACHBACK_SESSION_PORTS": "5501-5510"},
            "port 5501 is in REACHBACK_LISTEN and in REACHBACK_SESSION_PORTS",
            "one of them",
        ),
    ],
)
def test_settings_that_contradict_one_another_are_told(wrong: dict[str, str], words: str, cure: str) -> None:
    (finding,) = findings(**(HTTPS | wrong))
    assert finding.status is Status.PROBLEM
    assert words in finding.words
    assert cure in finding.cure
