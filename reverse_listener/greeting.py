"""Takes a caller through the RFB greeting until its desktop is known, within its deadlines.

Every held call has been through here: it has a name and a size, its server has passed every time-out it keeps before
authentication (TightVNC 1.3 and UltraVNC: 30 s), and it sends no picture until it is asked for one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Protocol

from certificates import ServedCertificate
from reverse_listener.inbox import Inbox
from reverse_listener.introduction import PING_SECONDS, SILENCE_SECONDS, Banner, Introduction
from reverse_listener.line import Line, Wire
from rfb import Desktop, NotVnc, PasswordNeeded, PasswordWrong, RfbError, ServerGreeting
from sessions.call_values import Patience, VncPassword
from sessions.matching import Claims
from sessions.settings import Network
from sessions.vnc_password import answer_challenge

# However a caller stands: a place at the door is not given to somebody who only waits.
MAX_PATIENCE_SECONDS = 30.0


class TooSlow(Exception):
    """The caller did not finish in time."""


class Unwelcome(Exception):
    """A VNC server called, but cannot be served; `str()` is the reason for the board."""


class SentAway(Exception):
    """The register does not want this caller greeted; `str()` is why, as it is counted."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds from accept: until the caller has shown itself as a VNC server, and until its desktop is known.

    `silence` is how long we wait for its first word before we speak, `between_pings` how often one that then waits for
    our word is asked for a sign of life.
    """

    preamble: float
    greeting: float
    silence: float = SILENCE_SECONDS
    between_pings: float = PING_SECONDS


@dataclass(frozen=True, slots=True)
class Terms:
    """How callers are received: in what time, on which session ports, with which certificate, if any.

    `preferred` is how they are then asked to send their pictures; `proxies` are believed in whom they pass on.
    """

    deadlines: Deadlines
    session_ports: frozenset[int] = frozenset()
    certificate: ServedCertificate | None = None
    preferred: str = "tight"
    proxies: tuple[Network, ...] = ()

    def trusts(self, address: str) -> bool:
        """Whether a proxy at `address` is believed."""
        return bool(self.proxies and address) and any(ip_address(address) in network for network in self.proxies)


@dataclass(frozen=True, slots=True)
class Greeted:
    """A caller whose desktop is known. `claims` are what it said of itself; `early` came after its ServerInit."""

    wire: Wire
    claims: Claims
    desktop: Desktop
    early: bytes


class Register(Protocol):
    """What the greeting asks the register."""

    async def judge(self, claims: Claims) -> Patience:
        """See CallRegister.judge."""

    async def password_for(self, claims: Claims) -> VncPassword | None:
        """See CallRegister.password_for."""


async def greet(line: Line, register: Register, terms: Terms) -> Greeted:
    """Learn who calls and what desktop it has.

    Raises:
        NotVnc: another protocol.
        BrokenTls: TLS that we cannot agree on.
        TooSlow: a deadline passed.
        HungUp: the caller left.
        OnlyLooked: a proxy did, who only wanted to know whether we are here.
        SentAway: the register does not want it.
        Unwelcome: a VNC server that refuses us, or that we cannot serve.
    """
    try:
        async with asyncio.timeout(terms.deadlines.greeting) as limit:
            return await _greet(line, register, terms, limit)
    except TimeoutError:
        raise TooSlow from None
    except NotVnc:
        raise
    except RfbError as error:
        raise Unwelcome(str(error)) from error


async def _greet(line: Line, register: Register, terms: Terms, limit: asyncio.Timeout) -> Greeted:
    deadlines = terms.deadlines
    caller = Introduction(
        line, terms.certificate, deadlines.silence, deadlines.between_pings, from_proxy=terms.trusts(line.peer)
    )
    async with asyncio.timeout(deadlines.preamble):
        await caller.hear_codes()
    claims = Claims(line.peer, caller.said, line.port if line.port in terms.session_ports else None)
    if claims.said:
        await _let_wait(caller, await register.judge(claims), limit)
    banner = await caller.hear_banner()
    password = await register.password_for(claims)
    return await _read_desktop(caller, claims, banner, password)


async def _let_wait(caller: Introduction, patience: Patience, limit: asyncio.Timeout) -> None:
    """Do as the register said; the time that we let a caller wait is not its own."""
    if patience.refused:
        raise SentAway(patience.refused)
    seconds = min(patience.seconds, MAX_PATIENCE_SECONDS)
    if seconds > 0:
        limit.reschedule((limit.when() or 0.0) + seconds)
        await caller.wait(seconds)


async def _read_desktop(caller: Introduction, claims: Claims, banner: Banner, password: VncPassword | None) -> Greeted:
    greeting = ServerGreeting(banner.version, partial(answer_challenge, password.text) if password else None)
    try:
        desktop = await _converse(greeting, caller.inbox, caller.wire, banner.early)
    except PasswordWrong as error:
        if password and not password.is_stored:
            # No script has set what was made for the session: this server has a password of its own.
            raise PasswordNeeded from error
        raise
    return Greeted(caller.wire, claims, desktop, greeting.trailing_data)


async def _converse(greeting: ServerGreeting, inbox: Inbox, wire: Wire, early: bytes) -> Desktop:
    events = greeting.receive_data(early)
    wire.send(greeting.data_to_send())
    while not greeting.done:
        events = greeting.receive_data(await inbox.read())
        wire.send(greeting.data_to_send())
    return next(event for event in events if isinstance(event, Desktop))
