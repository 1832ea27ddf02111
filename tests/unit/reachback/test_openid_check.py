from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reachback import openid_check
from sessions.settings import Settings
from tests.fakes.openid_provider import CLIENT_ID, SECRET, FakeProvider, running


@pytest.fixture
def provider(monkeypatch) -> Iterator[FakeProvider]:
    monkeypatch.setenv("NO_PROXY", "localhost")
    with running("http://127.0.0.1/sign-in/openid/back") as found:
        yield found


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "openid.secret"
    file.touch(0o600)
    file.write_text(SECRET)
    return file


@pytest.fixture
def with_openid(environ: dict[str, str], provider: FakeProvider, secret_file: Path) -> Settings:
    return Settings.from_env(
        environ
        | {
            "REACHBACK_PUBLIC_URL": "https://help.example.org",
            "REACHBACK_OPENID_ISSUER": provider.issuer,
            "REACHBACK_OPENID_CLIENT_ID": CLIENT_ID,
            "REACHBACK_OPENID_CLIENT_SECRET_FILE": str(secret_file),
        }
    )


def complaints(settings: Settings) -> list[str]:
    return [str(finding) for finding in openid_check.examine(settings) if not finding.well]


def test_without_a_provider_nothing_is_said(settings: Settings) -> None:
    assert list(openid_check.examine(settings)) == []


def test_a_sound_provider_is_told_with_the_redirect_address(with_openid: Settings) -> None:
    found = [str(finding) for finding in openid_check.examine(with_openid)]
    assert complaints(with_openid) == []
    assert "https://help.example.org/sign-in/openid/back" in found[1]
    assert SECRET not in str(found)


def test_a_secret_that_everybody_can_read_is_told(with_openid: Settings, secret_file: Path) -> None:
    secret_file.chmod(0o604)
    assert complaints(with_openid) == [f"✘ everybody on this machine can read {secret_file}: chmod o= {secret_file}"]


def test_a_secret_that_is_not_there_or_empty_is_told(with_openid: Settings, secret_file: Path) -> None:
    secret_file.write_text("")
    assert "is empty" in complaints(with_openid)[0]
    secret_file.unlink()
    assert "FileNotFoundError" in complaints(with_openid)[0]


def test_a_provider_of_another_name_is_told(with_openid: Settings, provider: FakeProvider) -> None:
    provider.description = {"issuer": "https://another.example"}
    (complaint,) = complaints(with_openid)
    assert "it calls itself otherwise" in complaint
    assert "correct REACHBACK_OPENID_ISSUER" in complaint


def test_an_address_without_a_provider_is_told(environ: dict[str, str], secret_file: Path, monkeypatch) -> None:
    monkeypatch.setenv("NO_PROXY", "localhost")
    openid = {
        "REACHBACK_OPENID_ISSUER": "http://localhost:1",
        "REACHBACK_OPENID_CLIENT_ID": CLIENT_ID,
        "REACHBACK_OPENID_CLIENT_SECRET_FILE": str(secret_file),
    }
    (complaint,) = complaints(Settings.from_env(environ | openid))
    assert complaint.startswith("✘ http://localhost:1 does not answer (ConnectionError)")


def test_a_page_that_describes_nothing_is_told(with_openid: Settings, provider: FakeProvider) -> None:
    elsewhere = openid_check.provider(
        with_openid.openid.__class__(f"{provider.issuer}/realms/typo", CLIENT_ID, Path(), "SSO"), ""
    )
    assert "is no description of a provider, HTTPError" in str(elsewhere)
