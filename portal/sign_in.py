"""Technicians sign in and out: name and password, then the second factor of those who have one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as PlainResponse

from meters.catalogue import SIGN_IN_FAILED
from portal.client_address import client_address
from portal.devices import mark_for, remember_device
from portal.identity import check_csrf, forget, remember, technician_or_none
from portal.registers import registers
from sessions.secrets import new_link
from sessions.views import Lock, TechnicianView

bp = APIBlueprint("sign_in", __name__, enable_openapi=False)

WRONG = "This name and password do not fit. Check both; an admin can make you a new password."
WRONG_CODE = "This code does not fit. Check that the clock of your phone is right, and type the newest code."
TOO_LATE = "That took too long. Sign in again."
# How long somebody who proved a password may take for the second factor.
HALF_WAY = timedelta(minutes=5)


@bp.get("/sign-in")
def form() -> PlainResponse:
    """Ask for name and password."""
    way = local_path(request.args.get("next", ""))
    return redirect(way) if technician_or_none() else _ask(way)


@bp.post("/sign-in")
def enter() -> PlainResponse:
    """Check them; where they fit, ask for the second factor, or go to where the technician wanted to be."""
    check_csrf()
    trial, way = Trial.of(request.form.get("name", "")), local_path(request.form.get("next", ""))
    lock = trial.begin()
    if lock:
        SIGN_IN_FAILED.add("locked")
        return _locked(lock, way, trial.name)
    found = registers().technicians.check_password(trial.name, request.form.get("password", ""))
    if found is None:
        SIGN_IN_FAILED.add("password")
        lock = trial.failed()
        return _locked(lock, way, trial.name) if lock else _ask(way, name=trial.name, problem=WRONG, status=401)
    if _has_second_factor(found):
        trial.half_succeeded()
        _go_half_way(found)
        return redirect(url_for("sign_in.code_form", next=way), 303)
    trial.succeeded()
    return _let_in(found, way)


@bp.get("/sign-in/code")
def code_form() -> PlainResponse:
    """Ask for the second factor."""
    way = local_path(request.args.get("next", ""))
    return _ask_code(way) if _half_way() else redirect(url_for("sign_in.form", next=way))


@bp.post("/sign-in/code")
def enter_code() -> PlainResponse:
    """Check the second factor of somebody who proved their password just now."""
    check_csrf()
    way, found = local_path(request.form.get("next", "")), _half_way()
    if found is None:
        return _ask(way, problem=TOO_LATE, status=401)
    trial = Trial.of(found.name)
    lock = trial.begin()
    if lock:
        SIGN_IN_FAILED.add("locked")
        return _locked(lock, way, found.name)
    if not registers().second_factor.check(found.id, request.form.get("code", ""), client_address()):
        SIGN_IN_FAILED.add("second_factor")
        lock = trial.failed()
        return _locked(lock, way, found.name) if lock else _ask_code(way, problem=WRONG_CODE, status=401)
    trial.succeeded()
    return _let_in(found, way)


@bp.post("/sign-out")
def leave() -> PlainResponse:
    """Forget who this browser is."""
    check_csrf()
    forget()
    return redirect(url_for("sign_in.form"), 303)


def local_path(wanted: str) -> str:
    """`wanted` where it is a path on this very site, else the board: nobody is sent elsewhere after signing in."""
    # Browsers read a backslash as a slash, so that /\example.org would leave the site like //example.org.
    is_plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    return wanted if is_plain and wanted.startswith("/") and not wanted.startswith("//") else url_for("board.show")


@dataclass(frozen=True, slots=True)
class Trial:
    """One try to prove who somebody is, counted before it is looked at."""

    name: str
    address: str
    device: str | None

    @classmethod
    def of(cls, name: str) -> Trial:
        """A try of this request's browser."""
        return cls(name, client_address(), mark_for(name))

    def begin(self) -> Lock | None:
        """See TryRegister.attempt."""
        return registers().tries.attempt(self.name, self.address, self.device)

    def failed(self) -> Lock | None:
        """See TryRegister.wrong."""
        return registers().tries.wrong(self.name, self.address, self.device)

    def half_succeeded(self) -> None:
        """See TryRegister.half_right."""
        registers().tries.half_right(self.name, self.address, self.device)

    def succeeded(self) -> None:
        """See TryRegister.right."""
        registers().tries.right(self.name, self.address, self.device)


def _has_second_factor(who: TechnicianView) -> bool:
    return registers().technicians.person(who.name).second_factor


def _go_half_way(who: TechnicianView) -> None:
    session.clear()
    until = registers().clock() + HALF_WAY
    session["half_way"] = {"technician": who.id, "stamp": who.stamp, "until": until.timestamp()}


def _half_way() -> TechnicianView | None:
    """Who proved a password in this browser a moment ago. It opens nothing but the question for the code."""
    half = session.get("half_way")
    if not isinstance(half, dict) or registers().clock() >= datetime.fromtimestamp(half["until"], UTC):
        return None
    found = registers().technicians.get(half["technician"])
    return found if found and found.stamp == half["stamp"] else None


def _let_in(who: TechnicianView, way: str) -> PlainResponse:
    remember(who)
    return remember_device(make_response(redirect(way, 303)), who.name, new_link(registers().entropy))


def _locked(lock: Lock, way: str, name: str) -> Response:
    seconds = max(1, math.ceil((lock.until - registers().clock()).total_seconds()))
    minutes = math.ceil(seconds / 60)
    wait = "a minute" if minutes == 1 else f"{minutes} minutes"
    words = f"Too many tries were wrong. Wait {wait}, then try again, or use a browser in which you signed in before."
    made = _ask(way, name=name, problem=words, status=429)
    made.headers["Retry-After"] = str(seconds)
    return made


def _ask(way: str, *, name: str = "", problem: str = "", status: int = 200) -> Response:
    made = make_response(render_template("sign_in.html", next=way, name=name, problem=problem))
    made.status_code = status
    return made


def _ask_code(way: str, *, problem: str = "", status: int = 200) -> Response:
    made = make_response(render_template("sign_in_code.html", next=way, problem=problem))
    made.status_code = status
    return made
