"""After a whole journey no secret is found where it does not belong: the very values are looked for."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import APIResponse

from tests.journey.computers import IN_TERMINAL, X11vnc
from tests.journey.house import House
from tests.journey.people import Created, Technician
from tests.processes import wait_until

VNC_PASSWORD = "k7=Qz!9w"
PASTED = "a licence key: 5H3RL0CK"
TYPED = "whispered"


def test_no_secret_is_found_where_it_does_not_belong(house, technician, customer, programs):
    board = technician.sign_in()
    created = board.create("Mrs Gray", vnc_password=VNC_PASSWORD)
    customer.open(created.link)
    computer = X11vnc(programs, password=VNC_PASSWORD)
    computer.open_terminal()
    computer.dial(house.port)
    board.wait_for_call("Mrs Gray")
    viewer = board.connect("Mrs Gray")
    viewer.wait_for("connected")
    viewer.click(IN_TERMINAL)
    viewer.type(f"echo {TYPED} > said\n")
    wait_until(lambda: computer.file("said"), what="the keys arrived")
    viewer.button("Clipboard").click()
    viewer.page.get_by_label("To the computer").fill(PASTED)
    viewer.page.get_by_role("button", name="Put on its clipboard").click()
    secrets = the_secrets(house, technician, created)

    assert found(secrets, everything_kept(house)) == []
    technician.board().end("Mrs Gray")
    viewer.wait_for("ended")
    assert found(secrets, everything_kept(house)) == []
    assert found(secrets, [("the browser's console", "\n".join(technician.console))]) == []
    assert found(secrets, [("the tab's address", viewer.page.url)]) == []
    assert found(secrets, refusals(technician, created)) == []
    # What told the password to the person at the terminal told it once, and did not log it.
    assert house.process.log.count(house.password) == 1


def test_the_looking_finds_what_is_there(house):
    """Were the places read wrongly, the test above could not fail."""
    places = dict(everything_kept(house))
    assert "listening for calls" in places["the parts' log"]
    assert "admin" in places["table technicians"]
    setting = f"REACHBACK_HTTP={house.settings.http}"
    assert any(setting in text for name, text in processes() if name.startswith("environment"))
    assert any("reverse_listener" in text for name, text in processes() if name.startswith("command line"))
    assert found({"a name": "admin"}, [("a page", "signed in as admin")]) == ["a name in a page"]


def the_secrets(house: House, technician: Technician, created: Created) -> dict[str, str]:
    """Every value that nobody but its owner may have, by what it is."""
    [token] = parse_qs(urlsplit(technician.sockets[-1]).query)["token"]
    code = created.code
    named = {
        "the link": created.link.rpartition("/")[2],
        "the code": code,
        "the code, as it is read": f"{code[:3]} {code[3:6]} {code[6:]}",
        "the ticket": token.partition(".")[2],
        "the technician's password": house.password,
        "the API token": house.api.token,
        "the VNC password": VNC_PASSWORD,
        "what was pasted": PASTED,
        "what was typed": TYPED,
    }
    cookies = {f"cookie {one['name']}": one["value"] for one in technician.context.cookies()}
    assert cookies
    assert all(named.values())
    return named | cookies


def found(secrets: dict[str, str], places: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> list[str]:
    """Which secrets are in which places; names only, so that a failing test does not spread them."""
    return [f"{what} in {place}" for place, text in places for what, value in secrets.items() if value in text]


def everything_kept(house: House) -> Iterator[tuple[str, str]]:
    """What stays: logs, the database by column and by byte, other files of the state, and the list of processes."""
    yield "the parts' log", house.parts_log()
    yield from tables(house.settings.state_dir / "reachback.db")
    for path in sorted(path for path in house.settings.state_dir.rglob("*") if path.is_file()):
        yield f"file {path.name}", path.read_bytes().decode("latin-1")
    yield from processes()


def tables(database: Path) -> Iterator[tuple[str, str]]:
    with closing(sqlite3.connect(database)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = connection.execute(f'SELECT * FROM "{name}"').fetchall()
            yield f"table {name}", "\n".join(map(repr, rows))


def processes() -> Iterator[tuple[str, str]]:
    """What `ps` shows to everybody, and what root could read besides: every process of this machine."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes().decode("latin-1")
            yield f"command line of {command[:40]!r}", command
            yield f"environment of {command[:40]!r}", (folder / "environ").read_bytes().decode("latin-1")


def refusals(technician: Technician, created: Created) -> Iterator[tuple[str, str]]:
    """What a browser is answered where it is refused: once as a page, once as JSON."""
    asked = technician.context.request
    mistyped = created.link[:-1] + ("a" if created.link[-1] != "a" else "b")
    console = f"{technician.house.url}/console"
    for accept in ("text/html", "application/json"):
        headers = {"Accept": accept}
        yield from refused(asked.get(created.link, headers=headers), 410)
        yield from refused(asked.post(f"{created.link}/end", headers=headers), 410)
        answer = asked.get(mistyped, headers=headers)
        yield from refused(answer, 404)
        assert mistyped.rpartition("/")[2] not in answer.text()
        yield from refused(asked.post(f"{console}/sessions", headers=headers, form={"customer": "Eve"}), 403)


def refused(answer: APIResponse, status: int) -> Iterator[tuple[str, str]]:
    assert answer.status == status
    assert re.search(r"\w{4}", answer.text())
    yield f"the answer {status} to {answer.headers.get('content-type')}", answer.text()
