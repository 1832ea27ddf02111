"""Windows for tests: Wine's cmd.exe in a prefix of its own, with a stand-in for TightVNC that is built here.

`Windows(folder)` makes the prefix, which takes some 20 seconds, once a run. `window(folder, bat)` runs a batch file in
a console, as a double click would.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.processes import wait_until
from tests.terminals import Window, open_window

STAND_IN = Path(__file__).parent / "fakes" / "tvnserver.c"
COMPILER = "x86_64-w64-mingw32-gcc"
BOOT_SECONDS = 120
COMMAND_SECONDS = 30
SERVER_KEY = r"HKCU\Software\TightVNC\Server"
# Wine takes the code page and the language of its programs from these.
LOCALES = {"en": "en_GB", "de": "de_DE", "fr": "fr_FR", "es": "es_ES", "pt": "pt_PT", "ru": "ru_RU"}


def build_stand_in(folder: Path) -> Path:
    """The stand-in as tvnserver.exe in `folder`; a copy named WinVNC.exe is TightVNC 1.3."""
    made = folder / "tvnserver.exe"
    command = [COMPILER, "-O1", "-Wall", "-Werror", "-mwindows", str(STAND_IN), "-o", str(made)]
    subprocess.run([*command, "-lws2_32", "-ladvapi32"], check=True, timeout=COMMAND_SECONDS)
    return made


@dataclass
class Windows:
    """One Wine prefix."""

    folder: Path
    stand_in: Path = field(init=False)
    windows: list[Window] = field(default_factory=list)
    programs: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stand_in = build_stand_in(self.folder)
        self.run("wineboot", "--init", seconds=BOOT_SECONDS)

    @property
    def prefix(self) -> Path:
        return self.folder / "prefix"

    @property
    def temp(self) -> Path:
        (found,) = (self.prefix / "drive_c" / "users").glob("*/Temp")
        return found

    @property
    def program_files(self) -> Path:
        return self.prefix / "drive_c" / "Program Files"

    @property
    def diary_file(self) -> Path:
        return self.folder / "diary.txt"

    @property
    def diary(self) -> list[str]:
        """What the stand-ins did, in order."""
        return self.diary_file.read_text().splitlines() if self.diary_file.exists() else []

    def environ(self, language: str = "en") -> dict[str, str]:
        """Without a display nothing can open a dialog; mscoree and mshtml would be downloaded."""
        own = {
            "LOCPATH": str(self.folder / "locales"),
            "LC_ALL": self._locale(language),
            "WINEPREFIX": str(self.prefix),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
            "STAND_IN_DIARY": self.path(self.diary_file),
        }
        return {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}} | own

    @staticmethod
    def path(file: Path) -> str:
        """How Windows names a file of this machine."""
        return "Z:" + str(file).replace("/", "\\")

    def run(self, *command: str, seconds: float = COMMAND_SECONDS) -> subprocess.CompletedProcess[bytes]:
        """Run a Windows program to its end."""
        return subprocess.run(
            ["wine", *command],
            env=self.environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )

    def start(self, program: Path, *words: str) -> None:
        """Start a Windows program and leave it running."""
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = ["wine", str(program), *words]
        self.programs.append(subprocess.Popen(command, env=self.environ(), start_new_session=True, **quiet))

    def install(self, *places: Path) -> None:
        """Put the stand-in where TightVNC would be."""
        for place in places:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.stand_in, place)

    def window(self, folder: Path, bat: bytes, name: str = "connect.bat", language: str = "en") -> Window:
        """Double-click a batch file on a Windows in `language`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bat)
        self.windows.append(open_window("wine", "cmd", "/c", name, folder=folder, environ=self.environ(language)))
        return self.windows[-1]

    def set(self, key: str, name: str, kind: str, value: str) -> None:
        self.run("reg", "add", key, "/v", name, "/t", kind, "/d", value, "/f")

    def exported(self, key: str = SERVER_KEY) -> bytes:
        """All below `key`, as `reg export` writes it; empty where there is no such key."""
        file = self.folder / "exported.reg"
        file.unlink(missing_ok=True)
        self.run("reg", "export", key, self.path(file))
        return file.read_bytes() if file.exists() else b""

    def processes(self, name: str, word: str = "") -> list[int]:
        """The running programs of that name in this prefix, with `word` in the command line."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                ours = f"WINEPREFIX={self.prefix}\0".encode() in (entry / "environ").read_bytes()
                if ours and words[0].lower().endswith(name.lower().encode()) and word.encode() in b" ".join(words):
                    found.append(int(entry.name))
        return found

    @contextlib.contextmanager
    def service(self, name: str, program: Path) -> Iterator[None]:
        """A service that is installed and runs."""
        path = "C:" + str(program.relative_to(self.prefix / "drive_c").parent).join("\\\\").replace("/", "\\")
        self.run("sc", "create", name, "binPath=", f'"{path}{program.name}" -service')
        self.run("net", "start", name)
        wait_until(lambda: self.processes(program.name), what=f"{name} runs")
        try:
            yield
        finally:
            self.run("net", "stop", name)
            self.run("sc", "delete", name)

    def clear(self) -> None:
        """As a Windows without TightVNC, and nothing running."""
        for window in self.windows:
            window.close()
        self.windows.clear()
        for program in self.programs:
            program.kill()
            program.wait(10)
        self.programs.clear()
        for name in ("cmd.exe", "tvnserver.exe", "winvnc.exe"):
            for process in self.processes(name):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            wait_until(lambda name=name: not self.processes(name), what=f"no {name} runs")
        for key in (r"HKCU\Software\TightVNC", r"HKCU\Software\ORL"):
            self.run("reg", "delete", key, "/f")
        for folder in (self.program_files / "TightVNC", self.temp / "reachback"):
            shutil.rmtree(folder, ignore_errors=True)
        self.diary_file.unlink(missing_ok=True)

    def shut_down(self) -> None:
        """End everything in this prefix."""
        self.clear()
        subprocess.run(["wineserver", "-k"], env=self.environ(), timeout=COMMAND_SECONDS, check=False)

    def _locale(self, language: str) -> str:
        name = f"{LOCALES[language]}.UTF-8"
        made = self.folder / "locales" / name
        if not made.exists():
            made.parent.mkdir(exist_ok=True)
            command = ["localedef", "-i", LOCALES[language], "-f", "UTF-8", str(made)]
            subprocess.run(command, check=True, timeout=COMMAND_SECONDS)
        return name
