"""How a listener begins: its sockets, its number, and the calls of those that died before it."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Sequence

from reverse_listener.entrance import addresses, bind
from reverse_listener.presence import Presence
from service.sockets import Contradiction, check, serves
from sessions.calls import CallRegister
from sessions.listeners import ListenerRegister, ListenerView
from sessions.settings import Address, Settings

RESTARTED = "The listener was restarted."
UNIT = "reachback-listener.socket"
# Within this time a listener that lives has said so again.
SIGN_SECONDS = 2.5

log = logging.getLogger(__name__)


class CannotListen(Exception):
    """The listener cannot begin; `str()` says why and what to do."""


def take_sockets(settings: Settings, inherited: Sequence[socket.socket]) -> list[socket.socket]:
    """Sockets for every address of the settings: those that were handed over, else bound here. Raises CannotListen."""
    ports = _session_addresses(settings)
    taken = list(inherited)
    if inherited:
        _check(settings, [one for one in inherited if not _is_among(one, ports)])
    else:
        for address in settings.listen:
            taken += _bind(address, "REACHBACK_LISTEN")
    for address in ports:
        if address in addresses([one for one in taken if one not in inherited]) or address in settings.listen:
            raise CannotListen(f"{address} cannot be in both REACHBACK_LISTEN and REACHBACK_SESSION_PORTS.")
        if not any(serves(one, address.host, address.port) for one in inherited):
            taken += _bind(address, "REACHBACK_SESSION_PORTS")
    return taken


def begin(
    listeners: ListenerRegister,
    calls: CallRegister,
    presence: Presence,
    node: str,
    *,
    succeeds: bool,
    pause: Callable[[float], object] = time.sleep,
) -> int:
    """A new listener's number, once the calls of dead ones of `node` are marked as lost.

    Raises:
        CannotListen: another one takes calls here, and this one does not succeed it; or another machine has this name.
    """
    with presence.one_at_a_time():
        others = listeners.present(node)
        if not succeeds:
            _refuse_beside(others, presence)
        if listeners.may_be_shared:
            _refuse_a_namesake(listeners, presence, node, pause)
        lost = calls.forget(RESTARTED)
        for other in others:
            if presence.process_of(other.id) is None:
                lost += listeners.gone(other.id, RESTARTED)
                presence.forget(other.id)
        if lost:
            log.info("%d calls were open when the last listener stopped: marked as lost", lost)
        number = listeners.begin(node)
        presence.take(number)
    return number


def reason(error: OSError) -> str:
    """What the system said, without what Python adds to it; of names that lead nowhere, all of it."""
    if not error.errno or error.errno < 0:
        return str(error)
    return os.strerror(error.errno)


def _refuse_beside(others: Sequence[ListenerView], presence: Presence) -> None:
    for other in others:
        process = presence.process_of(other.id)
        if process is not None and not other.draining:
            raise CannotListen(
                f"Another listener already works here (process {process}). Stop it, or choose another "
                "REACHBACK_STATE_DIR. A SIGHUP makes it hand over to a new one."
            )


def _refuse_a_namesake(
    listeners: ListenerRegister, presence: Presence, node: str, pause: Callable[[float], object]
) -> None:
    """Else two machines of one name would declare each other's listeners dead, in turns."""
    before = {one.id: one.seen_at for one in listeners.present(node) if presence.process_of(one.id) is None}
    if not before:
        return
    # No machine's clock is compared with another's: who lives gives another sign meanwhile.
    pause(SIGN_SECONDS)
    if any(before.get(one.id, one.seen_at) != one.seen_at for one in listeners.present(node)):
        raise CannotListen(
            f"Another machine on this register is called {node} too. Give each its own name in REACHBACK_NODE."
        )


def _session_addresses(settings: Settings) -> list[Address]:
    hosts = dict.fromkeys(address.host for address in settings.listen)
    return [Address(host, port) for host in hosts for port in settings.session_ports]


def _check(settings: Settings, sockets: Sequence[socket.socket]) -> None:
    try:
        check(sockets, [(one.host, one.port) for one in settings.listen], "REACHBACK_LISTEN", UNIT)
    except Contradiction as contradiction:
        raise CannotListen(str(contradiction)) from None


def _is_among(one: socket.socket, ends: Sequence[Address]) -> bool:
    return any(serves(one, end.host, end.port) for end in ends)


def _bind(address: Address, setting: str) -> list[socket.socket]:
    try:
        return bind(address)
    except OSError as error:
        raise CannotListen(
            f"Cannot listen on {address}: {reason(error)}. Stop what uses it, or change {setting}."
        ) from error
