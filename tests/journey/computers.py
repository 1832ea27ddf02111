"""Customers' computers: an X display each, with a terminal and a window that notes clicks, and a VNC server.

The three servers are Debian's own, and dial out as their users let them: x11vnc by an option (with or without the code
in front), TigerVNC and TightVNC by a command that tells the running server where to dial. x11vnc also calls through
stunnel, and as what stands behind a dispatcher's client.
"""

from __future__ import annotations

import random
import re
import socket
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from reachback.ports import is_listening
from tests.fakes import dispatcher_bridge
from tests.journey.programs import Programs
from tests.processes import Process, free_ports, wait_until

WIDTH, HEIGHT = 800, 600
DISPLAYS = range(200, 60_000)
DISPLAY_ATTEMPTS = 5
FONTS = "/usr/share/fonts/X11/misc/"

# Where things are on every desktop here, in its own pixels.
IN_TERMINAL = (150, 100)
IN_BUTTON = (620, 450)
ON_GROUND = (400, 560)

TERMINAL = "Terminal"
BUTTON = "Event Tester"


class Computer(ABC):
    """A customer's computer that is switched on; `name` is the desktop name it tells."""

    width, height = WIDTH, HEIGHT

    def __init__(self, programs: Programs, name: str = "Front desk") -> None:
        self.name = name
        self.programs = programs
        self.display, self.x_server = self._switch_on()

    # What its VNC server does.

    @abstractmethod
    def dial(self, port: int) -> None:
        """Let the VNC server call this port of this machine."""

    @property
    def vnc_server(self) -> Process:
        """The process that holds the call."""
        return self.x_server

    def is_connected(self, port: int) -> bool:
        """Whether the VNC server has an open connection to `port`."""
        with suppress(psutil.NoSuchProcess):
            return any(
                one.raddr and one.raddr.port == port and one.status == psutil.CONN_ESTABLISHED
                for one in psutil.Process(self.vnc_server.pid).net_connections("tcp")
            )
        return False

    def connection(self, port: int) -> tuple[int, int]:
        """The VNC server's one connection to `port`: both its ports."""
        [found] = [
            (one.laddr.port, one.raddr.port)
            for one in psutil.Process(self.vnc_server.pid).net_connections("tcp")
            if one.raddr and one.raddr.port == port and one.status == psutil.CONN_ESTABLISHED
        ]
        return found

    # What is on its screen.

    def furnish(self, colour: str) -> None:
        """Open the terminal and the window that notes clicks, on a ground of one colour such as `#336699`."""
        self.open_terminal()
        self.show("xev", "-geometry", "160x100+540+400", "-event", "button")
        self.wait_for_window(BUTTON)
        self.paint(colour)

    def paint(self, colour: str) -> None:
        self.programs.run("xsetroot", "-display", self.display, "-solid", colour)

    def open_terminal(self) -> None:
        """A terminal with a shell in the test's folder; programs in it may set the selection (OSC 52)."""
        self.show(
            "xterm",
            *("-T", TERMINAL, "-geometry", "70x10+20+20", "-fn", "fixed", "-b", "8"),
            *("-xrm", "XTerm*allowWindowOps: true", "-xrm", "XTerm*disallowedWindowOps:"),
            *("-e", "sh"),
        )
        self.wait_for_window(TERMINAL)

    def show(self, program: str, *options: str) -> Process:
        """Start an X client on this desktop."""
        return self.programs.start(program, program, "-display", self.display, *options, **self._habits())

    def wait_for_window(self, title: str) -> None:
        look = ("xwininfo", "-display", self.display, "-name", title)
        wait_until(lambda: self._says(look, "IsViewable"), what=f"{title} is on the screen")

    def presses(self) -> list[tuple[int, int]]:
        """Where the desktop was clicked so far, inside the window that notes clicks."""
        logs = "".join(one.log for one in self.programs.processes if one.name == "xev")
        events = re.findall(r"ButtonPress event.*?root:\((\d+),(\d+)\)", logs, re.DOTALL)
        return [(int(x), int(y)) for x, y in events]

    def file(self, name: str) -> str | None:
        """What a file in the terminal's folder holds, or None while there is none."""
        path = self.programs.folder / name
        return path.read_text() if path.exists() else None

    def _says(self, command: tuple[str, ...], words: str) -> bool:
        with suppress(AssertionError):
            return words in self.programs.run(*command)
        return False

    def _habits(self) -> dict[str, str]:
        return {"HOME": str(self.programs.folder), "LANG": "C.UTF-8", "ENV": "", "PS1": "$ "}

    # Its X server.

    @abstractmethod
    def _x_server(self, display: str) -> tuple[str, ...]:
        """The command that starts the X server."""

    def _switch_on(self) -> tuple[str, Process]:
        for number in _free_displays():
            process = self.programs.start("x-server", *self._x_server(f":{number}"))
            if _serves(process, number):
                return f":{number}", process
        raise AssertionError(f"no X server starts:\n{process.log}")


