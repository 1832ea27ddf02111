"""`connect.sh` in dash, with real servers on a real screen, calling a real listener."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from portal.instructions import Facts, connect_sh
from portal.instructions.pace import Pace
from sessions.views import NewSession
from tests.journey.computers import Computer, TigerVnc, X11vnc
from tests.journey.programs import Programs, programs_in
from tests.processes import Installation, wait_until
from tests.terminals import Window, open_window

QUICK = Pace(tick=1, ask=1, first=1, last=3, start=1)


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    folder = tmp_path / "computer"
    folder.mkdir()
    with programs_in(folder) as programs:
        yield programs


@pytest.fixture
def called(install: Callable[..., Installation]) -> Installation:
    """An installation that is called."""
    installation = install()
    installation.start_all("portal", "listener")
    return installation


@pytest.fixture
def start(programs: Programs, called: Installation) -> Iterator[Callable[..., Window]]:
    """Starts the script of a session on a computer, and says yes."""
    windows: list[Window] = []

    def starts(new: NewSession, computer: Computer, tools: tuple[str, ...] = ()) -> Window:
        script = programs.folder / "connect.sh"
        script.write_bytes(connect_sh(facts(called, new), "en", QUICK))
        environ = os.environ | {"DISPLAY": computer.display, "TMPDIR": str(temporary(programs))}
        if tools:
            environ["PATH"] = str(only(programs.folder / "bin", *tools))
        windows.append(open_window("/bin/dash", str(script), folder=programs.folder, environ=environ, raw=False))
        windows[-1].shows("press Enter:")
        windows[-1].types("y\n")
        return windows[-1]

    yield starts
    for window in windows:
        window.close()


def facts(installation: Installation, new: NewSession) -> Facts:
    said = installation.sessions.dial_facts(new.link)
    host, port = installation.call_address
    return Facts(
        technician="Anna",
        host=host,
        port=port,
        number=said.number,
        password=said.password,
        page=f"http://{installation.settings.http}/support/{new.link}",
        until=datetime(2026, 3, 1, 14, 30, tzinfo=UTC),
        minutes=10,
        kit_tightvnc=None,
        file_transfer=False,
        tls=False,
        port_is_own=False,
    )


def temporary(programs: Programs) -> Path:
    folder = programs.folder / "temporary"
    folder.mkdir(exist_ok=True)
    return folder


def only(folder: Path, *tools: str) -> Path:
    """A folder with these programs in it and what every Linux has."""
    folder.mkdir()
    for tool in (*tools, "sh", "date", "sleep", "mktemp", "rm", "grep", "sed", "tail", "ss"):
        found = next(Path(place) / tool for place in ("/usr/bin", "/bin") if (Path(place) / tool).exists())
        (folder / tool).symlink_to(found)
    return folder


def left_of_x11vnc(computer: Computer) -> list[int]:
    return [
        one.pid
        for one in psutil.process_iter(["name", "environ"])
        if one.info["name"] == "x11vnc" and (one.info["environ"] or {}).get("DISPLAY") == computer.display
    ]


def is_tidy(programs: Programs, computer: Computer) -> bool:
    return not left_of_x11vnc(computer) and not list(temporary(programs).iterdir())


def test_x11vnc_from_yes_to_the_end_of_the_session(
    called: Installation, programs: Programs, start: Callable[..., Window]
) -> None:
    # Another session waits at this address, so only the number can tell whose call it is.
    called.waiting()
    new, computer = called.waiting(), X11vnc(programs)
    window = start(new, computer)
    wait_until(lambda: called.is_held(new), what="the call is held")
    assert called.call_row(new)["matched_by"] == "id"
    window.shows("Connected. Anna can see your screen.")
    (listener,) = [one for one in called.processes if one.name == "listener"]
    listener.kill()
    window.shows("The connection was lost.")
    called.start_listener()
    wait_until(lambda: called.is_held(new), what="it called again")
    called.sessions.end_by_link(new.link, "127.0.0.1")
    window.shows("Finished. Nobody is connected.")
    window.ends()
    assert is_tidy(programs, computer)


@pytest.mark.parametrize("how", ["\n", "\x03"], ids=["enter", "ctrl-c"])
def test_a_key_ends_it(called: Installation, programs: Programs, start: Callable[..., Window], how: str) -> None:
    new, computer = called.waiting(), X11vnc(programs)
    window = start(new, computer)
    window.shows("Connected.")
    assert [oct(path.stat().st_mode & 0o777) for path in temporary(programs).glob("*/password")] == ["0o600"]
    window.types(how)
    window.shows("Finished.")
    window.ends()
    assert is_tidy(programs, computer)
    wait_until(lambda: called.lost_row(new), what="the call is over")


def test_closing_its_window_ends_it(called: Installation, programs: Programs, start: Callable[..., Window]) -> None:
    new, computer = called.waiting(), X11vnc(programs)
    window = start(new, computer)
    window.shows("Connected.")
    os.close(window.terminal)
    wait_until(lambda: is_tidy(programs, computer), what="nothing is left")
    wait_until(lambda: called.lost_row(new), what="the call is over")


def test_tigervnc_where_there_is_no_x11vnc(
    called: Installation, programs: Programs, start: Callable[..., Window]
) -> None:
    new, computer = called.waiting(), TigerVnc(programs)
    window = start(new, computer, ("tigervncconfig", "wget"))
    window.shows("Connected.")
    wait_until(lambda: called.is_held(new), what="the call is held")
    called.sessions.end_by_link(new.link, "127.0.0.1")
    window.shows("Finished.")
    window.ends()
    wait_until(lambda: not computer.is_connected(called.call_address[1]), what="it hung up")


def test_without_a_server_it_says_what_to_install(
    called: Installation, programs: Programs, start: Callable[..., Window]
) -> None:
    window = start(called.waiting(), X11vnc(programs), ("curl",))
    window.shows("Install x11vnc, then start this again.")
    window.ends()
    assert not list(temporary(programs).iterdir())
