"""Where the views find the registers and the settings of the application they run in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from kit import Kit
    from sessions.api_tokens import ApiTokenRegister
    from sessions.audit import AuditRegister
    from sessions.calls import CallRegister
    from sessions.clock import Clock
    from sessions.deliveries import DeliveryRegister
    from sessions.listeners import ListenerRegister
    from sessions.recording_search import RecordingSearch
    from sessions.recordings import RecordingRegister
    from sessions.register import SessionRegister
    from sessions.search import SearchRegister
    from sessions.seats import SeatRegister
    from sessions.second_factor import SecondFactorRegister
    from sessions.secrets import Entropy
    from sessions.settings import Settings
    from sessions.sign_ins import SignInRegister
    from sessions.technicians import TechnicianRegister
    from sessions.tickets import TicketRegister
    from sessions.tries import TryRegister

_PLACE = "reachback"


@dataclass(frozen=True, slots=True)
class Registers:
    """All that a view may ask: the registers, the kit, the settings, the time, and the engine below."""

    settings: Settings
    engine: Engine
    clock: Clock
    entropy: Entropy
    sessions: SessionRegister
    search: SearchRegister
    recordings: RecordingRegister
    recording_search: RecordingSearch
    calls: CallRegister
    listeners: ListenerRegister
    tickets: TicketRegister
    seats: SeatRegister
    technicians: TechnicianRegister
    sign_ins: SignInRegister
    second_factor: SecondFactorRegister
    tries: TryRegister
    tokens: ApiTokenRegister
    audit: AuditRegister
    deliveries: DeliveryRegister
    kit: Kit


def hand_out(app: Flask, registers: Registers) -> None:
    """Give `app` its registers."""
    app.extensions[_PLACE] = registers


def registers() -> Registers:
    """The registers of the application that answers this request."""
    return cast("Registers", current_app.extensions[_PLACE])
