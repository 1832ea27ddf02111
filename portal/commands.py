"""The one line for each VNC server, for people who know theirs: how it is told to call."""

from __future__ import annotations

from dataclasses import dataclass

from portal.instructions.facts import Facts


@dataclass(frozen=True, slots=True)
class Command:
    """One line, and the server that it is for."""

    title: str
    line: str


def commands(facts: Facts) -> list[Command]:
    """A line for each server that can call, the surest first."""
    at = f"{facts.host}::{facts.port}"
    tightvnc = [
        Command("TightVNC 2", f"tvnserver.exe -controlapp -connect {at}"),
        Command("TightVNC 2 (service)", f"tvnserver.exe -controlservice -connect {at}"),
        Command("TightVNC 2.8.2 – 2.8.27", f"tvnserver.exe -controlapp -dispatch {at}/{facts.number}"),
        Command("TightVNC 1.3", f"WinVNC.exe -connect {at}"),
    ]
    others = [
        Command("UltraVNC", f"winvnc.exe {_ultravnc(facts)}"),
        Command("TigerVNC", f"vncconfig -connect {facts.host}:{facts.port}"),
        Command("x11vnc", f"x11vnc -rfbport 0 -nopw -connect repeater=ID:{facts.number}+{facts.host}:{facts.port}"),
    ]
    return tightvnc + others + ([_stunnel(facts)] if facts.tls else [])


def ultravnc_by_hand(facts: Facts) -> str:
    """What a person types into the window *Run* of Windows, where UltraVNC is installed as it comes."""
    return rf'"%ProgramFiles%\UltraVNC\winvnc.exe" {_ultravnc(facts)}'


def _ultravnc(facts: Facts) -> str:
    # The order matters: the ID stands before -connect, and -run last.
    return f"-autoreconnect ID:{facts.number} -connect {facts.host}::{facts.port} -run"


def _stunnel(facts: Facts) -> Command:
    # The VNC server then calls 127.0.0.1::5511, for which TightVNC wants AllowLoopback=1.
    tunnel = f"accept=127.0.0.1:5511 connect={facts.host}:{facts.port} sni={facts.number}.{facts.host}"
    return Command("TLS: stunnel, client=yes", tunnel)
