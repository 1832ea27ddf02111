"""Takes a caller through the RFB greeting until its desktop is known, within its deadlines.

Every held call has been through here: it has a name and a size, its server has passed every time-out it keeps before
authentication (TightVNC 1.3 and UltraVNC: 30 s), and it sends no picture until it is asked for one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from reverse_listener.inbox import Inbox
from reverse_listener.line import Line
from rfb import Desktop, NotVnc, Preamble, RepeaterId, RfbError, ServerGreeting, ServerVersion, TlsHello
from sessions.matching import Claims, MatchedBy, Said
from sessions.secrets import normal_code
from sessions.vnc_password import answer_challenge

PasswordFor = Callable[[Claims], Awaitable[str | None]]


class TooSlow(Exception):
    """The caller did not finish in time."""


class Unwelcome(Exception):
    """A VNC server called, but cannot be served; `str()` is the reason for the board."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds from accept: until the caller has shown itself as a VNC server, and until its desktop is known."""

    preamble: float
    greeting: float


@dataclass(frozen=True, slots=True)
class Greeted:
    """A caller whose desktop is known. `claims` are what it said of itself; `early` came after its ServerInit."""

    claims: Claims
    desktop: Desktop
    early: bytes


@dataclass(frozen=True, slots=True)
class _Caller:
    claims: Claims
    version: ServerVersion
    early: bytes


async def greet(line: Line, password_for: PasswordFor, deadlines: Deadlines) -> Greeted:
    """Learn who calls and what desktop it has.

    Raises:
        NotVnc: another protocol.
        TooSlow: a deadline passed.
        HungUp: the caller left.
        Unwelcome: a VNC server that refuses us, or that we cannot serve.
    """
    inbox = Inbox(line)
    try:
        async with asyncio.timeout(deadlines.greeting):
            async with asyncio.timeout(deadlines.preamble):
                caller = await _read_preamble(inbox, line.peer)
            password = await password_for(caller.claims)
            return await _read_desktop(inbox, line, caller, password)
    except TimeoutError:
        raise TooSlow from None


async def _read_preamble(inbox: Inbox, address: str) -> _Caller:
    preamble = Preamble()
    said: tuple[Said, ...] = ()
    version = None
    while not preamble.done:
        for event in preamble.receive_data(await inbox.read()):
            if isinstance(event, RepeaterId):
                said = (Said(MatchedBy.ID, normal_code(event.text) or event.text),)
            elif isinstance(event, TlsHello):
                raise NotVnc("tls")
            elif isinstance(event, ServerVersion):
                version = event
    assert version is not None
    return _Caller(Claims(address, said), version, preamble.trailing_data)


async def _read_desktop(inbox: Inbox, line: Line, caller: _Caller, password: str | None) -> Greeted:
    try:
        greeting = ServerGreeting(caller.version, partial(answer_challenge, password) if password else None)
        desktop = await _converse(greeting, inbox, line, caller.early)
    except RfbError as error:
        raise Unwelcome(str(error)) from error
    return Greeted(caller.claims, desktop, greeting.trailing_data)


async def _converse(greeting: ServerGreeting, inbox: Inbox, line: Line, early: bytes) -> Desktop:
    events = greeting.receive_data(early)
    line.send(greeting.data_to_send())
    while not greeting.done:
        events = greeting.receive_data(await inbox.read())
        line.send(greeting.data_to_send())
    return next(event for event in events if isinstance(event, Desktop))
