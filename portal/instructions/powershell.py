"""`connect.ps1`: for Windows 7 and newer, in the PowerShell 2 that came with it."""

from __future__ import annotations

import re

from portal.instructions import texts
from portal.instructions.checked import WEB_PORTS, checked_host, checked_page
from portal.instructions.facts import Facts, Way, way
from portal.instructions.pace import UNHURRIED, Pace
from portal.instructions.plain import plain_name
from portal.instructions.template import fill, wrapped
from sessions.vnc_password import kept_password

# PowerShell takes each of these for an apostrophe.
_APOSTROPHES = re.compile("[\N{LEFT SINGLE QUOTATION MARK}-\N{SINGLE HIGH-REVERSED-9 QUOTATION MARK}]")


def connect_ps1(facts: Facts, language: str, pace: Pace = UNHURRIED) -> bytes:
    """The script for one session, in `language`, in UTF-8 with its mark: without it Windows reads its own code page.

    Raises:
        ValueError: the host or the page's address has characters that none should have.
    """
    name = plain_name(facts.technician)

    def sentence(key: str) -> str:
        return literal(texts.said(key, language, facts, name))

    def say(key: str) -> list[str]:
        return [f"Write-Host '  {literal(line)}'" for line in wrapped(texts.said(key, language, facts, name))]

    values = _values(facts, pace) | {
        "title": sentence("title"),
        "question": sentence("question").rstrip(": "),
        "accept": ", ".join(f"'{word}'" for word in texts.agreeing(language)),
    }
    return fill("connect.ps1", values, say).replace("\n", "\r\n").encode("utf-8-sig")


def literal(text: str) -> str:
    """`text` as it stands between apostrophes."""
    return _APOSTROPHES.sub("'", text).replace("'", "''")


def _values(facts: Facts, pace: Pace) -> dict[str, str]:
    host = checked_host(facts.host)
    target = f"{host}::{facts.port}"
    dispatches = way(facts) is Way.DISPATCH
    return {
        "host": host,
        "port": str(facts.port),
        "target": target,
        "dial_kit": f"-dispatch {target}/{int(facts.number)}" if dispatches else f"-connect {target}",
        "port_is_shared": str(facts.port in WEB_PORTS).lower(),
        "page": checked_page(facts.page),
        "minutes": str(facts.minutes),
        "file_transfer": str(int(facts.file_transfer)),
        "password": _password(facts),
    } | {name: str(getattr(pace, name)) for name in ("tick", "ask", "first", "last", "start")}


def _password(facts: Facts) -> str:
    if facts.password is None:
        return "# No password is set: this server has its own."
    return (
        # Between apostrophes, or PowerShell would see a number in what may look like one.
        f"$null = Invoke-Reg add $Server.Key /v Password /t REG_BINARY /d '{kept_password(facts.password).hex()}' /f\n"
        "    Set-Number $Server UseVncAuthentication 1\n"
        "    $null = Invoke-Reg delete $Server.Key /v IpAccessControl /f"
    )
