"""Customers' browsers that know no script: the bytes that Internet Explorer sends, w3m, and dillo on a screen."""

from __future__ import annotations

import re
import socket
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

from PIL import Image

from tests.journey.computers import X11vnc
from tests.journey.displays import middle_of, seen_on
from tests.journey.people import rgb
from tests.journey.programs import Programs
from tests.processes import wait_until

SECONDS = 10.0
LARGEST = 100_000

# As each really sends them from Windows XP; what IE 6 accepts names no HTML at all.
IE6 = {
    "Accept": "image/gif, image/x-xbitmap, image/jpeg, image/pjpeg, application/x-shockwave-flash, */*",
    "Accept-Language": "de",
    "User-Agent": "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)",
}
IE8 = {
    "Accept": "image/gif, image/jpeg, image/pjpeg, application/xaml+xml, application/x-ms-application, */*",
    "Accept-Language": "en-us",
    "User-Agent": "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0; .NET CLR 2.0.50727)",
}


@dataclass(frozen=True)
class Fetched:
    """One answer, as it came over the wire."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def page(self) -> Page:
        return Page(self.text)


class Page(HTMLParser):
    """What there is to see, to fetch and to press on a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.parts: list[str] = []
        self.links: dict[str, str] = {}
        self.forms: list[Form] = []
        self._link = ""
        self._words: list[str] = []
        self.feed(text)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self._words).split())

    def form(self, button: str) -> Form:
        """The form with this button."""
        return next(form for form in self.forms if form.button == button)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag in {"link", "img"}:
            self.parts.append(found.get("href") or found["src"])
        elif tag == "a":
            self._link = found["href"]
        elif tag == "form":
            self.forms.append(Form(found["action"], found["method"], {}))
        elif tag == "input":
            self._input(found)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._link = ""

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if self._link:
            self.links[data.strip()] = self._link

    def _input(self, found: dict[str, str]) -> None:
        form = self.forms[-1]
        if found["type"] == "submit":
            form.button = found["value"]
        else:
            form.fields[found["name"]] = found.get("value", "")


@dataclass
class Form:
    """A form, as a browser without script sends it."""

    action: str
    method: str
    fields: dict[str, str]
    button: str = ""


class InternetExplorer:
    """Fetches as Internet Explorer on Windows XP does: HTTP/1.0, its headers, no TLS, and no cookie is ever kept."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers

    def get(self, url: str) -> Fetched:
        return self._fetch("GET", url)

    def press(self, fetched: Fetched, button: str, **typed: str) -> Fetched:
        """Press a button of a page; follows where that leads, as browsers do after a form."""
        form = fetched.page.form(button)
        fields = urlencode(form.fields | typed)
        url = urljoin(fetched.url, form.action)
        if form.method == "get":
            return self.get(f"{url}?{fields}")
        answer = self._fetch("POST", url, fields)
        return self.get(urljoin(url, answer.headers["location"])) if answer.status == 303 else answer

    def weight(self, fetched: Fetched) -> int:
        """Bytes of a page with all that it is made of."""
        parts = [self.get(urljoin(fetched.url, part)) for part in dict.fromkeys(fetched.page.parts)]
        assert [part.status for part in parts] == [200] * len(parts)
        return len(fetched.body) + sum(len(part.body) for part in parts)

    def _fetch(self, method: str, url: str, form: str | None = None) -> Fetched:
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = self.headers | {"Host": parts.netloc, "Connection": "Keep-Alive"}
        if form is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(form))}
        head = f"{method} {target} HTTP/1.0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return _parsed(url, self._exchange(parts.hostname, parts.port, f"{head}\r\n{form or ''}".encode()))

    def _exchange(self, host: str | None, port: int | None, sent: bytes) -> bytes:
        with socket.create_connection((host or "", port or 80), SECONDS) as line:
            line.sendall(sent)
            # Whoever is asked by HTTP/1.0 without Keep-Alive of its own hangs up; a longer answer than a page is none.
            received = b""
            while len(received) < LARGEST and not _is_whole(received):
                piece = line.recv(65_536)
                if not piece:
                    break
                received += piece
            return received


class TextBrowser:
    """w3m, without a terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def dump(self, url: str, *options: str) -> str:
        """What it shows of a page, 72 columns wide."""
        words = ("w3m", "-dump", "-cols", "72", "-I", "UTF-8", "-O", "UTF-8", *options, url)
        environ = {"HOME": str(self.folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        return subprocess.run(words, env=environ, capture_output=True, text=True, check=True, timeout=30).stdout

    def post(self, url: str, fields: str) -> str:
        """Send a form, and show what comes of it."""
        form = self.folder / "form"
        form.write_text(fields)
        return self.dump(url, "-post", str(form))


class SmallScreen(X11vnc):
    """A screen of its day."""

    width, height = 640, 480


class Dillo:
    """dillo on a screen of 640 × 480, by mouse and keyboard: it tells nothing, so buttons are found by colour."""

    FIELD, GO, END = "#ffffcc", "#007a3d", "#b3261e"
    CONNECTED = "#e6effa"

    def __init__(self, programs: Programs, url: str) -> None:
        self.programs = programs
        self.computer = SmallScreen(programs)
        geometry = f"{self.computer.width}x{self.computer.height}"
        home = str(programs.folder)
        programs.start("dillo", "dillo", "-g", geometry, "-f", url, DISPLAY=self.computer.display, HOME=home)

    @property
    def picture(self) -> Image.Image:
        return seen_on(self.computer.display)

    def wait_for(self, colour: str) -> tuple[int, int]:
        """Until something of this colour is on the screen; answers where."""
        return wait_until(lambda: middle_of(self.picture, rgb(colour), nearly=4), 20.0, f"{colour} is on the screen")

    def wait_until_gone(self, colour: str) -> None:
        wait_until(lambda: not middle_of(self.picture, rgb(colour), nearly=4), 20.0, f"{colour} is gone")

    def click(self, colour: str) -> None:
        x, y = self.wait_for(colour)
        self._do("mousemove", str(x), str(y), "click", "1")

    def type(self, text: str) -> None:
        self._do("type", text)

    def reload(self) -> None:
        self._do("key", "ctrl+r")

    def _do(self, *words: str) -> None:
        self.programs.run("xdotool", *words, DISPLAY=self.computer.display)


def _is_whole(received: bytes) -> bool:
    head, found, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return bool(found and length and len(body) >= int(length[1]))


def _parsed(url: str, received: bytes) -> Fetched:
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Fetched(url, int(status.split()[1]), headers, body)
