"""Every example of docs/api.md is run with curl against real processes, and its answer compared with the page's.

They are run in the page's order, as one story; `STORY` does what the world does meanwhile. Answers are compared by
shape: the same fields of the same kinds, and what has no digit in it (states, modes, words) must be the same.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.fake_viewer import FakeViewer
from tests.fakes.fake_vnc_server import FakeVncServer
from tests.integration.conftest import raw_picture
from tests.processes import Api, Installation, installed, wait_until

SETTINGS = {"REACHBACK_RECORDING": "on-demand", "REACHBACK_PUBLIC_HOST": "support.example.org"}
PAGE = Path(__file__).parents[2] / "docs" / "api.md"
LAST = b"the last pixels!"
EXAMPLE = re.compile(
    r"^### (?P<title>[^\n]+)\n(?:(?!^#).)*?"
    r"^```sh\n(?P<command>[^`]+)```\n\n(?P<status>\d{3})(?P<words>(?:(?!^```|^#).)*)"
    r"(?:^```text\n(?P<headers>[^`]*)```\n\n)?(?:^```json\n(?P<answer>[^`]*)```)?",
    re.MULTILINE | re.DOTALL,
)
# The function takes curl's place: status and answer go into files, so that the example itself stays as people type it.
SHELL = """
curl() {
    command curl --silent --show-error --noproxy '*' --max-time 20 -o answer -w '%{http_code}' "$@" > status
    cat answer
}
"""
CALLED = re.compile(r"curl (?:-X (?P<verb>[A-Z]+) )?(?:-D \S+ )?\"\$REACHBACK(?P<path>/api/[^\"?]*)")
NAMES = {"$SESSION": "{session_id}", "$OTHER": "{session_id}", "nosuchsession": "{session_id}", "$CALL": "{call_id}"}
NAMES |= {"$SEAT": "{seat_id}", "$RECORDING": "{recording_id}"}


@dataclass(frozen=True)
class Example:
    """One example of the page."""

    title: str
    command: str
    status: int
    headers: list[str]
    answer: Any

    @property
    def operation(self) -> tuple[str, str]:
        """The call of the API that it shows, as the OpenAPI document names it."""
        called = CALLED.match(self.command)
        assert called, self.command
        path = called["path"]
        for name, place in NAMES.items():
            path = path.replace(name, place)
        return (called["verb"] or "GET").lower(), path


def examples() -> list[Example]:
    page = PAGE.read_text(encoding="utf-8")
    found = [
        Example(
            one["title"],
            one["command"],
            int(one["status"]),
            (one["headers"] or "").splitlines(),
            json.loads(one["answer"]) if one["answer"] and one["answer"].strip() else None,
        )
        for one in EXAMPLE.finditer(page)
    ]
    assert len(found) == page.count("```sh\n")
    return found


@dataclass
class World:
    """The installation that examples are run against, and what the world does between them."""

    installation: Installation
    api: Api
    folder: Path
    stack: ExitStack
    variables: dict[str, str] = field(default_factory=dict)
    server: FakeVncServer | None = None
    websocket_url: str = ""

    def run(self, command: str) -> tuple[int, Any, str]:
        """Run an example; answers status, JSON (or None), and what curl wrote to the terminal's other stream."""
        given = self.variables | {
            "REACHBACK": self.api.base,
            "AUTH": f"Authorization: Bearer {self.api.token}",
            "JSON": "Content-Type: application/json",
            "PATH": "/usr/bin:/bin",
        }
        ran = subprocess.run(
            ("bash", "-euo", "pipefail", "-c", SHELL + command),
            cwd=self.folder,
            env=given,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        answer = (self.folder / "answer").read_bytes()
        (self.folder / "answer").write_bytes(b"")
        return int((self.folder / "status").read_text()), _json(answer), ran.stderr

    # What happens meanwhile.

    def dial(self) -> None:
        """A computer calls that can say nothing of itself."""
        self.server = self.stack.enter_context(FakeVncServer(self.installation.call_address, name="OFFICE-PC"))
        self.server.greet()
        [call] = wait_until(lambda: self.api("GET", "/api/calls?parked=true").body, what="the call is parked")
        self.variables["CALL"] = str(call["id"])

    def held(self) -> None:
        """The claimed call has its port."""
        wait_until(lambda: self._session()["call"], what="the call is held")

    def sit(self) -> None:
        """A viewer takes the seat; once that is recorded, a whole picture comes."""
        viewer = self.stack.enter_context(FakeViewer(self.websocket_url)).greet()
        [seat] = wait_until(lambda: self._session()["seats"], what="the seat is taken")
        self.variables["SEAT"] = str(seat["id"])
        wait_until(lambda: self._session()["recording"] == "running", what="it is recorded")
        assert self.server
        self.server.send(
            raw_picture(bytes(4 * self.server.width * self.server.height - len(LAST)) + LAST, self.server.width)
        )
        viewer.seek(LAST)

    def finished(self) -> None:
        """The call is over, and the recording with it."""
        address = f"/api/sessions/{self.variables['SESSION']}/recordings"

        def done() -> list[Any]:
            return [one for one in self.api("GET", address).body if one["state"] == "done"]

        self.variables["RECORDING"] = str(wait_until(done, 30, "the recording is done")[0]["id"])

    def another(self) -> None:
        """A session that nobody has called for."""
        self.variables["OTHER"] = self.api("POST", "/api/sessions", {}).body["id"]

    def remember(self, example: Example, answer: Any) -> None:
        """What later examples name."""
        if example.title == "Make a session":
            self.variables["SESSION"] = answer["id"]
        elif example.title == "Ask for a seat":
            self.websocket_url = answer["websocket_url"]
            self.variables["TICKET"] = self.websocket_url.partition("token=")[2]

    def _session(self) -> Any:
        return self.api("GET", f"/api/sessions/{self.variables['SESSION']}").body


# What has to happen before an example.
STORY: dict[str, Callable[[World], None]] = {
    "List parked calls": World.dial,
    "Look at a session": World.held,
    "Settle who has control": World.sit,
    "List a session's recordings": World.finished,
    "A session without a call": World.another,
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with installed(tmp_path, **SETTINGS) as installation, ExitStack() as stack:
        installation.start_all("listener", "websockify", "portal")
        yield World(installation, installation.api(), tmp_path, stack)


@pytest.mark.timeout(180)
def test_every_example_answers_as_the_page_says(world: World) -> None:
    for example in examples():
        STORY.get(example.title, lambda _world: None)(world)
        status, answer, terminal = world.run(example.command)
        assert status == example.status, f"{example.title}: {answer}"
        assert differences(example.answer, answer) == [], example.title
        for line in example.headers:
            assert line.lower() in terminal.lower(), example.title
        world.remember(example, answer)


@pytest.mark.timeout(120)
def test_every_call_of_the_api_has_an_example(install: Callable[..., Installation]) -> None:
    installation = install()
    installation.start_portal()
    document = installation.api()("GET", "/api/openapi.json").body
    every = {(verb, path) for path, verbs in document["paths"].items() for verb in verbs}
    assert every == {example.operation for example in examples()}


def test_a_page_that_says_something_else_is_found_out() -> None:
    said = {"id": "a1", "state": "waiting", "seats": [], "call": None}
    assert differences(said, {"id": "b2", "state": "waiting", "seats": [], "call": None}) == []
    assert differences(said, {"id": "b2", "state": "closed", "seats": [], "call": None}) == [".state: waiting, closed"]
    assert differences(said, {"id": "b2", "state": "waiting", "seats": []}) == [": call"]
    assert differences(said, {"id": 2, "state": "waiting", "seats": [], "call": None}) == [".id: a1, 2"]
    assert differences([1], []) == [": a list of 1, of 0"]


def differences(said: Any, real: Any, where: str = "") -> list[str]:
    """Where a real answer is of another shape than the page's; a page may show the first things of a list."""
    if isinstance(said, dict) and isinstance(real, dict):
        odd = sorted(said.keys() ^ real.keys())
        both = [(said[key], real[key], f"{where}.{key}") for key in said.keys() & real.keys()]
        return [f"{where}: {', '.join(odd)}"] * bool(odd) + _all_differences(both)
    if isinstance(said, list) and isinstance(real, list):
        if len(said) > len(real):
            return [f"{where}: a list of {len(said)}, of {len(real)}"]
        return _all_differences([(a, b, f"{where}[{at}]") for at, (a, b) in enumerate(zip(said, real, strict=False))])
    same = said == real if isinstance(said, str) and not re.search(r"\d", said) else type(said) is type(real)
    return [] if same else [f"{where}: {said}, {real}"]


def _all_differences(pairs: list[tuple[Any, Any, str]]) -> list[str]:
    return [one for said, real, where in pairs for one in differences(said, real, where)]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
