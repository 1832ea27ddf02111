"""`connect.bat`: for every Windows since XP, as it is."""

from __future__ import annotations

import ipaddress
import re

from portal.instructions import texts
from portal.instructions.checked import WEB_PORTS, checked_host, checked_page
from portal.instructions.facts import Facts, Way, way
from portal.instructions.pace import UNHURRIED, Pace
from portal.instructions.plain import plain_name, within
from portal.instructions.template import fill, wrapped
from sessions.vnc_password import kept_password

# The OEM code pages of the Windows that people speaking these languages have. A batch file is read in nothing else.
CODE_PAGES = {"ru": "cp866"}
OTHERWISE = "cp850"

_SPECIAL = re.compile(r"([&|<>^()])")


def connect_bat(facts: Facts, language: str, pace: Pace = UNHURRIED) -> bytes:
    """The batch file for one session, in `language`.

    Raises:
        ValueError: the host or the page's address has characters that none should have.
    """
    code_page = CODE_PAGES.get(language, OTHERWISE)
    name = within(plain_name(facts.technician), code_page)

    def sentence(key: str) -> str:
        return within(texts.said(key, language, facts, name), code_page)

    def say(key: str) -> list[str]:
        return [f"echo   {echoed(line)}" for line in wrapped(sentence(key))]

    values = _values(facts, pace) | {
        "title": echoed(sentence("title")),
        "worker_title": quoted(sentence("worker_title")),
        "question": sentence("question"),
        "accept": "\n".join(f'if /i "!ANSWER!"=="{word}" goto agreed' for word in _words(language, code_page)),
    }
    return fill("connect.bat", values, say).replace("\n", "\r\n").encode(code_page)


def echoed(text: str) -> str:
    """`text` as the `echo` command prints it, whatever it holds.

    Quotes would end the effect of a caret, so they become apostrophes; `/?` anywhere would print the help of `echo`.
    """
    harmless = text.replace('"', "'").replace("/?", "/ ?")
    return _SPECIAL.sub(r"^\1", harmless).replace("%", "%%")


def quoted(text: str) -> str:
    """`text` as it may stand between quotes."""
    return text.replace('"', "'").replace("%", "%%")


def _values(facts: Facts, pace: Pace) -> dict[str, str]:
    port = f":{facts.port}"
    target = f"{checked_host(facts.host)}:{port}"
    dispatches = way(facts) is Way.DISPATCH
    return {
        "target": target,
        "dial_kit": f"-dispatch {target}/{int(facts.number)}" if dispatches else f"-connect {target}",
        "port": str(facts.port),
        "port_len": str(len(port)),
        "page": checked_page(facts.page),
        "file_transfer": str(int(facts.file_transfer)),
        "loops": str(pace.ticks(facts.minutes * 60)),
        "ask_every": str(pace.ticks(pace.ask)),
        "pause_first": str(pace.ticks(pace.first)),
        "pause_last": str(pace.ticks(pace.last)),
        # Between n echo requests there are n - 1 seconds; no other command of XP waits.
        "tick_pings": str(pace.tick + 1),
        "start_pings": str(pace.start + 1),
        "password": _password(facts),
    } | _far_end(facts)


def _far_end(facts: Facts) -> dict[str, str]:
    if _is_address(facts.host):
        return {"ip": facts.host, "resolve": ""}
    if facts.port not in WEB_PORTS:
        return {"ip": "", "resolve": ""}
    ask = f'for /f "tokens=2 delims=[]" %%a in (\'ping -n 1 -w 1000 {facts.host}\') do set "IP=%%a"'
    return {"ip": "unknown", "resolve": ask}


def _password(facts: Facts) -> str:
    if facts.password is None:
        return "rem  No password is set: this server has its own."
    add = 'reg add "%KEY%" /v'
    return (
        f"{add} Password /t REG_BINARY /d {kept_password(facts.password).hex()} /f >nul\n"
        f"{add} UseVncAuthentication /t REG_DWORD /d 1 /f >nul\n"
        'reg delete "%KEY%" /v IpAccessControl /f >nul 2>nul'
    )


def _words(language: str, code_page: str) -> list[str]:
    return [within(word, code_page) for word in texts.agreeing(language)]


def _is_address(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True
