"""`connect.bat`, run by a real cmd.exe against a stand-in for TightVNC that really dials."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.instructions import LANGUAGES, Facts, connect_bat, texts
from portal.instructions.pace import Pace
from sessions.views import NewSession
from tests.processes import Installation, wait_until
from tests.wine import Window, Windows

QUICK = Pace(tick=1, ask=2, first=1, last=3, start=1)
ODD_NAME = 'A%PATH%na & "Jo" <b> |^!ü! (50%) /?'
ODD_NAME_SHOWN = "A%PATH%na & 'Jo' <b> |^!ü! (50%) / ?"
FACTS = Facts(
    technician="Anna",
    host="127.0.0.1",
    port=1,
    number="123456782",
    password="k3yw0rds",
    page="http://127.0.0.1:1/support/aaaa",
    until=datetime(2026, 3, 1, 14, 30, tzinfo=UTC),
    minutes=10,
    kit_tightvnc=None,
    file_transfer=False,
    tls=False,
    port_is_own=False,
)


@pytest.fixture(scope="session")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Windows]:
    windows = Windows(tmp_path_factory.mktemp("windows"))
    yield windows
    windows.shut_down()


@pytest.fixture
def windows(prefix: Windows) -> Iterator[Windows]:
    """A Windows without TightVNC on it."""
    prefix.clear()
    yield prefix
    prefix.clear()


@pytest.fixture
def kit(windows: Windows, tmp_path: Path) -> Path:
    """A folder with TightVNC in it; its name is one that a customer might give."""
    folder = tmp_path / "Müller & Co (new)"
    windows.install(folder / "tvnserver.exe")
    return folder


def customers(installation: Installation, new: NewSession) -> Facts:
    """The facts of a real session."""
    said = installation.sessions.dial_facts(new.link)
    host, port = installation.call_address
    page = f"http://{installation.settings.http}/support/{new.link}"
    return dataclasses.replace(
        FACTS, technician=ODD_NAME, host=host, port=port, number=said.number, password=said.password, page=page
    )


def agreed(window: Window, letter: str = "Y") -> Window:
    window.shows("Enter:")
    window.types(f"{letter}\r")
    return window


def sentence(name: str, language: str = "en", technician: str = "Anna") -> str:
    """A sentence of the scripts as a window shows it, in one line and with plain spaces only."""
    return " ".join(texts.said(name, language, FACTS, technician).split())


@pytest.mark.parametrize("answer", ["n", "", "yikes", '"', "Y & echo 1"])
def test_anything_but_yes_changes_nothing(windows: Windows, kit: Path, answer: str) -> None:
    before = sorted(windows.temp.iterdir())
    window = agreed(windows.window(kit, connect_bat(FACTS, "en", QUICK)), answer)
    window.shows(sentence("declined"))
    window.types(" ")
    window.ends()
    assert windows.diary == []
    assert sorted(windows.temp.iterdir()) == before
    assert windows.exported(r"HKCU\Software\TightVNC") == b""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_asked_and_answered_in(windows: Windows, tmp_path: Path, language: str) -> None:
    facts = dataclasses.replace(FACTS, technician="Zoë")
    window = windows.window(tmp_path, connect_bat(facts, language, QUICK), language=language)
    window.shows(sentence("question", language))
    window.types(texts.AGREEING[language][0].lower() + "\r")
    window.shows(sentence("where_from", language).split()[-1])
    for name in ("asks", "until", "sees", "off", "no_server", "where_from"):
        assert sentence(name, language, "Zoe" if language == "ru" else "Zoë") in window.text
    window.types(" ")
    window.ends()


def test_a_real_session_from_yes_to_its_end(windows: Windows, kit: Path, install: Callable[..., Installation]) -> None:
    installation = install()
    _portal, listener = installation.start_all("portal", "listener")
    new = installation.waiting()
    window = windows.window(kit, connect_bat(customers(installation, new), "en", QUICK))
    window.shows(f"{ODD_NAME_SHOWN} asks to help you")
    agreed(window)
    wait_until(lambda: installation.is_held(new), what="the call is held")
    window.shows(f"Connected. {ODD_NAME_SHOWN} can see your screen.")
    listener.kill()
    window.shows(sentence("lost"))
    installation.start_listener()
    wait_until(lambda: installation.is_held(new), what="it dialled again")
    installation.sessions.end_by_link(new.link, "127.0.0.1")
    window.shows(sentence("finished"))
    window.types(" ")
    window.ends()
    assert windows.diary[-2:] == ["told shutdown ", "shut down"]
    assert not [line for line in windows.diary if line.startswith(("box", "listens"))]
    assert windows.exported(r"HKCU\Software\TightVNC") == b""
    assert not (windows.temp / "reachback").exists()