class X11vnc(Computer):
    """x11vnc on a screen of Xvfb."""

    def __init__(self, programs: Programs, name: str = "Front desk", *, code: str = "", password: str = "") -> None:
        super().__init__(programs, name)
        self.code = code
        self.password = password
        self.calling: Process | None = None

    @property
    def vnc_server(self) -> Process:
        assert self.calling, f"{self.name} has not dialled"
        return self.calling

    def dial(self, port: int, host: str = "127.0.0.1") -> None:
        target = f"{host}:{port}"
        if self.code:
            target = f"repeater=ID:{self.code}+{target}"
        self.calling = self.programs.start(
            "x11vnc",
            *("x11vnc", "-display", self.display, "-rfbport", "0", "-forever", "-shared", "-desktop", self.name),
            *self._access(),
            *("-connect", target),
        )

    def _access(self) -> tuple[str, ...]:
        if not self.password:
            return ("-nopw",)
        path = self.programs.folder / "vnc-password"
        path.write_text(self.password + "\n")
        return ("-passwdfile", str(path))

    def _x_server(self, display: str) -> tuple[str, ...]:
        screen = f"{self.width}x{self.height}x24"
        return ("Xvfb", display, "-screen", "0", screen, "-nolisten", "tcp", "-noreset")


class Redialling(X11vnc):
    """x11vnc that dials again a second after a call is over, as the scripts for customers let theirs do."""

    def dial(self, port: int) -> None:
        call = (
            f"x11vnc -display {self.display} -rfbport 0 -shared -nopw -desktop '{self.name}'"
            f" -connect_or_exit repeater=ID:{self.code}+127.0.0.1:{port}"
        )
        self.calling = self.programs.start("dialler", "sh", "-c", f"while :; do {call}; sleep 1; done")


class BehindStunnel(X11vnc):
    """x11vnc that dials a stunnel on its own machine, which encrypts and asks for `server_name`."""

    def __init__(self, programs: Programs, server_name: str, name: str = "Front desk") -> None:
        super().__init__(programs, name)
        self.server_name = server_name
        self.stunnel: Process | None = None

    @property
    def vnc_server(self) -> Process:
        assert self.stunnel, f"{self.name} has not dialled"
        return self.stunnel

    def dial(self, port: int) -> None:
        (here,) = free_ports(1)
        settings = self.programs.folder / f"stunnel-{here}.conf"
        settings.write_text(
            f"foreground = yes\npid =\n[call]\nclient = yes\naccept = 127.0.0.1:{here}\n"
            f"connect = 127.0.0.1:{port}\nsni = {self.server_name}\nverifyChain = no\n"
        )
        self.stunnel = self.programs.start("stunnel", "stunnel4", str(settings))
        wait_until(lambda: is_listening(here), what="stunnel listens")
        super().dial(here)


class BehindDispatcher(X11vnc):
    """x11vnc that answers, with its password, once the dispatcher has told a client like TightVNC's to go on."""

    def __init__(self, programs: Programs, number: str, password: str, name: str = "Front desk") -> None:
        super().__init__(programs, name, password=password)
        self.number = number

    def dial(self, port: int) -> None:
        (here,) = free_ports(1)
        self.programs.start(
            "x11vnc",
            *("x11vnc", "-display", self.display, "-rfbport", str(here), "-localhost", "-forever", "-shared"),
            *("-desktop", self.name),
            *self._access(),
        )
        wait_until(lambda: is_listening(here), what="x11vnc listens")
        bridge = (sys.executable, dispatcher_bridge.__file__, str(port), self.number, str(here))
        self.calling = self.programs.start("dispatcher-client", *bridge)


class TigerVnc(Computer):
    """TigerVNC's X server, which is its VNC server as well."""

    def dial(self, port: int) -> None:
        self.programs.run("tigervncconfig", "-display", self.display, "-connect", f"127.0.0.1:{port}")

    def _x_server(self, display: str) -> tuple[str, ...]:
        size = f"{self.width}x{self.height}"
        own = ("-SecurityTypes", "None", "-rfbport", "-1", "-desktop", self.name, "-geometry", size)
        return ("Xtigervnc", display, *own, "-nolisten", "tcp", "-noreset")


class TightVnc(Computer):
    """TightVNC's X server for Unix, as old as the servers of most customers."""

    def dial(self, port: int) -> None:
        self.programs.run("tightvncconnect", "-display", self.display, f"127.0.0.1:{port}")

    def _x_server(self, display: str) -> tuple[str, ...]:
        # It cannot be kept from listening; a port that nobody knows, on the loopback address, is as near as it gets.
        own = ("-rfbport", str(free_ports(1)[0]), "-localhost", "-desktop", self.name)
        size = ("-geometry", f"{self.width}x{self.height}", "-depth", "24")
        return ("Xtightvnc", display, *own, *size, "-fp", FONTS, "-nolisten", "tcp")


def _free_displays() -> Iterator[int]:
    """Display numbers that nobody seems to use; another run may still be quicker."""
    for number in random.sample(DISPLAYS, DISPLAY_ATTEMPTS):
        if not Path(f"/tmp/.X{number}-lock").exists() and not _socket_of(number).exists():
            yield number


def _serves(process: Process, number: int) -> bool:
    """Wait until the X server answers, or has ended because somebody else has this number."""
    wait_until(lambda: not process.is_running or _answers(number), what="the X server answers")
    return process.is_running


def _answers(number: int) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(_socket_of(number))) == 0


def _socket_of(number: int) -> Path:
    return Path(f"/tmp/.X11-unix/X{number}")
