"""`connect.sh`: for Linux, with x11vnc or TigerVNC."""

from __future__ import annotations

from portal.instructions import texts
from portal.instructions.checked import checked_host, checked_page
from portal.instructions.facts import Facts
from portal.instructions.pace import UNHURRIED, Pace
from portal.instructions.plain import plain_name
from portal.instructions.template import fill, wrapped


def connect_sh(facts: Facts, language: str, pace: Pace = UNHURRIED) -> bytes:
    """The script for one session, in `language`, in UTF-8, for any POSIX shell.

    Raises:
        ValueError: the host or the page's address has characters that none should have.
    """
    name = plain_name(facts.technician)

    def sentence(key: str) -> str:
        return literal(texts.said(key, language, facts, name))

    def say(key: str) -> list[str]:
        lines = wrapped(texts.said(key, language, facts, name))
        return [f"printf '%s\\n' '  {literal(line)}'" for line in lines]

    values = {
        "host": checked_host(facts.host),
        "port": str(facts.port),
        "number": str(int(facts.number)),
        "page": checked_page(facts.page),
        "password": literal(facts.password or ""),
        "minutes": str(facts.minutes),
        "question": sentence("question"),
        "accept": " | ".join(_patterns(language)),
    } | {key: str(getattr(pace, key)) for key in ("tick", "ask", "first", "last")}
    return fill("connect.sh", values, say).encode()


def literal(text: str) -> str:
    """`text` as it stands between apostrophes."""
    return text.replace("'", "'\\''")


def _patterns(language: str) -> list[str]:
    return list(dict.fromkeys(form for word in texts.agreeing(language) for form in (word, word.lower())))
