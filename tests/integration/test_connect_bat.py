"""`connect.bat`, run by a real cmd.exe against a stand-in for TightVNC that really dials."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.instructions import LANGUAGES, Facts, connect_bat, texts
from portal.instructions.pace import Pace
from sessions.views import NewSession
from sessions.vnc_password import answer_challenge
from tests.processes import Installation, wait_until
from tests.wine import SERVER_KEY, Window, Windows

pytestmark = pytest.mark.timeout(120)  # one story starts Wine's programs a hundred times

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


def agreed(window: Window, letter: str = "Y", language: str = "en") -> Window:
    window.shows(sentence("question", language))
    window.types(f"{letter}\r")
    return window


def sentence(name: str, language: str = "en", technician: str = "Anna") -> str:
    """A sentence of the scripts as a window shows it, in one line and with plain spaces only."""
    return " ".join(texts.said(name, language, FACTS, technician).split())


class Relay:
    """A listener of the test's own: answers plain calls and dispatchers, and keeps what they said."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(20)
        self.calls: list[socket.socket] = []

    @property
    def port(self) -> int:
        port: int = self.socket.getsockname()[1]
        return port

    def accept(self) -> socket.socket:
        call, _ = self.socket.accept()
        call.settimeout(40)  # Wine starts a dozen programs to clean up, on a machine that may be busy
        self.calls.append(call)
        return call

    def close(self) -> None:
        for one in (self.socket, *self.calls):
            one.close()

    def greeted(self) -> socket.socket:
        """A call, taken through RFB up to ServerInit without a password."""
        call = self.accept()
        assert exactly(call, 12) == b"RFB 003.008\n"
        call.sendall(b"RFB 003.008\n")
        assert exactly(call, 3) == b"\x02\x01\x10"
        call.sendall(b"\x01")
        return desktop(call)

    def dispatched(self, password: str) -> tuple[int, socket.socket]:
        """A call of a dispatcher's client: its number, and the call up to ServerInit."""
        call = self.accept()
        call.sendall(b"TCPDISPATCH\n\x01\x03")
        assert exactly(call, 2) == b"\x03\x00"
        number = int.from_bytes(exactly(call, 4), "big")
        assert exactly(call, 4) == b"\x01\x00\x01\x00"
        call.sendall(b"\x00" + b"\x00" + b"\x01")
        assert exactly(call, 1) == b"\x00"
        assert exactly(call, 12) == b"RFB 003.008\n"
        call.sendall(b"RFB 003.008\n")
        assert exactly(call, 3) == b"\x02\x02\x10"
        call.sendall(b"\x02")
        call.sendall(answer_challenge(password, exactly(call, 16)))
        return number, desktop(call)


def desktop(call: socket.socket) -> socket.socket:
    assert exactly(call, 4) == bytes(4)
    call.sendall(b"\x01")
    exactly(call, exactly(call, 24)[-1])
    return call


def exactly(call: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        more = call.recv(count - len(got))
        assert more, f"closed after {got!r}"
        got += more
    return got


def is_closed(call: socket.socket) -> None:
    assert call.recv(1) == b""


@pytest.fixture
def relay() -> Iterator[Relay]:
    made = Relay()
    yield made
    made.close()


def towards(relay: Relay, **other: object) -> Facts:
    return dataclasses.replace(FACTS, port=relay.port, **other)


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
    second = agreed(windows.window(kit, connect_bat(FACTS, "en", QUICK), "again.bat"))
    second.shows(sentence("twice"))
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


def unusual_settings(windows: Windows) -> bytes:
    """Settings that a customer had before; answers them as they are exported."""
    windows.set(SERVER_KEY, "AcceptRfbConnections", "REG_DWORD", "1")
    windows.set(SERVER_KEY, "Password", "REG_BINARY", "0011223344556677")
    windows.set(SERVER_KEY, "IpAccessControl", "REG_SZ", "10.0.0.0-10.0.0.255:0")
    windows.set(SERVER_KEY, "LoopbackOnly", "REG_DWORD", "1")
    windows.set(SERVER_KEY + r"\Deeper", "Größe", "REG_MULTI_SZ", r"a\0b")
    return windows.exported()


def is_empty(windows: Windows) -> bool:
    """Whether the script's folder is gone. (Wine's own console keeps an empty one.)"""
    return not list(windows.temp.glob("reachback/*"))


def test_the_kits_tightvnc_says_the_number_until_a_key_ends_it(windows: Windows, kit: Path, relay: Relay) -> None:
    before = unusual_settings(windows)
    facts = towards(relay, kit_tightvnc="2.8.27", file_transfer=True)
    window = windows.window(kit, connect_bat(facts, "ru", QUICK), language="ru")
    agreed(window, "Д", "ru")
    number, call = relay.dispatched("k3yw0rds")
    assert number == 123456782
    window.shows(sentence("connected", "ru"))
    assert windows.exported() != before
    window.types("x")
    is_closed(call)
    window.shows(sentence("finished", "ru"))
    assert windows.exported() == before
    window.types("x")
    window.ends()
    assert is_empty(windows)
    assert windows.diary[0] == "runs http=0 files=1"
    assert "password right" in windows.diary
    assert windows.diary[-1] == "shut down"
    assert not [line for line in windows.diary if line.startswith(("box", "listens"))]


def test_closing_the_window_ends_it_and_puts_back_what_a_power_failure_left(
    windows: Windows, kit: Path, relay: Relay
) -> None:
    before = unusual_settings(windows)
    left = windows.temp / "reachback" / "tvnserver.reg"
    left.parent.mkdir()
    left.write_bytes(before)
    windows.set(SERVER_KEY, "Password", "REG_BINARY", "ffffffffffffffff")
    windows.set(SERVER_KEY, "More", "REG_DWORD", "1")
    window = agreed(windows.window(kit, connect_bat(towards(relay), "en", QUICK)))
    call = relay.greeted()
    window.shows("Connected.")
    window.close()
    is_closed(call)
    wait_until(lambda: is_empty(windows), 40, "the worker has cleaned up")
    assert windows.exported() == before
    assert windows.diary[-1] == "shut down"


def test_closing_the_workers_window_ends_it_too(windows: Windows, kit: Path, relay: Relay) -> None:
    before = unusual_settings(windows)
    window = agreed(windows.window(kit, connect_bat(towards(relay), "en", QUICK)))
    call = relay.greeted()
    window.shows("Connected.")
    for process in windows.processes("cmd.exe", ":worker"):
        os.kill(process, signal.SIGKILL)
    is_closed(call)
    window.shows(sentence("finished"))
    assert windows.exported() == before
    assert windows.diary[-1] == "shut down"


def test_settings_that_cannot_be_put_back_are_kept_for_the_next_start(
    windows: Windows, kit: Path, relay: Relay
) -> None:
    before = unusual_settings(windows)
    window = agreed(windows.window(kit, connect_bat(towards(relay), "en", QUICK)))
    relay.greeted()
    window.shows("Connected.")
    saved = windows.temp / "reachback" / "tvnserver.reg"
    saved.write_bytes(b"no settings")
    window.types("x")
    window.shows(sentence("not_back"))
    window.types("x")
    window.ends()
    assert saved.read_bytes() == b"no settings"
    saved.write_bytes(before)
    again = agreed(windows.window(kit, connect_bat(towards(relay), "en", QUICK)))
    relay.greeted()
    again.types("x")
    again.shows(sentence("finished"))
    assert windows.exported() == before


def test_a_server_that_runs_is_used_as_it_is(windows: Windows, tmp_path: Path, relay: Relay) -> None:
    before = unusual_settings(windows)
    program = windows.program_files / "TightVNC" / "tvnserver.exe"
    windows.install(program)
    windows.start(program, "-run")
    wait_until(lambda: windows.diary[:1] == ["runs http=1 files=1"], what="it runs")
    facts = towards(relay, kit_tightvnc="2.8.27")
    window = agreed(windows.window(tmp_path, connect_bat(facts, "en", QUICK)))
    call = relay.greeted()
    window.shows("Connected.")
    assert windows.exported() == before
    window.types("x")
    is_closed(call)
    window.shows(sentence("finished"))
    assert windows.exported() == before
    assert windows.processes("tvnserver.exe")
    assert "told shutdown " not in windows.diary


def test_a_service_that_runs_is_used_as_it_is(windows: Windows, tmp_path: Path, relay: Relay) -> None:
    program = windows.program_files / "TightVNC" / "tvnserver.exe"
    windows.install(program)
    with windows.service("tvnserver", program):
        window = agreed(windows.window(tmp_path, connect_bat(towards(relay), "en", QUICK)))
        call = relay.greeted()
        window.shows("Connected.")
        assert windows.exported(r"HKCU\Software\TightVNC") == b""
        window.types("x")
        is_closed(call)
        window.shows(sentence("finished"))
        assert "told shutdown " not in windows.diary
        assert len(windows.processes("tvnserver.exe")) == 1


def test_tightvnc_1_3(windows: Windows, tmp_path: Path, relay: Relay) -> None:
    windows.install(windows.program_files / "TightVNC" / "WinVNC.exe")
    window = agreed(windows.window(tmp_path, connect_bat(towards(relay), "de", QUICK), language="de"), "ja", "de")
    call = relay.greeted()
    window.shows("Verbunden.")
    assert b"SocketConnect" in windows.exported(r"HKCU\Software\ORL").replace(b"\0", b"")
    window.types("x")
    is_closed(call)
    window.shows(sentence("finished", "de"))
    assert windows.exported(r"HKCU\Software\ORL") == b""
    assert windows.diary[-1] == "shut down"
